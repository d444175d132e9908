"""Which images lie among which: precision and recall, density and coverage, authenticity.

The region that images fill in feature space is taken as the balls around each of them that reach
to its k-th nearest neighbour among them (Kynkaanniemi et al., 2019; Naeem et al., 2020).

Comparisons are exact: where the rounding of a distance made as a matrix product could decide,
it is computed anew from the difference, so that copies are at distance 0 and ties are ties.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from artgan_tf.metrics.distances import (
    BLOCK,
    Array,
    Block,
    Rows,
    pair_of,
    pair_squares,
    slices,
    squared_distances,
)
from artgan_tf.metrics.neighbours import search


@dataclass(frozen=True)
class PrecisionRecall:
    """Shares from 0 to 1.

    Attributes:
        precision: of the generated images that lie in the real images' region.
        recall: of the real images that lie in the generated images' region.
        k: whose neighbour's distance is a ball's radius.
    """

    precision: float
    recall: float
    k: int


@dataclass(frozen=True)
class DensityCoverage:
    """How densely generated images lie among real ones, and how many of these they reach.

    Attributes:
        density: real balls that a generated image lies in, on average, / k; 0 or more, about 1
            for equal distributions.
        coverage: share of the real balls that hold a generated image, 0 to 1.
        k: whose neighbour's distance is a ball's radius.
    """

    density: float
    coverage: float
    k: int


@dataclass(frozen=True)
class Authenticity:
    """Whether generated images are copies: s a sample, t its nearest training image.

    Attributes:
        closer_share: share of samples with |s - t| < the distance from t to its own nearest other
            training image: the figure this project reports; near 0 where nothing is copied.
        farther_share: share with > instead, the "authenticity" of Alaa et al., 2022 (arXiv
            2102.08921).  The rest, 1 minus both, are ties: copies of a repeated image.
        closer: bool [N], which samples; `nearest`: int [N], each one's training image.
    """

    closer_share: float
    farther_share: float
    closer: NDArray[np.bool_]
    nearest: NDArray[np.intp]


def precision_recall(
    real: ArrayLike, fake: ArrayLike, k: int = 3, block: int = BLOCK
) -> PrecisionRecall:
    """Improved precision and recall (Kynkaanniemi et al., 2019; arXiv 1904.06991).

    Args:
        real, fake: features [N, d] and [M, d], finite, more than k each; both figures depend on
            N and M, so compare equal numbers only.
        k: whose neighbour's distance is a ball's radius; its surface belongs to the ball.
    """
    x, y = pair_of(real, fake, "real", "fake")
    precision = _lying_in(y, x, _radii(x, k, block), block).mean()
    recall = _lying_in(x, y, _radii(y, k, block), block).mean()
    return PrecisionRecall(float(precision), float(recall), k)


def density_coverage(
    real: ArrayLike, fake: ArrayLike, k: int = 5, block: int = BLOCK
) -> DensityCoverage:
    """Density and coverage (Naeem et al., 2020; arXiv 2002.09797).

    Args:
        real, fake: features [N, d] and [M, d], finite; N more than k.
        k: whose neighbour's distance is a ball's radius; its surface is outside, as in the
            authors' code: equal sets then have density 1.
    """
    x, y = pair_of(real, fake, "real", "fake")
    total, covered = 0, np.zeros(len(x), dtype=bool)
    for part, inside in _inside(y, x, _radii(x, k, block), np.less, block):
        total += int(inside.sum())
        covered[part.columns] |= inside.any(axis=0)
    return DensityCoverage(total / (k * len(y)), float(covered.mean()), k)


def authenticity(train: ArrayLike, samples: ArrayLike, block: int = BLOCK) -> Authenticity:
    """Whether samples lie nearer to a training image than other training images do.

    Args:
        train: real images or their features [N, ...] of d finite values, 2 or more.
        samples: generated ones [M, ...], d values each.
    """
    x, y = pair_of(train, samples, "train", "samples")
    found, squares = search(y, x, 1, None, block)
    centres, places = np.unique(found[:, 0], return_inverse=True)
    reach = search(x[centres], x, 1, centres, block)[1][places, 0]
    closer, farther = squares[:, 0] < reach, squares[:, 0] > reach
    return Authenticity(float(closer.mean()), float(farther.mean()), closer, found[:, 0])


def _radii(points: Rows, k: int, block: int) -> Array:
    """Squared distance of each point to its k-th nearest other one."""
    return search(points, points, k, np.arange(len(points)), block)[1][:, -1]


def _lying_in(points: Rows, centres: Rows, radii: Array, block: int) -> NDArray[np.bool_]:
    """Which points lie in a ball."""
    found = np.zeros(len(points), dtype=bool)
    for part, inside in _inside(points, centres, radii, np.less_equal, block):
        found[part.rows] |= inside.any(axis=1)
    return found


def _inside(
    points: Rows, centres: Rows, radii: Array, below: np.ufunc, block: int
) -> Iterator[tuple[Block, NDArray[np.bool_]]]:
    """Which points lie in which balls of these squared radii: `below`, or on the surface too."""
    for part in squared_distances(points, centres, block):
        limits = radii[part.columns]
        doubtful = np.abs(part.squares - limits) <= part.rounding
        rows, columns = np.nonzero(doubtful)
        for some in slices(len(rows), block):
            at = rows[some], columns[some]
            ball = centres[part.columns][at[1]]
            part.squares[at] = pair_squares(points[part.rows][at[0]], ball)
        yield part, below(part.squares, limits)
