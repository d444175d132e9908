"""How much images of one class differ from each other, by features, pixels or shapes.

Copies of one composition in many colours differ much in their pixels, and so does noise.  Shapes
are pixels without each image's mean and contrast; features are those of the extractor.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from artgan_tf.metrics.distances import Array, as_rows, slices

BATCH = 96  # images converted to float64 at a time

Pixels = NDArray[np.uint8]


def pair_distance(points: ArrayLike) -> float:
    """Root mean square distance between two points: sqrt(2 tr S), with S their covariance.

    The mean distance of pairs has measured diversity since Zhu et al., 2017 (arXiv 1711.11586);
    the mean square distance does not require forming all pairs.

    Args:
        points: images or features [N, ...] of d finite values each, N at least 2.
    """
    rows = as_rows(points, "points", least=2)
    origin = rows[0].astype(np.float64)  # maps equal points to exactly 0

    def blocks() -> Iterator[Array]:
        return (rows[part] - origin for part in slices(len(rows)))

    mean = sum(part.sum(axis=0) for part in blocks()) / len(rows)
    total = sum(float(np.square(part - mean).sum()) for part in blocks())
    return float(np.sqrt(2.0 * total / (len(rows) - 1)))


def shapes(pixels: Pixels) -> Array:
    """Images uint8 [N, H, W, 3] with each channel normalized to mean 0 and standard deviation 1.

    A channel whose deviation is below one grey level is divided by one grey level instead, so that
    flat images stay flat.
    """
    values = pixels.astype(np.float64)
    values -= values.mean(axis=(1, 2), keepdims=True)
    return values / np.maximum(values.std(axis=(1, 2), keepdims=True), 1.0)


def pixel_deviation(
    pixels: Pixels, rows: NDArray[np.intp], values: Callable[[Pixels], NDArray[Any]]
) -> float:
    """Standard deviation over images of each value of a pixel, averaged over pixels and channels.

    Args:
        pixels: uint8 [N, H, W, 3]; may be a memory map.
        rows: [M], indices of the images to use, such as those of one class.
        values: function applied to the pixels: `shapes`, or `np.asarray` for them as they are.
    """
    total = np.zeros(pixels.shape[1:])
    squares = np.zeros_like(total)
    origin = values(pixels[rows[:1]]).astype(np.float64)  # maps equal images to exactly 0
    for part in slices(len(rows), BATCH):
        batch = values(pixels[rows[part]]).astype(np.float64) - origin
        total += batch.sum(axis=0)
        squares += np.square(batch).sum(axis=0)
    variance = squares / len(rows) - np.square(total / len(rows))
    return float(np.sqrt(np.maximum(variance, 0.0)).mean())
