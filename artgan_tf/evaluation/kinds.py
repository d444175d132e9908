"""The metrics there are, before their numbers are chosen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from artgan_tf.metrics import frechet, inception_score

if TYPE_CHECKING:
    from artgan_tf.evaluation.measures import Comparison, Measured

Need = Literal["features", "logits", "gan", "autoencoder", "classifier"]
Group = Literal["variety", "likeness", "condition", "copying"]


def short(count: int) -> str:
    """10,000 -> `10k`."""
    return f"{count // 1_000}k" if count % 1_000 == 0 else str(count)


@dataclass(frozen=True)
class Kind:
    """A metric before its numbers are chosen.

    Attributes:
        pattern: of its names: `{count}` of generated images, `{split}` of real ones, `{k}`.
        measure: computes it.
        group: which table it stands in.
        better: which way its first value improves.
        split: the real images', where the name does not say.
        needs: what must be there.
        real: how many real images count: as many as there are generated ones, all, or none.
        least: images of either kind that it needs; with a k, more than k as well.
        in_class: images of either kind that a class needs, where it looks at each class.
        k: the usual one.
        about: one line for the reader of a table.
    """

    pattern: str
    measure: "Callable[[Comparison], Measured]"
    group: Group
    better: Literal["lower", "higher"]
    about: str
    split: str = "val"
    needs: frozenset[Literal["features", "logits", "gan", "autoencoder", "classifier"]] = (
        frozenset()
    )
    real: Literal["as many", "all", "none"] = "as many"
    least: int = 1
    in_class: int = 0
    k: int = 0

    def name(self, count: int) -> str:
        """Its name for so many images, with the usual k."""
        return self.pattern.format(count=short(count), split=self.split, k=f"k{self.k}")


FEATURES: frozenset = frozenset({"features"})
LOGITS: frozenset = frozenset({"features", "logits"})
NETWORK: frozenset = frozenset({"gan"})
AUTOENCODER: frozenset = frozenset({"gan", "autoencoder"})
CLASSIFIER: frozenset = frozenset({"classifier"})  # which is trained on the real images


def _of_measures(name: str) -> "Callable[[Comparison], Measured]":
    """A function of `measures`, whose networks are not imported before it is called."""

    def measure(comparison: "Comparison") -> "Measured":
        from artgan_tf.evaluation import measures

        return getattr(measures, name)(comparison)

    return measure


KINDS = (
    Kind(
        "intra_recall_{count}_{k}",
        _of_measures("intra_recall"),
        "variety",
        "higher",
        "share of a class's real images among its generated ones, averaged over classes",
        needs=FEATURES,
        in_class=2,
        k=3,
    ),
    Kind(
        "intra_spread_{count}_{split}",
        _of_measures("intra_spread"),
        "variety",
        "higher",
        "distance of two images of a class by features, as a share of the real images'",
        needs=FEATURES,
        in_class=2,
    ),
    Kind(
        "intra_kid_{count}_{split}",
        _of_measures("intra_kid"),
        "variety",
        "lower",
        "KID within each class, averaged",
        needs=FEATURES,
        in_class=2,
    ),
    Kind(
        "shape_deviation_{count}",
        _of_measures("shape_deviation"),
        "variety",
        "higher",
        "per-pixel deviation within a class without each image's own mean and contrast of every "
        "channel, as a share of the training images'; noise has much of it",
        split="train",
        in_class=2,
    ),
    Kind(
        "fid_{count}_{split}",
        _of_measures("fid"),
        "likeness",
        "lower",
        "Frechet distance of the features of real and generated images",
        needs=FEATURES,
        least=2,
    ),
    Kind(
        "kid_{count}_{split}",
        _of_measures("kid"),
        "likeness",
        "lower",
        "kernel distance of the features: 100 subsets of 1,000",
        needs=FEATURES,
        least=2,
    ),
    Kind(
        "is_{count}",
        _of_measures("score"),
        "likeness",
        "higher",
        "Inception score: certain and varied classes; 10 splits",
        needs=LOGITS,
        real="none",
        least=inception_score.SPLITS,
    ),
    Kind(
        "precision_recall_{count}_{k}",
        _of_measures("precision_recall"),
        "likeness",
        "higher",
        "shares of generated images among the real ones, and of real ones among the generated",
        needs=FEATURES,
        k=3,
    ),
    Kind(
        "density_coverage_{count}_{k}",
        _of_measures("density_coverage"),
        "likeness",
        "higher",
        "how densely generated images lie among real ones, and how many of these they reach",
        needs=FEATURES,
        k=5,
    ),
    Kind(
        "parzen_{count}",
        _of_measures("log_likelihood"),
        "likeness",
        "higher",
        "log-likelihood of held-out images, in nats, under Gaussians around generated ones",
    ),
    Kind(
        "agreement_classifier_{count}",
        _of_measures("classifier_agreement"),
        "condition",
        "higher",
        "share of images that a classifier trained on real ones takes for what was asked for",
        split="train",
        needs=CLASSIFIER,
        real="all",
        least=2,
    ),
    Kind(
        "agreement_d_{count}",
        _of_measures("discriminator_agreement"),
        "condition",
        "higher",
        "share of images that the model's own discriminator takes for what was asked for",
        needs=NETWORK,
        real="none",
    ),
    Kind(
        "intra_fid_{count}_{split}",
        _of_measures("intra_fid"),
        "condition",
        "lower",
        "FID within each class of 2,048 images or more, averaged",
        needs=FEATURES,
        in_class=frechet.LEAST,
    ),
    Kind(
        "deviation_{count}",
        _of_measures("deviation"),
        "condition",
        "higher",
        "per-pixel deviation within a class, as a share of the training images'",
        split="train",
        in_class=2,
    ),
    Kind(
        "d_accuracy_{split}",
        _of_measures("accuracy"),
        "condition",
        "higher",
        "share of real images that the discriminator takes for their class",
        needs=NETWORK,
        real="all",
    ),
    Kind(
        "reconstruction_{split}",
        _of_measures("reconstruction"),
        "condition",
        "lower",
        "mean squared error of the autoencoder on real images, pixels from 0 to 1",
        needs=AUTOENCODER,
        real="all",
    ),
    Kind(
        "authenticity_{count}",
        _of_measures("authenticity"),
        "copying",
        "lower",
        "share of images closer to a training image than that is to any other one, by features",
        split="train",
        needs=FEATURES,
        real="all",
        least=2,
    ),
    Kind(
        "authenticity_pixels_{count}",
        _of_measures("pixel_authenticity"),
        "copying",
        "lower",
        "share of images closer to a training image than that is to any other one, by pixels",
        split="train",
        real="all",
        least=2,
    ),
)
