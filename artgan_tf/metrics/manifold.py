"""Neighbourhoods in feature space: precision and recall, density and coverage, authenticity.

The region of a set of images is the union of balls around each image, whose radius is the distance
to its k-th nearest neighbour in the set (Kynkaanniemi et al., 2019; Naeem et al., 2020).

Comparisons are exact: if the rounding of a distance from a matrix product could decide one, the
distance is recomputed from the difference. So copies are at distance 0, and ties remain ties.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from artgan_tf.metrics.distances import (
    Array,
    Rows,
    Tile,
    pair_of,
    pair_squares,
    slices,
    squared_distances,
)
from artgan_tf.metrics.neighbours import search


class PrecisionRecall(NamedTuple):
    """Shares of the generated images in the real images' region, and the other way round."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """How densely generated images lie among real ones, and how many real ones they reach.

    Attributes:
        density: mean number of real balls that contain a generated image, divided by k; at least
            0, about 1 for equal distributions.
        coverage: share of real balls that contain a generated image, 0 to 1.
    """

    density: float
    coverage: float


class Authenticity(NamedTuple):
    """Whether generated images are copies. s is a sample, t its nearest training image.

    Attributes:
        closer_share: share of samples with |s - t| < the distance from t to its own nearest other
            training image, which this project reports; near 0 if nothing is copied.
        farther_share: share of samples with >, the "authenticity" of Alaa et al., 2022 (arXiv
            2102.08921).  The rest, 1 minus both, are ties: copies of a repeated image.
    """

    closer_share: float
    farther_share: float


def precision_recall(real: ArrayLike, fake: ArrayLike, k: int = 3) -> PrecisionRecall:
    """Improved precision and recall (Kynkaanniemi et al., 2019; arXiv 1904.06991).

    Args:
        real, fake: features [N, d] and [M, d], finite, more than k each; both figures depend on
            N and M, so compare equal numbers only.
        k: a ball's radius is the distance to the k-th nearest neighbour; balls are closed.
    """
    x, y = pair_of(real, fake, "real", "fake")
    return PrecisionRecall(_share_in(y, x, _radii(x, k)), _share_in(x, y, _radii(y, k)))


def density_coverage(real: ArrayLike, fake: ArrayLike, k: int = 5) -> DensityCoverage:
    """Density and coverage (Naeem et al., 2020; arXiv 2002.09797).

    Args:
        real, fake: features [N, d] and [M, d], finite; N more than k.
        k: a ball's radius is the distance to the k-th nearest neighbour; balls are open, as in
            the authors' code, so that equal sets have density 1.
    """
    x, y = pair_of(real, fake, "real", "fake")
    total, covered = 0, np.zeros(len(x), dtype=bool)
    for part, inside in _inside(y, x, _radii(x, k), np.less):
        total += int(inside.sum())
        covered[part.columns] |= inside.any(axis=0)
    return DensityCoverage(total / (k * len(y)), float(covered.mean()))


def authenticity(train: ArrayLike, samples: ArrayLike) -> Authenticity:
    """Whether samples lie closer to a training image than other training images do.

    Args:
        train: real images or their features [N, ...] of d finite values each, N at least 2.
        samples: generated images or their features [M, ...] of d finite values each.
    """
    x, y = pair_of(train, samples, "train", "samples")
    found, squares = search(y, x, 1)
    centres, places = np.unique(found[:, 0], return_inverse=True)
    reach = search(x[centres], x, 1, centres)[1][places, 0]
    closer, farther = squares[:, 0] < reach, squares[:, 0] > reach
    return Authenticity(float(closer.mean()), float(farther.mean()))


def _radii(points: Rows, k: int) -> Array:
    """Squared distance of each point to its k-th nearest neighbour."""
    return search(points, points, k, np.arange(len(points)))[1][:, -1]


def _share_in(points: Rows, centres: Rows, radii: Array) -> float:
    """Share of the points that lie in any ball."""
    found = np.zeros(len(points), dtype=bool)
    for part, inside in _inside(points, centres, radii, np.less_equal):
        found[part.rows] |= inside.any(axis=1)
    return float(found.mean())


def _inside(
    points: Rows, centres: Rows, radii: Array, below: np.ufunc
) -> Iterator[tuple[Tile, NDArray[np.bool_]]]:
    """Which points lie in which balls of these squared radii, compared by `below`."""
    for part in squared_distances(points, centres):
        limits = radii[part.columns]
        rows, columns = np.nonzero(np.abs(part.squares - limits) <= part.rounding)
        for some in slices(len(rows)):
            at = rows[some], columns[some]
            ball = centres[part.columns][at[1]]
            part.squares[at] = pair_squares(points[part.rows][at[0]], ball)
        yield part, below(part.squares, limits)
