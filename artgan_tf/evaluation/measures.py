"""Each metric as a function of what is compared: images in, named numbers out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from artgan_tf.config import InputError, RunError
from artgan_tf.evaluation.classifier import predicted
from artgan_tf.evaluation.features import Features
from artgan_tf.evaluation.images import BATCH, Images
from artgan_tf.evaluation.reference import Reference
from artgan_tf.gan import GAN
from artgan_tf.metrics import agreement, frechet, inception_score, kernel, manifold, parzen, spread
from artgan_tf.painter import Painter

Values = Callable[[NDArray[np.uint8]], NDArray[np.float64]]  # of pixels, [N, H, W, 3] both


@dataclass(frozen=True)
class Comparison:
    """What a metric is computed of.

    Attributes:
        fake: generated images, or real ones in their place.
        real: those of the split they are held against.
        reference: all that is known of the data.
        painter: of the generated images; None where real ones take their place.
        k: of neighbours, where the metric has one.
        classes: those with enough images of either kind, where the metric looks at each.
    """

    fake: Images
    real: Images
    reference: Reference
    painter: Painter | None = None
    k: int = 0
    classes: tuple[int, ...] = ()

    def features(self, of: Features | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Features of the real and of the fake images."""
        of = of or self.reference.features
        return of.of(self.real, "real").features, self.of_fake(of).features

    def of_fake(self, of: Features) -> Any:
        return of.of(self.fake, "generated", keep=self.painter is None)


@dataclass(frozen=True)
class Measured:
    """Named numbers, the first being what the metric is about; and one of each class."""

    values: Mapping[str, float]
    by_class: Mapping[int, float] = field(default_factory=dict)


# ---- likeness -----------------------------------------------------------------------------------
def fid(of: Comparison) -> Measured:
    return Measured({"fid": frechet.frechet_distance(*of.features())})


def kid(of: Comparison) -> Measured:
    found = kernel.kernel_distance(*of.features())
    return Measured({"kid": found.mean, "std": found.std})


def score(of: Comparison) -> Measured:
    found = inception_score.inception_score(of.of_fake(of.reference.features).logits)
    return Measured({"inception_score": found.mean, "std": found.std})


def precision_recall(of: Comparison) -> Measured:
    found = manifold.precision_recall(*of.features(), of.k)
    return Measured({"precision": found.precision, "recall": found.recall})


def density_coverage(of: Comparison) -> Measured:
    found = manifold.density_coverage(*of.features(), of.k)
    return Measured({"density": found.density, "coverage": found.coverage})


def log_likelihood(of: Comparison) -> Measured:
    pixels = of.reference.pixels
    validation = pixels.of(of.reference.validation, "validation").features
    real, fake = of.features(pixels)
    found = parzen.parzen(fake, validation, real)
    return Measured(
        {
            "log_likelihood": found.log_likelihood,
            "standard_error": found.standard_error,
            "sigma": found.sigma,
        }
    )


# ---- variety within a class ---------------------------------------------------------------------
def intra_recall(of: Comparison) -> Measured:
    """Recall of each class among its own images."""
    return _intra(of, "intra_recall", lambda x, y: manifold.precision_recall(x, y, of.k).recall)


def intra_spread(of: Comparison) -> Measured:
    """Distance of two images of a class by features, as a share of the real images' own."""
    (real, fake), found = of.features(), {}
    for k in of.classes:
        apart = spread.pair_distance(real[of.real.labels == k])
        if apart:
            found[k] = spread.pair_distance(fake[of.fake.labels == k]) / apart
    return _shares("intra_spread", found)


def shape_deviation(of: Comparison) -> Measured:
    """`deviation` of images whose channels' own means and contrasts are taken out."""
    return _deviation_shares("shape_deviation", of, spread.shapes)


# ---- by class -----------------------------------------------------------------------------------
def intra_kid(of: Comparison) -> Measured:
    """KID of each class that has enough images of either kind."""
    return _intra(of, "intra_kid", lambda x, y: kernel.kernel_distance(x, y).mean)


def intra_fid(of: Comparison) -> Measured:
    """FID of each class that has enough images of either kind."""
    return _intra(of, "intra_fid", frechet.frechet_distance)


def classifier_agreement(of: Comparison) -> Measured:
    return _agreement(predicted(of.reference.classifier, of.fake), of.fake.labels)


