"""Frechet distance of Gaussians fitted to features (FID: Heusel et al., 2017; arXiv 1706.08500).

    d^2 = |m - n|^2 + tr(A) + tr(B) - 2 tr((A B)^(1/2))

The last trace is the sum of the singular values of A^(1/2) B^(1/2), with both roots from symmetric
eigendecompositions. Nothing becomes complex, and singular covariances are exact too; taking roots
of the product's eigenvalues would lose half the digits there.
"""

import numpy as np
from numpy.typing import ArrayLike

from artgan_tf.metrics.distances import BLOCK, Array, as_rows, slices

LEAST = 2_048  # with fewer real or fake images the FID of 2,048 features says little


def frechet_distance(real: ArrayLike, fake: ArrayLike, block: int = BLOCK) -> float:
    """FID of two sets of features; it falls as the sets grow, so compare equal sizes only.

    Args:
        real, fake: [N, d] and [M, d], finite, N and M at least 2; see `LEAST`.
        block: rows computed at a time.

    Returns:
        The distance, at least 0, in squared units of the features; 0 for equal mean and covariance.

    Raises:
        ValueError: a value is NaN or infinite, or the widths differ.
    """
    return gaussian_distance(*moments(real, block), *moments(fake, block))


def moments(features: ArrayLike, block: int = BLOCK) -> tuple[Array, Array]:
    """Mean [d] and unbiased covariance [d, d] of features [N, d], in one pass over blocks.

    Blocks are merged as in Chan et al., 1979: the difference of their means is added as a row of
    weight n m / (n + m).
    """
    rows = as_rows(features, "features", least=2)
    width = rows.shape[1]
    count, mean, scatter = 0, np.zeros(width), np.zeros((width, width))
    for part in slices(len(rows), block):
        values = rows[part].astype(np.float64)
        centre = values.mean(axis=0)
        total, step = count + len(values), centre - mean
        joint = np.sqrt(count * len(values) / total) * step
        centred = np.concatenate([values - centre, joint[None]])
        scatter += centred.T @ centred
        mean, count = mean + step * (len(values) / total), total
    return mean, scatter / (count - 1)


def gaussian_distance(
    mean: ArrayLike, covariance: ArrayLike, other_mean: ArrayLike, other_covariance: ArrayLike
) -> float:
    """Frechet distance (squared 2-Wasserstein) of two Gaussians; see the module's docstring.

    Args:
        mean, other_mean: [d].
        covariance, other_covariance: [d, d], symmetric and positive semidefinite.

    Raises:
        ValueError: a value is NaN or infinite, or the sizes differ.
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
    """R [r, d] with R'R = covariance of rank r: each row is sqrt(eigenvalue) * eigenvector.

    Eigenvalues that are 0 except for rounding are dropped, as their roots would add up.
    """
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2.0)
    large = values > values[-1] * len(values) * np.finfo(np.float64).eps
    return np.sqrt(values[large])[:, None] * vectors[:, large].T
