"""The metrics: each has a name pattern, a table, a direction, requirements and a function.

A function takes a `Comparison` (`registry.py`), asks it for features or pixels, and leaves the
arithmetic to `artgan_tf.metrics`.  Looking up a name must not import TensorFlow or JAX, so the
functions that need a backend import it themselves.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from artgan_tf.config import InputError, RunError
from artgan_tf.evaluation.registry import Comparison, Measured, Needs, register
from artgan_tf.metrics import diversity, frechet, inception_score, kernel, manifold
from artgan_tf.metrics.parzen import parzen

if TYPE_CHECKING:
    from artgan_tf.evaluation.images import Images
    from artgan_tf.gan import GAN

FEATURES: Needs = frozenset({"features"})
LOGITS: Needs = frozenset({"features", "logits"})
NETWORK: Needs = frozenset({"gan"})
AUTOENCODER: Needs = frozenset({"gan", "autoencoder"})
CLASSIFIER: Needs = frozenset({"classifier"})  # trained on the real images


# ---- diversity within each class ----------------------------------------------------------------
@register("intra_recall_{count}_{k}", "diversity", "higher", FEATURES, in_class=2, k=3)
def intra_recall(of: Comparison) -> Measured:
    """Recall within each class, averaged over the classes."""
    return _intra(of, "intra_recall", lambda x, y: manifold.precision_recall(x, y, of.k).recall)


@register("intra_spread_{count}_{split}", "diversity", "one", FEATURES, in_class=2)
def intra_spread(of: Comparison) -> Measured:
    """Distance between the features of two images of a class, relative to that of real images."""
    real, fake = (
        {k: diversity.pair_distance(rows[each.labels == k]) for k in of.classes}
        for rows, each in zip(of.features(), (of.real, of.fake), strict=True)
    )
    return _shares("intra_spread", real, fake)


@register("intra_kid_{count}_{split}", "diversity", "lower", FEATURES, in_class=2)
def intra_kid(of: Comparison) -> Measured:
    """KID within each class, averaged."""
    return _intra(of, "intra_kid", lambda x, y: kernel.kernel_distance(x, y).mean)


@register("shape_diversity_{count}", "diversity", "one", split="train", in_class=2)
def shape_diversity(of: Comparison) -> Measured:
    """Per-pixel deviation within a class after each channel of each image is normalized, relative
    to that of the training images; noise scores high.
    """
    return _pixel_shares("shape_diversity", of, diversity.shapes)


@register("pixel_diversity_{count}", "diversity", "one", split="train", in_class=2)
def pixel_diversity(of: Comparison) -> Measured:
    """Per-pixel deviation within a class, relative to that of the training images."""
    return _pixel_shares("pixel_diversity", of, np.asarray)


# ---- fidelity -----------------------------------------------------------------------------------
@register("fid_{count}_{split}", "fidelity", "lower", FEATURES, least=2)
def fid(of: Comparison) -> Measured:
    """Frechet distance of the features of real and generated images."""
    return Measured({"fid": frechet.frechet_distance(*of.features())})


@register("kid_{count}_{split}", "fidelity", "lower", FEATURES, least=2)
def kid(of: Comparison) -> Measured:
    """Kernel distance of the features, over 100 subsets of 1,000 images."""
    found = kernel.kernel_distance(*of.features())
    return Measured({"kid": found.mean, "std": found.std})


@register("is_{count}", "fidelity", "higher", LOGITS, real="none", least=inception_score.SPLITS)
def score(of: Comparison) -> Measured:
    """Inception score over 10 splits: high if the predicted classes are confident and varied."""
    found = inception_score.inception_score(of.logits())
    return Measured({"inception_score": found.mean, "std": found.std})


@register("precision_recall_{count}_{k}", "fidelity", "higher", FEATURES, k=3)
def precision_recall(of: Comparison) -> Measured:
    """Share of generated images that lie among real ones, and of real ones among generated ones."""
    return Measured(manifold.precision_recall(*of.features(), of.k)._asdict())


@register("density_coverage_{count}_{k}", "fidelity", "higher", FEATURES, k=5)
def density_coverage(of: Comparison) -> Measured:
    """How densely generated images lie among real ones, and how many real ones they reach."""
    return Measured(manifold.density_coverage(*of.features(), of.k)._asdict())


@register("parzen_{count}", "fidelity", "higher")
def log_likelihood(of: Comparison) -> Measured:
    """Log-likelihood of held-out images, in nats, under Gaussians centred on generated images."""
    pixels = of.reference.pixels
    validation = pixels.of(of.reference.validation, "validation").features
    real, fake = of.features(pixels)
    return Measured(parzen(fake, validation, real)._asdict())


# ---- does it paint the class that was asked for? ------------------------------------------------
@register(
    "conditional_accuracy_{count}", "condition", "higher", CLASSIFIER,
    split="train", real="all", least=2,
)  # fmt: skip
def conditional_accuracy(of: Comparison) -> Measured:
    """Share of images that a classifier trained on real ones assigns to the requested class."""
    seen = of.reference.classes_seen(of.fake)
    return _accuracy("conditional_accuracy", seen, of.fake.labels)


@register("conditional_accuracy_d_{count}", "condition", "higher", NETWORK, real="none")
def conditional_accuracy_d(of: Comparison) -> Measured:
    """Share of images that the model's own discriminator assigns to the requested class."""
    assert of.sampler
    seen = _classes_seen_by(of.sampler.gan, of.fake)
    return _accuracy("conditional_accuracy", seen, of.fake.labels)


