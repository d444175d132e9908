"""The registry of metrics, each named with its protocol: `fid_10k_val`, `precision_recall_1k_k3`.

A name says what is computed, of how many generated images, against which split, and with which k.
A figure is that of its name only for as many images and the same extractor and data, so that
results keep all of these (`results.py`).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from artgan_tf.config import InputError
from artgan_tf.evaluation import measures
from artgan_tf.evaluation.measures import Comparison, Measured

Group = Literal["likeness", "condition", "copying"]
PARTS = {"count": r"(?P<count>[1-9]\d*k?)", "split": "(?P<split>train|val)", "k": r"k(?P<k>\d+)"}
COUNTS = (10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50)  # what `usual` chooses from
COPIES = 1_000  # generated images that are looked at one by one


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
        k: the usual one.
        about: one line for the reader of a table.
    """

    pattern: str
    measure: Callable[[Comparison], Measured]
    group: Group
    better: Literal["lower", "higher"]
    about: str
    split: str = "val"
    needs: frozenset[Literal["features", "logits", "gan"]] = frozenset()
    k: int = 0

    def name(self, count: int) -> str:
        """Its name for so many images, with the usual k."""
        return self.pattern.format(count=short(count), split=self.split, k=f"k{self.k}")


FEATURES: frozenset = frozenset({"features"})
LOGITS: frozenset = frozenset({"features", "logits"})
NETWORK: frozenset = frozenset({"gan"})

KINDS = (
    Kind(
        "fid_{count}_{split}",
        measures.fid,
        "likeness",
        "lower",
        "Frechet distance of the features of real and generated images",
        needs=FEATURES,
    ),
    Kind(
        "kid_{count}_{split}",
        measures.kid,
        "likeness",
        "lower",
        "kernel distance of the features: 100 subsets of 1,000",
        needs=FEATURES,
    ),
    Kind(
        "is_{count}",
        measures.score,
        "likeness",
        "higher",
        "Inception score: certain and varied classes; 10 splits",
        needs=LOGITS,
    ),
    Kind(
        "precision_recall_{count}_{k}",
        measures.precision_recall,
        "likeness",
        "higher",
        "shares of generated images among the real ones, and of real ones among the generated",
        needs=FEATURES,
        k=3,
    ),
    Kind(
        "density_coverage_{count}_{k}",
        measures.density_coverage,
        "likeness",
        "higher",
        "how densely generated images lie among real ones, and how many of these they reach",
        needs=FEATURES,
        k=5,
    ),
    Kind(
        "parzen_{count}",
        measures.log_likelihood,
        "likeness",
        "higher",
        "log-likelihood of held-out images, in nats, under Gaussians around generated ones",
    ),
    Kind(
        "agreement_classifier_{count}",
        measures.classifier_agreement,
        "condition",
        "higher",
        "share of images that a classifier trained on real ones takes for what was asked for",
        split="train",
    ),
    Kind(
        "agreement_d_{count}",
        measures.discriminator_agreement,
        "condition",
        "higher",
        "the same by the model's own discriminator",
        needs=NETWORK,
    ),
    Kind(
        "intra_kid_{count}_{split}",
        measures.intra_kid,
        "condition",
        "lower",
        "KID within each class, averaged",
        needs=FEATURES,
    ),
    Kind(
        "intra_fid_{count}_{split}",
        measures.intra_fid,
        "condition",
        "lower",
        "FID within each class of 2,048 images or more, averaged",
        needs=FEATURES,
    ),
    Kind(
        "deviation_{count}",
        measures.deviation,
        "condition",
        "higher",
        "per-pixel deviation within a class, as a share of the training images'",
        split="train",
    ),
    Kind(
        "d_accuracy_{split}",
        measures.accuracy,
        "condition",
        "higher",
        "share of real images that the discriminator takes for their class",
        needs=NETWORK,
    ),
    Kind(
        "reconstruction_{split}",
        measures.reconstruction,
        "condition",
        "lower",
        "mean squared error of the autoencoder on real images, pixels from 0 to 1",
        needs=NETWORK,
    ),
    Kind(
        "authenticity_{count}",
        measures.authenticity,
        "copying",
        "lower",
        "share of images closer to a training image than that is to any other one, by features",
        split="train",
        needs=FEATURES,
    ),
    Kind(
        "authenticity_pixels_{count}",
        measures.pixel_authenticity,
        "copying",
        "lower",
        "the same by pixels",
        split="train",
    ),
)


@dataclass(frozen=True)
class Metric:
    """A metric with its protocol.

    Attributes:
        name: as it was asked for.
        kind: what it computes.
        count: generated images; 0 where none are looked at.
        split: of the real images.
        k: of neighbours; 0 where it has none.
    """

    name: str
    kind: Kind
    count: int
    split: str
    k: int

    @property
    def whole_split(self) -> bool:
        """Whether all real images count, not only as many as there are generated ones."""
        return self.kind.group == "copying" or not self.count


def metric(name: str) -> Metric:
    """The metric of a name; InputError names the patterns there are."""
    for kind in KINDS:
        if match := re.fullmatch(kind.pattern.format(**PARTS), name):
            part = {"count": "0", "split": kind.split, "k": "0"} | match.groupdict()
            return Metric(name, kind, number(part["count"]), part["split"], int(part["k"]))
    patterns = ", ".join(kind.name(10_000) for kind in KINDS)
    raise InputError(f"There is no metric {name!r}: take names such as {patterns}.")


def usual(train_count: int, validation: int, has: Iterable[str]) -> list[str]:
    """Names of the metrics that can be had, of as many images as real ones can stand in for.

    Args:
        train_count: training images.
        validation: those of them that choose the width of Parzen windows.
        has: what there is of `features`, `logits`, `gan`.
    """
    at_most = train_count - validation
    count = next((n for n in COUNTS if n <= at_most), COUNTS[-1])
    kinds = (
        kind for kind in KINDS if kind.needs <= set(has) and kind.measure != measures.intra_fid
    )
    return [kind.name(min(count, COPIES) if kind.group == "copying" else count) for kind in kinds]


def number(text: str) -> int:
    """`10k` -> 10,000."""
    return int(text.removesuffix("k")) * (1_000 if text.endswith("k") else 1)


def short(count: int) -> str:
    """10,000 -> `10k`."""
    return f"{count // 1_000}k" if count % 1_000 == 0 else str(count)
