"""A split's decoded images in memory, where TensorFlow's pipeline looks them up."""

from typing import Any

import numpy as np
import tensorflow as tf

from artgan_tf.config import Data
from artgan_tf.data.decoded import decode_all
from artgan_tf.data.source import Indexed, Split


def in_memory(split: Split, data: Data) -> Split:
    """The split with its decoded, resized images in memory, where that fits `data.cache_mb`."""
    if isinstance(split, Cached):
        return split
    found = decode_all(split, data)
    return Cached(*found) if found else split


class Cached(Indexed):
    """An `Indexed` whose images lie one after another in one uint8 variable.

    The variable is [N, height, width, 3] where all images are of one shape, else flat.

    There is one copy of what may be gigabytes: `tf.constant` would keep two more than the array's
    own, and tf.data copies a tensor, but not a variable, that a pipeline looks things up in.
    """

    def __init__(self, pixels: np.ndarray, shapes: list[tuple[int, ...]], labels: list[int]):
        sizes = np.array(shapes, np.int64)
        self.shape = shapes[0] if len(set(shapes)) == 1 else None
        if self.shape:
            pixels = pixels.reshape(-1, *self.shape)
        with tf.device("CPU:0"):
            shared = tf.experimental.dlpack.from_dlpack(pixels.__dlpack__())
            self.pixels = tf.Variable(shared, trainable=False)
            self.offsets = tf.constant(np.append(0, np.cumsum(sizes.prod(1))), tf.int64)
            self.shapes = tf.constant(sizes)
        super().__init__(np.array(labels, np.int32), lambda i: self.fetch(i).numpy())

    def fetch(self, index: Any) -> tf.Tensor:
        """The image as a tensor, or a batch of them where all are of one shape."""
        index = tf.cast(index, tf.int64)
        if self.shape:
            return tf.gather(self.pixels, index)
        flat = self.pixels[self.offsets[index] : self.offsets[index + 1]]
        return tf.reshape(flat, self.shapes[index])
