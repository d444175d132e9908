"""Accuracy: how often a classifier predicts the class that an image is meant to show."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Accuracy:
    """A share of images, 0 to 1.

    Attributes:
        accuracy: the share p of images with the intended label.
        standard_error: sqrt(p (1 - p) / count); 0 at p = 0 and 1, where few images prove little.
        count: number of images.
    """

    accuracy: float
    standard_error: float
    count: int


@dataclass(frozen=True)
class Accuracies:
    """How often the predicted label is the intended one.

    Attributes:
        overall: over all images.
        by_class: over the images meant to show a class, for each class with any images.
    """

    overall: Accuracy
    by_class: dict[int, Accuracy]


def accuracies(predicted: ArrayLike, intended: ArrayLike) -> Accuracies:
    """How often a classifier predicts the intended label.

    For generated images this is the conditional accuracy; for real ones, the classifier's own.

    Args:
        predicted: the classifier's labels, whole numbers [N] from 0.
        intended: the labels the generator was given, or the data's, whole numbers [N] from 0.

    Raises:
        ValueError: a value is not a label, or the two lengths differ.
    """
    given, wanted = _labels(predicted, "predicted"), _labels(intended, "intended")
    if len(given) != len(wanted):
        raise ValueError(f"{len(given)} predicted labels do not fit {len(wanted)} intended ones.")
    right = given == wanted
    by_class = {int(label): _accuracy(right[wanted == label]) for label in np.unique(wanted)}
    return Accuracies(_accuracy(right), by_class)


def _accuracy(right: NDArray[np.bool_]) -> Accuracy:
    share, count = float(right.mean()), len(right)
    return Accuracy(share, math.sqrt(share * (1.0 - share) / count), count)


def _labels(values: ArrayLike, name: str) -> Labels:
    """Checked labels [N], N at least 1: whole numbers from 0."""
    labels = np.asarray(values)
    if labels.ndim != 1 or not labels.size or labels.dtype.kind not in "iuf":
        raise ValueError(f"`{name}` must be labels [N], not {labels.dtype} {list(labels.shape)}.")
    if not np.isfinite(labels).all() or (labels < 0).any() or (labels != np.floor(labels)).any():
        raise ValueError(f"`{name}` must be whole numbers from 0, without NaN.")
    return labels.astype(np.int64)
