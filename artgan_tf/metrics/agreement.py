"""Does a classifier see in generated images what they were meant to show?"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Labels = NDArray[np.int64]


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