@register("intra_fid_{count}_{split}", "condition", "lower", FEATURES, in_class=frechet.LEAST)
def intra_fid(of: Comparison) -> Measured:
    """FID within each class that has at least 2,048 images, averaged."""
    return _intra(of, "intra_fid", frechet.frechet_distance)


@register("d_accuracy_{split}", "condition", "higher", NETWORK, real="all")
def d_accuracy(of: Comparison) -> Measured:
    """Share of real images that the discriminator assigns to their class."""
    assert of.sampler
    return _accuracy("accuracy", _classes_seen_by(of.sampler.gan, of.real), of.real.labels)


@register("reconstruction_{split}", "condition", "lower", AUTOENCODER, real="all")
def reconstruction(of: Comparison) -> Measured:
    """Mean squared error of the autoencoder on real images, with pixels from 0 to 1."""
    import keras

    assert of.sampler
    gan, total = of.sampler.gan, 0.0
    low, high = gan.pixel_range
    for pixels in of.real.batches():
        images = gan.from_uint8(pixels)
        decoded = gan.reconstruct(images, of.sampler.trained)  # ArtGAN's decoder is part of G
        error = keras.ops.convert_to_numpy(decoded - images).astype(np.float64)
        total += float(np.square(error / (high - low)).mean(axis=(1, 2, 3)).sum())
    return Measured({"reconstruction": total / of.real.count})


# ---- does it copy training images? --------------------------------------------------------------
@register("authenticity_{count}", "copying", "lower", FEATURES, split="train", real="all", least=2)
def authenticity(of: Comparison) -> Measured:
    """Share of images closer to a training image than that is to any other one, by features."""
    return _copying(*of.features())


@register("authenticity_pixels_{count}", "copying", "lower", split="train", real="all", least=2)
def authenticity_pixels(of: Comparison) -> Measured:
    """Share of images closer to a training image than that is to any other one, by pixels."""
    return _copying(*of.features(of.reference.pixels))


# ---- helpers ------------------------------------------------------------------------------------
def _intra(of: Comparison, name: str, metric: Callable[[Any, Any], float]) -> Measured:
    (real, fake), found = of.features(), {}
    for label in of.classes:
        found[label] = metric(real[of.real.labels == label], fake[of.fake.labels == label])
    return _mean_of(name, found)


def _pixel_shares(name: str, of: Comparison, values: Callable) -> Measured:
    """Pixel deviation within each class, relative to that of the real images."""
    real, fake = (
        {
            k: diversity.pixel_deviation(each.pixels, np.flatnonzero(each.labels == k), values)
            for k in of.classes
        }
        for each in (of.real, of.fake)
    )
    return _shares(name, real, fake)


def _shares(name: str, real: dict[int, float], fake: dict[int, float]) -> Measured:
    """Averages the classes' ratios; InputError if every class's real images are identical."""
    by_class = {k: fake[k] / real[k] for k in real if real[k]}
    if not by_class:
        raise InputError(f"There is no {name}: within each class all real images are the same.")
    return _mean_of(name, by_class)


def _mean_of(name: str, by_class: dict[int, float]) -> Measured:
    return Measured({name: float(np.mean(list(by_class.values())))}, by_class)


def _accuracy(name: str, seen: NDArray[Any], labels: NDArray[Any]) -> Measured:
    """Share of images seen as their class, overall with sqrt(p (1 - p) / N), and by class."""
    right = seen == labels
    share = float(right.mean())
    error = math.sqrt(share * (1 - share) / len(right))
    by_class = {int(k): float(right[labels == k].mean()) for k in np.unique(labels)}
    return Measured({name: share, "standard_error": error}, by_class)


def _classes_seen_by(gan: "GAN", images: "Images") -> NDArray[Any]:
    """Class that D predicts for each image; ArtGAN's last unit, FAKE, does not count as a class."""
    import keras

    found = []
    for pixels in images.batches():
        logits = keras.ops.convert_to_numpy(gan.discriminator(gan.from_uint8(pixels))[0])
        if not np.isfinite(logits).all():  # argmax of NaN would be class 0
            raise RunError("D gives NaN or infinity: use another checkpoint.")
        found.append(logits[:, : gan.num_classes].argmax(axis=1))
    return np.concatenate(found)


def _copying(real: NDArray[Any], fake: NDArray[Any]) -> Measured:
    found = manifold.authenticity(real, fake)
    return Measured({"closer": found.closer_share, "farther": found.farther_share})
