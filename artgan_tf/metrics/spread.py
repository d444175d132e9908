"""How far images of one kind differ from each other, by features and by shapes.

Many colours of one composition are far apart by their pixels; neither figure here is about pixels'
own means and contrasts, and the first is about whatever the features see.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from artgan_tf.metrics.distances import BLOCK, as_rows, slices


def pair_distance(points: ArrayLike, block: int = BLOCK) -> float:
    """Root mean square distance of two different points: sqrt(2 tr S), S their covariance.

    The mean distance of pairs is what measures variety since Zhu et al., 2017 (arXiv 1711.11586);
    of its square all pairs need not be formed.

    Args:
        points: images or their features [N, ...] of d finite values, 2 or more.
        block: rows computed at a time.
    """
    rows = as_rows(points, "points", least=2)
    origin = rows[0].astype(np.float64)  # equal points are then at exactly 0

    def blocks() -> Iterator[NDArray[np.float64]]:
        return (rows[part] - origin for part in slices(len(rows), block))

    mean = sum(part.sum(axis=0) for part in blocks()) / len(rows)
    total = sum(float(np.square(part - mean).sum()) for part in blocks())
    return float(np.sqrt(2.0 * total / (len(rows) - 1)))


def shapes(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Images without their own colour: each channel with mean 0 and deviation 1.

    Args:
        pixels: uint8 [N, H, W, 3].

    Returns:
        float64 [N, H, W, 3]; a channel that deviates by less than one grey level is divided by that
        level instead, so that flat images stay flat.
    """
    values = pixels.astype(np.float64)
    values -= values.mean(axis=(1, 2), keepdims=True)
    return values / np.maximum(values.std(axis=(1, 2), keepdims=True), 1.0)
