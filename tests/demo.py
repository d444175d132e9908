"""The demo's paintings as arrays."""

import numpy as np
from numpy.typing import NDArray

from artgan_tf.data.demo_paintings import paint


def gallery(
    seed: int, start: int, count: int, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Paintings `start` to `start + count - 1`: uint8 [count, size, size, 3] and int32 [count]."""
    found = [paint(seed, start + place, size) for place in range(count)]
    images = np.array([image for image, _ in found], np.uint8).reshape(-1, size, size, 3)
    return images, np.array([label for _, label in found], np.int32)
