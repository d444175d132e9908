"""Parzen-window log-likelihood of images (Goodfellow et al., 2014; Breuleux et al., 2011).

Gaussians of width sigma around 10,000 generated images give a density; the metric is the
log-likelihood of the test images under it.  It says little in so many dimensions (Theis et al.,
2016) and is included because the paper reports it.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from artgan_tf.metrics.distances import (
    BLOCK,
    Array,
    Block,
    Rows,
    as_rows,
    pair_of,
    squared_distances,
)

SAMPLES = 10_000  # number of generated images in the protocol
VALIDATION = 1_000  # limit of images that choose sigma
SIGMAS: tuple[float, ...] = tuple(float(sigma) for sigma in np.logspace(-1.0, 0.0, 10))


@dataclass(frozen=True)
class Parzen:
    """Mean log-likelihood of the test images, in nats.

    Attributes:
        log_likelihood: mean over the test images.
        standard_error: standard deviation over the test images / sqrt(images).
        sigma: the width chosen.
        sigmas, validation: all widths, and the validation images' mean log-likelihood at each.
        samples, images, validation_images: number of generated, test and validation images.
    """

    log_likelihood: float
    standard_error: float
    sigma: float
    sigmas: tuple[float, ...]
    validation: tuple[float, ...]
    samples: int
    images: int
    validation_images: int


def parzen(
    samples: ArrayLike,
    validation: ArrayLike,
    test: ArrayLike,
    sigmas: tuple[float, ...] = SIGMAS,
    block: int = BLOCK,
) -> Parzen:
    """Choose the sigma that is best for the validation images, then score the test images.

    Args:
        samples: generated images [M, ...] of d pixel values from 0 to 1; see `SAMPLES`.
        validation: real images [V, ...], 0 to 1; at most `VALIDATION` of them are used, evenly
            spaced.
        test: other real images [N, ...], 0 to 1.
        sigmas: widths to choose from.
        block: images compared at a time.

    Raises:
        ValueError: a pixel is not finite or outside 0 to 1, or the sizes differ.
    """
    kernels = _pixels(samples, "samples")
    chosen, images = _spaced(_pixels(validation, "validation")), _pixels(test, "test")
    means = log_likelihoods(chosen, kernels, sigmas, block).mean(axis=1)
    sigma = sigmas[int(np.argmax(means))]
    found = log_likelihoods(images, kernels, (sigma,), block)[0]
    return Parzen(
        log_likelihood=float(found.mean()),
        standard_error=float(found.std() / math.sqrt(len(found))),
        sigma=sigma,
        sigmas=tuple(sigmas),
        validation=tuple(means.tolist()),
        samples=len(kernels),
        images=len(images),
        validation_images=len(chosen),
    )


def log_likelihoods(
    images: ArrayLike, samples: ArrayLike, sigmas: tuple[float, ...], block: int = BLOCK
) -> Array:
    """log p(x) of every image at every width, in one pass over the distances.

    log p(x) = log mean_j exp(-|x - s_j|^2 / (2 sigma^2)) - d log(sigma sqrt(2 pi)).

    Args:
        images: [N, ...] of d finite values each, in any range.
        samples: centres of the kernels [M, ...], d values each.
        sigmas: S positive widths.
        block: images compared at a time.

    Returns:
        [S, N], in nats.
    """
    points, kernels = pair_of(images, samples, "images", "samples")
    widths = _widths(sigmas)
    found = np.full((len(widths), len(points)), -np.inf)
    for part in squared_distances(points, kernels, block):
        _add(found[:, part.rows], part, 0.5 / widths**2)
    volume = points.shape[1] * np.log(widths * math.sqrt(2.0 * math.pi))
    return found - math.log(len(kernels)) - volume[:, None]


def _add(found: Array, part: Block, scales: Array) -> None:
    """log(e^found + sum_j e^(-scale |x - s_j|^2)) in place, stabilized by the nearest s_j."""
    nearest = part.squares.min(axis=1)
    beyond = part.squares - nearest[:, None]
    for row, scale in zip(found, scales, strict=True):
        total = np.exp(-scale * beyond).sum(axis=1)
        np.logaddexp(row, np.log(total) - scale * nearest, out=row)


def _widths(sigmas: tuple[float, ...]) -> Array:
    widths = np.asarray(sigmas, dtype=np.float64)
    if widths.ndim != 1 or not widths.size or not np.all((widths > 0) & np.isfinite(widths)):
        raise ValueError(f"`sigmas` must be positive numbers, not {sigmas}.")
    return widths


def _pixels(values: ArrayLike, name: str) -> Rows:
    rows = as_rows(values, name)
    low, high = rows.min(), rows.max()
    if low < 0 or high > 1:
        raise ValueError(f"`{name}` must hold pixels from 0 to 1, and reach from {low} to {high}.")
    return rows


def _spaced(rows: Rows) -> Rows:
    """At most `VALIDATION` rows, evenly spaced, as the rows may be in order of class."""
    if len(rows) <= VALIDATION:
        return rows
    return rows[np.arange(VALIDATION) * len(rows) // VALIDATION]
