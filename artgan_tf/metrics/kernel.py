"""Kernel distance of features (KID: Binkowski et al., 2018; arXiv 1801.01401).

The unbiased estimate of the squared maximum mean discrepancy under the kernel
k(x, y) = (x.y / d + 1)^3. Unlike FID, its expectation does not depend on the number of images; it
may be below 0.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from artgan_tf.metrics.distances import Rows, pair_of, slices

SUBSETS = 100
SUBSET_SIZE = 1_000


class KernelDistance(NamedTuple):
    """Mean and standard deviation (divided by their number) of the subsets' squared MMD."""

    mean: float
    std: float


def kernel_distance(
    real: ArrayLike, fake: ArrayLike, subsets: int = SUBSETS, subset_size: int = SUBSET_SIZE
) -> KernelDistance:
    """KID: the mean squared MMD of random subsets, each drawn without replacement.

    Args:
        real, fake: features [N, d] and [M, d], finite, N and M at least 2.
        subsets: number of subsets; only one, with std 0, if it holds all images of both sets.
        subset_size: images from each set in a subset; fewer if a set is smaller.
    """
    x, y = pair_of(real, fake, "real", "fake", least=2)
    size = min(subset_size, len(x), len(y))
    generator, found = np.random.default_rng(0), []
    for _ in range(1 if size == len(x) == len(y) else subsets):
        rows, columns = (generator.choice(len(each), size, replace=False) for each in (x, y))
        found.append(squared_mmd(x[rows], y[columns]))
    return KernelDistance(float(np.mean(found)), float(np.std(found)))


def squared_mmd(x: Rows, y: Rows) -> float:
    """Unbiased estimate of MMD^2 under the cubic kernel; about 0 for equal distributions.

    sum_{i != j} k(x_i, x_j) / (m (m - 1)) + the same of y - 2 sum_ij k(x_i, y_j) / (m n).

    Args:
        x, y: features [m, d] and [n, d], finite, m and n at least 2.
    """
    return _among(x) + _among(y) - 2.0 * _total(x, y) / (len(x) * len(y))


def _among(rows: Rows) -> float:
    """Mean of the kernel over all pairs of different rows."""
    count, total = len(rows), _total(rows, rows)
    for part in slices(count):
        values = rows[part].astype(np.float64)
        total -= float(_cubic(np.square(values).sum(axis=1), rows.shape[1]).sum())
    return total / (count * (count - 1))


def _total(a: Rows, b: Rows) -> float:
    """Sum of the kernel over all pairs of a row of `a` and a row of `b`."""
    total = 0.0
    for rows in slices(len(a)):
        left = a[rows].astype(np.float64)
        for columns in slices(len(b)):
            products = left @ b[columns].astype(np.float64).T
            total += float(_cubic(products, a.shape[1]).sum())
    return total


def _cubic(products: np.ndarray, width: int) -> np.ndarray:
    """(x.y / d + 1)^3 of scalar products; multiplication is many times faster than `**`."""
    values = products / width + 1.0
    return values * values * values
