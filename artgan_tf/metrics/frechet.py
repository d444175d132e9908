"""Frechet distance of Gaussians fitted to features (FID: Heusel et al., 2017; arXiv 1706.08500).

    d^2 = |m - n|^2 + tr(A) + tr(B) - 2 tr((A B)^(1/2))

The last trace is the sum of the singular values of A^(1/2) B^(1/2), whose roots come from symmetric
eigendecompositions: nothing complex, and exact for singular covariances too, where roots of the
product's eigenvalues keep half the digits.
"""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from artgan_tf.metrics.distances import BLOCK, Array, as_rows, same_width, slices

LEAST = 2_048  # images of either kind, below which the FID of 2,048 features says little


class Moments:
    """Mean and covariance of rows that arrive bit by bit; d^2 numbers, however many the rows.

    Attributes:
        count: rows so far.
        mean: [d].
        scatter: [d, d], the sum of (x - mean)(x - mean)'.
    """

    def __init__(self, width: int) -> None:
        self.count = 0
        self.mean: Array = np.zeros(width)
        self.scatter: Array = np.zeros((width, width))

    def add(self, features: ArrayLike, block: int = BLOCK) -> Self:
        """Take in more rows.

        Args:
            features: [N, d], finite.
            block: rows taken at a time.

        Raises:
            ValueError: they hold NaN or infinity, or are of another width.
        """
        rows = as_rows(features, "features", least=0)
        same_width(rows, self.mean[None], "`features` and those before")
        for part in slices(len(rows), block):
            values = rows[part].astype(np.float64)
            mean = values.mean(axis=0)
            self._join(len(values), mean, values - mean)
        return self

    def merge(self, other: "Moments") -> Self:
        """Take in all rows that another one took in."""
        same_width(self.mean[None], other.mean[None], "Both moments")
        if other.count:
            self.scatter += other.scatter
            self._join(other.count, other.mean, np.empty((0, len(self.mean))))
        return self

    def _join(self, count: int, mean: Array, centred: Array) -> None:
        """Chan et al., 1979: the means' difference is one more row, of weight n m / (n + m)."""
        total = self.count + count
        step = mean - self.mean
        weight = np.sqrt(self.count * count / total)
        rows = np.concatenate([centred, weight * step[None]])
        self.scatter += rows.T @ rows
        self.mean = self.mean + step * (count / total)
        self.count = total

    @property
    def covariance(self) -> Array:
        """Unbiased, [d, d]: the scatter / (count - 1)."""
        if self.count < 2:
            raise ValueError(f"A covariance needs 2 or more images, and there are {self.count}.")
        return self.scatter / (self.count - 1)


def moments(features: ArrayLike, block: int = BLOCK) -> Moments:
    """Mean and covariance of features [N, d]."""
    rows = as_rows(features, "features")
    return Moments(rows.shape[1]).add(rows, block)


def frechet_distance(real: ArrayLike, fake: ArrayLike, block: int = BLOCK) -> float:
    """FID of two sets of features; it falls with their number, so compare equal numbers only.

    Args:
        real, fake: [N, d] and [M, d], 2 or more each; see `LEAST`.
        block: rows taken at a time.

    Returns:
        0 or more, in the features' units squared; 0 for equal mean and covariance.
    """
    return moments_distance(moments(real, block), moments(fake, block))


def moments_distance(a: Moments, b: Moments) -> float:
    """The Frechet distance of two streams of features."""
    return gaussian_distance(a.mean, a.covariance, b.mean, b.covariance)


def gaussian_distance(
    mean: ArrayLike, covariance: ArrayLike, other_mean: ArrayLike, other_covariance: ArrayLike
) -> float:
    """The Frechet distance (squared 2-Wasserstein) of two Gaussians; see the module.

    Args:
        mean, other_mean: [d].
        covariance, other_covariance: [d, d], symmetric and positive semidefinite.

    Raises:
        ValueError: there are NaN or infinity among them, or sizes differ.
    """
    m, n = (as_rows(np.atleast_2d(row), "mean").astype(np.float64) for row in (mean, other_mean))
    a, b = (as_rows(rows, "covariance") for rows in (covariance, other_covariance))
    if not a.shape == b.shape == (m.size, n.size):
        sizes = f"{m.size}, {n.size}, {list(a.shape)} and {list(b.shape)}"
        raise ValueError(f"Means and covariances must be of one width, not {sizes}.")
    cross = np.linalg.svd(_root(a) @ _root(b).T, compute_uv=False).sum()
    distance = np.sum((m - n) ** 2) + np.trace(a) + np.trace(b) - 2.0 * cross
    return max(float(distance), 0.0)


def _root(covariance: Array) -> Array:
    """R [r, d] with R'R = covariance of rank r: sqrt(eigenvalue) * eigenvector in each row.

    Eigenvalues that are 0 but for rounding are left out; their roots would add up.
    """
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2.0)
    kept = values > values[-1] * len(values) * np.finfo(np.float64).eps
    return np.sqrt(values[kept])[:, None] * vectors[:, kept].T
