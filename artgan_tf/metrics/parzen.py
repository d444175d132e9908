"""Parzen-window log-likelihood of images (Goodfellow et al., 2014; Breuleux et al., 2011).

Gaussians of width sigma around 10,000 generated images give a density; the metric is the
log-likelihood of the test images under it.  It says little in so many dimensions (Theis et al.,
2016) and is included because the paper reports it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from artgan_tf.metrics.distances import Array, Tile, pair_of, squared_distances

SIGMAS: tuple[float, ...] = tuple(float(sigma) for sigma in np.logspace(-1.0, 0.0, 10))


class Parzen(NamedTuple):
    """Mean log-likelihood of the test images in nats, its standard error, and the chosen width."""

    log_likelihood: float
    standard_error: float
    sigma: float


def parzen(
    samples: ArrayLike,
    validation: ArrayLike,
    test: ArrayLike,
    sigmas: Sequence[float] = SIGMAS,
) -> Parzen:
    """Choose the sigma that is best for the validation images, then score the test images.

    Args:
        samples: generated images [M, ...] of d pixel values from 0 to 1; 10,000 in the protocol.
        validation: real images [V, ...], 0 to 1.
        test: other real images [N, ...], 0 to 1.
        sigmas: widths to choose from.

    Raises:
        ValueError: a pixel is not finite, or the sizes differ.
    """
    means = log_likelihoods(validation, samples, sigmas).mean(axis=1)
    sigma = sigmas[int(np.argmax(means))]
    found = log_likelihoods(test, samples, (sigma,))[0]
    return Parzen(float(found.mean()), float(found.std() / math.sqrt(len(found))), sigma)


def log_likelihoods(images: ArrayLike, samples: ArrayLike, sigmas: Sequence[float]) -> Array:
    """log p(x) of every image at every width, in one pass over the distances: [S, N], in nats.

    log p(x) = log mean_j exp(-|x - s_j|^2 / (2 sigma^2)) - d log(sigma sqrt(2 pi)).

    Args:
        images: [N, ...] of d finite values each, in any range.
        samples: centres of the kernels [M, ...], d values each.
        sigmas: S positive widths.
    """
    points, kernels = pair_of(images, samples, "images", "samples")
    widths = np.asarray(sigmas, dtype=np.float64)
    found = np.full((len(widths), len(points)), -np.inf)
    for part in squared_distances(points, kernels):
        _add(found[:, part.rows], part, 0.5 / widths**2)
    volume = points.shape[1] * np.log(widths * math.sqrt(2.0 * math.pi))
    return found - math.log(len(kernels)) - volume[:, None]


def _add(found: Array, part: Tile, scales: Array) -> None:
    """log(e^found + sum_j e^(-scale |x - s_j|^2)) in place, stabilized by the nearest s_j."""
    nearest = part.squares.min(axis=1)
    beyond = part.squares - nearest[:, None]
    for row, scale in zip(found, scales, strict=True):
        total = np.exp(-scale * beyond).sum(axis=1)
        np.logaddexp(row, np.log(total) - scale * nearest, out=row)