def discriminator_agreement(of: Comparison) -> Measured:
    assert of.painter
    return _agreement(_classes_seen_by(of.painter.gan, of.fake), of.fake.labels)


def deviation(of: Comparison) -> Measured:
    """Per-pixel standard deviation within each class, as a share of the real images' own."""
    return _deviation_shares("deviation", of, lambda pixels: pixels.astype(np.float64))


# ---- the discriminator on real images -----------------------------------------------------------
def accuracy(of: Comparison) -> Measured:
    assert of.painter
    return _agreement(_classes_seen_by(of.painter.gan, of.real), of.real.labels, "accuracy")


def reconstruction(of: Comparison) -> Measured:
    """Mean squared error of pixels from 0 to 1; ArtGAN decodes with the weights that paint."""
    assert of.painter
    gan, total = of.painter.gan, 0.0
    low, high = gan.pixel_range
    for start in range(0, of.real.count, BATCH):
        images = gan.from_uint8(np.asarray(of.real.pixels[start : start + BATCH]))
        decoded = gan.reconstruct(images, of.painter.painting)
        error = keras.ops.convert_to_numpy(decoded - images).astype(np.float64)
        total += float(np.square(error / (high - low)).mean(axis=(1, 2, 3)).sum())
    return Measured({"reconstruction": total / of.real.count})


# ---- copying ------------------------------------------------------------------------------------
def authenticity(of: Comparison) -> Measured:
    return _copying(*of.features())


def pixel_authenticity(of: Comparison) -> Measured:
    return _copying(*of.features(of.reference.pixels))


def _copying(real: NDArray[Any], fake: NDArray[Any]) -> Measured:
    found = manifold.authenticity(real, fake)
    return Measured({"closer": found.closer_share, "farther": found.farther_share})


# ---- helpers ------------------------------------------------------------------------------------
def _intra(of: Comparison, name: str, metric: Callable[[Any, Any], float]) -> Measured:
    (real, fake), found = of.features(), {}
    for k in of.classes:
        found[k] = metric(real[of.real.labels == k], fake[of.fake.labels == k])
    return _mean_of(name, found)


def _mean_of(name: str, by_class: dict[int, float]) -> Measured:
    return Measured({name: float(np.mean(list(by_class.values())))}, by_class)


def _shares(name: str, by_class: dict[int, float]) -> Measured:
    """The mean share of what real images of a class have; of none, where they are all the same."""
    if not by_class:
        raise InputError(f"There is no {name}: within each class all real images are the same.")
    return _mean_of(name, by_class)


def _agreement(given: NDArray[Any], labels: NDArray[Any], name: str = "agreement") -> Measured:
    found = agreement.label_agreement(given, labels)
    values = {name: found.overall.accuracy, "standard_error": found.overall.standard_error}
    return Measured(values, {k: each.accuracy for k, each in found.by_class.items()})


def _classes_seen_by(gan: GAN, images: Images) -> NDArray[Any]:
    """What D takes each image for; FAKE, ArtGAN's last unit, is no class."""
    found = []
    for start in range(0, images.count, BATCH):
        batch = gan.from_uint8(np.asarray(images.pixels[start : start + BATCH]))
        logits = keras.ops.convert_to_numpy(gan.discriminator(batch)[0])
        if not np.isfinite(logits).all():  # the largest of NaN would be class 0
            raise RunError("D gives NaN or infinity: take another checkpoint.")
        found.append(logits[:, : gan.num_classes].argmax(axis=1))
    return np.concatenate(found)


def _deviation_shares(name: str, of: Comparison, values: Values) -> Measured:
    fake, real = (_deviations(images, of.classes, values) for images in (of.fake, of.real))
    return _shares(name, {k: fake[k] / real[k] for k in of.classes if real[k]})


def _deviations(images: Images, classes: Sequence[int], values: Values) -> dict[int, float]:
    """The standard deviation of each value of a pixel within each class, averaged over pixels."""
    found = {}
    for label in classes:
        rows = np.flatnonzero(images.labels == label)
        total = np.zeros(images.pixels.shape[1:])
        squares = np.zeros_like(total)
        for start in range(0, len(rows), BATCH):
            batch = values(images.pixels[rows[start : start + BATCH]])
            total += batch.sum(axis=0)
            squares += np.square(batch).sum(axis=0)
        variance = squares / len(rows) - np.square(total / len(rows))
        found[label] = float(np.sqrt(np.maximum(variance, 0.0)).mean())
    return found
