"""Computes the metrics of every set, and checks that they change as expected."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from artgan_tf.config import InputError
from artgan_tf.evaluation.reference import Reference
from artgan_tf.metrics.frechet import frechet_distance
from artgan_tf.metrics.kernel import kernel_distance
from artgan_tf.metrics.manifold import authenticity, density_coverage, precision_recall
from experiments.metrics_behaviour.sets import Fakes, fakes, features_unaltered

SHARES = ("precision", "recall")
COPIED = 0.9  # minimum authenticity of training images: 1 except for duplicates
NEW = 0.5  # maximum authenticity of held-out images
EXPECTED = (  # metric, series, +1 for rising
    *((metric, series, 1) for metric in ("fid", "kid") for series in ("noise", "blur")),
    ("fid", "classes dropped", 1),
    ("kid", "classes dropped", 1),
    ("precision", "noise", -1),
    ("recall", "classes dropped", -1),
)


@dataclass(frozen=True)
class Row:
    """The metrics of one set.

    Attributes:
        series: the damage; none in `held out` and `unaltered`.
        level: strength of the damage.
        values: values by the metric's name, without its protocol.
    """

    series: str
    level: float
    values: dict[str, float]


def measured(reference: Reference, count: int) -> Iterator[Row]:
    """Yield the rows; for held-out images, the reference of the others, only copying.

    Args:
        reference: the real images.
        count: number of images in each set.

    Raises:
        InputError: there are too few images.
    """
    real = reference.val.first(count)
    if real.count < count:
        raise InputError(f"There are {real.count:,} held-out images: take a smaller --count.")
    features = reference.features.of(real, "held-out images").features
    training = features_unaltered(reference, count), reference.train.pixels
    yield Row("held out", 0.0, copying(Fakes("", 0.0, real.pixels, features), *training))
    for each in fakes(reference, count):
        values = fidelity(features, each.features) | copying(each, *training)
        yield Row(each.series, each.level, values)


def fidelity(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    """Metrics that compare two sets of features."""
    balls, other = precision_recall(real, fake), density_coverage(real, fake)
    return {
        "fid": frechet_distance(real, fake),
        "kid": kernel_distance(real, fake).mean,
        "precision": balls.precision,
        "recall": balls.recall,
        "density": other.density,
        "coverage": other.coverage,
    }


def copying(images: Fakes, features: np.ndarray, pixels: np.ndarray) -> dict[str, float]:
    """Authenticity by these features and pixels of the training images."""
    return {
        "authenticity": authenticity(features, images.features).closer_share,
        "authenticity_pixels": authenticity(pixels, images.pixels).closer_share,
    }


def misbehaving(rows: Sequence[Row], count: int) -> list[str]:
    """A sentence for each failed expectation.

    Args:
        rows: rows of all sets.
        count: number of images in each set.
    """
    wrong, error = [], math.sqrt(0.5 / count)  # upper bound for the difference of two shares
    for metric, series, sign in EXPECTED:
        path = [row.values[metric] for row in rows if row.series in ("unaltered", series)]
        if not goes(path, sign, error if metric in SHARES else 0.0):
            shown = ", ".join(f"{value:.4g}" for value in path)
            wrong.append(f"{metric} does not {'rise' if sign > 0 else 'fall'}: {series} {shown}.")
    return wrong + undetected(rows)


def goes(path: Sequence[float], sign: int, error: float) -> bool:
    """Whether figures change in one direction, within the error, and the last is beyond the first.

    Args:
        path: the figures.
        sign: 1 for rising, -1 for falling.
        error: standard error of a difference; if 0, every step must go in the right direction.
    """
    steps = [sign * (b - a) for a, b in pairwise(path)]
    return all(step > -error for step in steps) and sum(steps) > error


def undetected(rows: Sequence[Row]) -> list[str]:
    """Sentences if authenticity does not distinguish copies from new images."""
    wrong = []
    for metric in ("authenticity", "authenticity_pixels"):
        new, copied = (
            next(row.values[metric] for row in rows if row.series == series)
            for series in ("held out", "unaltered")
        )
        if copied < COPIED or new > NEW:
            wrong.append(f"{metric} is {copied:.3f} of copies, {new:.3f} of held-out images.")
    return wrong
