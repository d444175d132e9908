"""Does a classifier see in generated images what they were meant to show, and metrics by class."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from artgan_tf.metrics import frechet
from artgan_tf.metrics.distances import pair_of

T = TypeVar("T")
Labels = NDArray[np.int64]

# Images that metrics need in any case; a lambda around one escapes this, so give `least` with it.
LEAST: dict[Callable[..., Any], int] = {frechet.frechet_distance: frechet.LEAST}


@dataclass(frozen=True)
class Accuracy:
    """A share of images, 0 to 1.

    Attributes:
        accuracy: the share p.
        standard_error: sqrt(p (1 - p) / count); 0 at p = 0 and 1, where few images prove little.
        count: images.
    """

    accuracy: float
    standard_error: float
    count: int


@dataclass(frozen=True)
class Agreement:
    """Accuracy of the predicted labels.

    Attributes:
        overall: of all images.
        by_class: of the images intended to be of a class, for each class that has any.
    """

    overall: Accuracy
    by_class: dict[int, Accuracy]


def label_agreement(predicted: ArrayLike, intended: ArrayLike) -> Agreement:
    """How often a classifier gives generated images the label that they were generated for.

    Args:
        predicted: what the classifier says, whole numbers [N] from 0.
        intended: what the generator was told, whole numbers [N] from 0.

    Raises:
        ValueError: they are no labels, or not one each for every image.
    """
    given, wanted = _labels(predicted, "predicted"), _labels(intended, "intended")
    if len(given) != len(wanted):
        raise ValueError(f"{len(given)} predicted labels do not fit {len(wanted)} intended ones.")
    right = given == wanted
    by_class = {int(label): _accuracy(right[wanted == label]) for label in np.unique(wanted)}
    return Agreement(_accuracy(right), by_class)


def intra_class(
    metric: Callable[[NDArray[Any], NDArray[Any]], T],
    real: ArrayLike,
    real_labels: ArrayLike,
    fake: ArrayLike,
    fake_labels: ArrayLike,
    least: int = 2,
) -> dict[int, T]:
    """A metric of each class's real and generated images, for every class that either has.

    Args:
        metric: a function of real and fake features [n, d] and [m, d] of one class, such as
            `kernel_distance`.
        real, real_labels: features [N, ...] and whole numbers [N].
        fake, fake_labels: features [M, ...] and whole numbers [M].
        least: images of either kind that a class needs; `frechet_distance` needs at least 2,048.

    Raises:
        ValueError: a class has fewer: its FID would measure their number, not their likeness.
    """
    x, y = pair_of(real, fake, "real", "fake")
    of_x, of_y = _labels(real_labels, "real_labels"), _labels(fake_labels, "fake_labels")
    if len(of_x) != len(x) or len(of_y) != len(y):
        raise ValueError("Every image must have one label.")
    classes = [int(label) for label in np.union1d(of_x, of_y)]
    needed = max(least, LEAST.get(getattr(metric, "func", metric), 0))
    for label in classes:
        _require(label, int((of_x == label).sum()), int((of_y == label).sum()), needed)
    return {label: metric(x[of_x == label], y[of_y == label]) for label in classes}


def _require(label: int, real: int, fake: int, least: int) -> None:
    if min(real, fake) < least:
        raise ValueError(
            f"Class {label} has {real:,} real and {fake:,} generated images, and this metric needs "
            f"{least:,} of each: take one that needs fewer, such as KID."
        )


def _accuracy(right: NDArray[np.bool_]) -> Accuracy:
    share, count = float(right.mean()), len(right)
    return Accuracy(share, math.sqrt(share * (1.0 - share) / count), count)


def _labels(values: ArrayLike, name: str) -> Labels:
    """Labels [N], N at least 1, as whole numbers from 0."""
    labels = np.asarray(values)
    if labels.ndim != 1 or not labels.size or labels.dtype.kind not in "iuf":
        raise ValueError(f"`{name}` must be labels [N], not {labels.dtype} {list(labels.shape)}.")
    if not np.isfinite(labels).all() or (labels < 0).any() or (labels != np.floor(labels)).any():
        raise ValueError(f"`{name}` must be whole numbers from 0, without NaN.")
    return labels.astype(np.int64)
