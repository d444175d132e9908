"""Frechet distance of Gaussians fitted to features (FID: Heusel et al., 2017; arXiv 1706.08500).

    d^2 = |m - n|^2 + tr(A) + tr(B) - 2 tr((A B)^(1/2))

The last trace is the sum of the singular values of A^(1/2) B^(1/2), with both roots from symmetric
eigendecompositions. Nothing becomes complex, and singular covariances are exact too; taking roots
of the product's eigenvalues would lose half the digits there.
"""

import numpy as np
from numpy.typing import ArrayLike

from artgan_tf.metrics.distances import Array, Rows, mean_row, pair_of, slices

LEAST = 2_048  # with fewer real or fake images the FID of 2,048 features says little


def frechet_distance(real: ArrayLike, fake: ArrayLike) -> float:
    """FID of two sets of features; it falls as the sets grow, so compare equal sizes only.

    Args:
        real, fake: [N, d] and [M, d], finite, N and M at least 2; see `LEAST`.

    Returns:
        The distance, at least 0, in squared units of the features; 0 for equal mean and covariance.

    Raises:
        ValueError: a value is NaN or infinite, or the widths differ.
    """
    (m, a), (n, b) = map(moments, pair_of(real, fake, "real", "fake", least=2))
    cross = np.linalg.svd(_root(a) @ _root(b).T, compute_uv=False).sum()
    distance = np.sum((m - n) ** 2) + np.trace(a) + np.trace(b) - 2.0 * cross
    return max(float(distance), 0.0)


def moments(rows: Rows) -> tuple[Array, Array]:
    """Mean [d] and unbiased covariance [d, d] of features [N, d]."""
    mean = mean_row(rows)
    scatter = np.zeros((len(mean), len(mean)))
    for part in slices(len(rows)):
        centred = rows[part] - mean
        scatter += centred.T @ centred
    return mean, scatter / (len(rows) - 1)


def _root(covariance: Array) -> Array:
    """R [r, d] with R'R = covariance of rank r: each row is sqrt(eigenvalue) * eigenvector.

    Eigenvalues that are 0 except for rounding are dropped, as their roots would add up.
    """
    values, vectors = np.linalg.eigh(covariance)
    large = values > values[-1] * len(values) * np.finfo(np.float64).eps
    return np.sqrt(values[large])[:, None] * vectors[:, large].T
