"""The metrics of every set, and whether they change as they should."""

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
COPIED = 0.9  # authenticity of training images, at least: 1 but for those that come twice
NEW = 0.5  # of held-out images, at most
EXPECTED = (  # metric, what is done to the images, +1 for rising
    *((metric, series, 1) for metric in ("fid", "kid") for series in ("noise", "blur")),
    ("fid", "classes dropped", 1),
    ("kid", "classes dropped", 1),
    ("precision", "noise", -1),
    ("recall", "classes dropped", -1),
)


@dataclass(frozen=True)
class Row:
    """What was measured of one set.

    Attributes:
        series: what was done to the images; `held out` and `unaltered` stand for nothing.
        level: how much of it.
        values: by the metric's name, without its protocol.
    """

    series: str
    level: float
    values: dict[str, float]


def measured(reference: Reference, count: int) -> Iterator[Row]:
    """One row after another; of held-out images, which the others are held against, copying alone.

    Args:
        reference: real images.
        count: of them in each set.

    Raises:
        InputError: there are fewer.
    """
    real = reference.val.first(count)
    if real.count < count:
        raise InputError(f"There are {real.count:,} held-out images: take a smaller --count.")
    features = reference.features.of(real, "held-out images").features
    training = features_unaltered(reference, count), reference.train.pixels
    yield Row("held out", 0.0, copying(Fakes("", 0.0, real.pixels, features), *training))
    for each in fakes(reference, count):
        values = likeness(features, each.features) | copying(each, *training)
        yield Row(each.series, each.level, values)


def likeness(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    """Figures of two sets of features."""
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
    """Authenticity by these features of training images, and by these pixels."""
    return {
        "authenticity": authenticity(features, images.features).closer_share,
        "authenticity_pixels": authenticity(pixels, images.pixels).closer_share,
    }


def misbehaving(rows: Sequence[Row], count: int) -> list[str]:
    """A sentence for each expectation that fails.

    Args:
        rows: of all sets.
        count: of images in each.
    """
    wrong, error = [], math.sqrt(0.5 / count)  # of the difference of two shares, at most
    for metric, series, sign in EXPECTED:
        path = [row.values[metric] for row in rows if row.series in ("unaltered", series)]
        if not goes(path, sign, error if metric in SHARES else 0.0):
            shown = ", ".join(f"{value:.4g}" for value in path)
            wrong.append(f"{metric} does not {'rise' if sign > 0 else 'fall'}: {series} {shown}.")
    return wrong + undetected(rows)


def goes(path: Sequence[float], sign: int, error: float) -> bool:
    """Whether the last figure is beyond the first, and none behind the one before, but for chance.

    Args:
        path: the figures.
        sign: 1 for rising, -1 for falling.
        error: the standard error of a difference; without one every step must be the right way.
    """
    steps = [sign * (b - a) for a, b in pairwise(path)]
    return all(step > -error for step in steps) and sum(steps) > error


def undetected(rows: Sequence[Row]) -> list[str]:
    """A sentence where authenticity does not tell copies from new images."""
    wrong = []
    for metric in ("authenticity", "authenticity_pixels"):
        new, copied = (
            next(row.values[metric] for row in rows if row.series == series)
            for series in ("held out", "unaltered")
        )
        if copied < COPIED or new > NEW:
            wrong.append(f"{metric} is {copied:.3f} of copies, {new:.3f} of held-out images.")
    return wrong
