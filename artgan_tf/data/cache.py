"""A split's decoded images in memory, where they fit."""

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from artgan_tf.config import Data, InputError
from artgan_tf.data.source import Indexed, Split, Streamed, short_side
from tfrecords_tools.images import UnreadableImage

ALIGNMENT = 64  # bytes; TensorFlow aborts the process over a tensor that starts elsewhere

Example = tuple[np.ndarray, np.int32]  # uint8 [height, width, 3] and a label


def in_memory(split: Split, data: Data) -> Split:
    """The split with its decoded, resized images in memory, where that fits `data.cache_mb`."""
    budget = data.cache_mb * 2**20
    expected = round(split.count * 3 * short_side(data) ** 2 * 1.35)  # paintings are not square
    if isinstance(split, Cached) or expected > budget:
        return split
    pixels, end = _aligned(min(budget, 4 * expected)), 0
    shapes, labels = [], []
    for image, label in _readable(split, data):
        if end + image.size > len(pixels):
            return split
        pixels[end : end + image.size] = image.ravel()
        end += image.size
        shapes.append(image.shape)
        labels.append(label)
    return Cached(pixels[:end], shapes, labels)


def _aligned(count: int) -> np.ndarray:
    """Memory that is only taken once it is written to, and starts where TensorFlow needs it."""
    room = np.empty(count + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    return room[start : start + count]


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


def _readable(split: Split, data: Data) -> Iterator[tuple[np.ndarray, int]]:
    """Every example that can be read, in order; in the end a warning about the others."""
    bad = []
    for index, (image, label) in enumerate(_read(split, data)):
        if isinstance(image, UnreadableImage):
            bad.append(f"{split.name(index)} ({image})")
        else:
            yield image, label
    if len(bad) == split.count:
        raise InputError(f"None of the {split.count} images could be read, e.g. {bad[0]}.")
    if bad:
        warnings.warn(f"{len(bad)} unreadable images are left out, e.g. {bad[0]}.", stacklevel=2)


def first_readable(split: Split, data: Data) -> Example:
    """The first example that can be read: a split that has none is refused before it is used."""
    for image, label in _read(split, data, at_once=1):
        if not isinstance(image, UnreadableImage):
            return image, np.int32(label)
    raise InputError(f"None of the {split.count} images could be read: check the files.")


def _read(split: Split, data: Data, at_once: int = 256) -> Iterator[tuple[Any, int]]:
    """Every example in order, an `UnreadableImage` in place of one that cannot be read."""
    if isinstance(split, Streamed):
        pairs = split.records(None).map(split.decode, tf.data.AUTOTUNE if at_once > 1 else None)
        for image, label in pairs.as_numpy_iterator():
            yield (image if image.size else UnreadableImage("it is broken")), int(label)
        return
    with ThreadPoolExecutor() as pool:  # Pillow decodes and resizes outside Python's lock
        for start in range(0, split.count, at_once):
            indices = range(start, min(start + at_once, split.count))
            labels = split.labels[start : start + at_once].tolist()
            yield from zip(pool.map(_try(split.load), indices), labels, strict=True)


def _try(load: Callable[[Any], np.ndarray]) -> Callable[[Any], np.ndarray | UnreadableImage]:
    def attempt(key: Any) -> np.ndarray | UnreadableImage:
        try:
            return load(key)
        except UnreadableImage as error:
            return error

    return attempt
