"""Kernel distance of features (KID: Binkowski et al., 2018; arXiv 1801.01401).

The unbiased estimate of the squared maximum mean discrepancy under the kernel
k(x, y) = (x.y / d + 1)^3. Unlike FID, its expectation does not depend on the number of images; it
may be below 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from artgan_tf.metrics.distances import BLOCK, Rows, pair_of, slices

SUBSETS = 100
SUBSET_SIZE = 1_000


@dataclass(frozen=True)
class KernelDistance:
    """KID over random subsets.

    Attributes:
        mean, std: mean and standard deviation of the subsets' squared MMD (the std divides by their
            number, as usual for KID).
        subsets: number of subsets; 1, with std 0, if a subset holds all images of both sets.
        subset_size: images from each set in a subset; fewer than asked for if a set is smaller.
    """

    mean: float
    std: float
    subsets: int
    subset_size: int


def kernel_distance(
    real: ArrayLike,
    fake: ArrayLike,
    subsets: int = SUBSETS,
    subset_size: int = SUBSET_SIZE,
    seed: int = 0,
    block: int = BLOCK,
) -> KernelDistance:
    """KID: the mean squared MMD of random subsets, each drawn without replacement.

    Args:
        real, fake: features [N, d] and [M, d], finite, N and M at least 2.
        subsets, subset_size: number of subsets, and of images from each set in a subset.
        seed: seed of the draw.
        block: rows multiplied at a time.
    """
    x, y = pair_of(real, fake, "real", "fake", least=2)
    if subsets < 1 or subset_size < 2:
        raise ValueError(f"{subsets} subsets of {subset_size} images give no kernel distance.")
    size = min(subset_size, len(x), len(y))
    count = 1 if size == len(x) == len(y) else subsets
    draws = _draws(len(x), len(y), size, count, seed)
    found = [squared_mmd(x[rows], y[columns], block) for rows, columns in draws]
    return KernelDistance(float(np.mean(found)), float(np.std(found)), count, size)


def squared_mmd(x: ArrayLike, y: ArrayLike, block: int = BLOCK) -> float:
    """Unbiased estimate of MMD^2 under the cubic kernel; about 0 for equal distributions.

    sum_{i != j} k(x_i, x_j) / (m (m - 1)) + the same of y - 2 sum_ij k(x_i, y_j) / (m n).

    Args:
        x, y: features [m, d] and [n, d], finite, m and n at least 2.
        block: rows multiplied at a time.
    """
    left, right = pair_of(x, y, "x", "y", least=2)
    across = _total(left, right, block) / (len(left) * len(right))
    return _among(left, block) + _among(right, block) - 2.0 * across


def _draws(
    real: int, fake: int, size: int, count: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Indices of the real and fake images in each subset."""
    generator = np.random.default_rng(seed)
    for _ in range(count):
        rows = generator.choice(real, size, replace=False)
        yield rows, generator.choice(fake, size, replace=False)


def _among(rows: Rows, block: int) -> float:
    """Mean of the kernel over all pairs of different rows."""
    count, total = len(rows), _total(rows, rows, block)
    for part in slices(count, block):
        values = rows[part].astype(np.float64)
        total -= float(_cubic(np.square(values).sum(axis=1), rows.shape[1]).sum())
    return total / (count * (count - 1))


def _total(a: Rows, b: Rows, block: int) -> float:
    """Sum of the kernel over all pairs of a row of `a` and a row of `b`."""
    total = 0.0
    for rows in slices(len(a), block):
        left = a[rows].astype(np.float64)
        for columns in slices(len(b), block):
            products = left @ b[columns].astype(np.float64).T
            total += float(_cubic(products, a.shape[1]).sum())
    return total


def _cubic(products: np.ndarray, width: int) -> np.ndarray:
    """(x.y / d + 1)^3 of scalar products; multiplication is many times faster than `**`."""
    values = products / width + 1.0
    return values * values * values
