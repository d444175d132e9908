"""A split's decoded images one after another in memory, and what becomes of unreadable ones."""

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from artgan_tf.config import Data, InputError
from artgan_tf.data.source import DamagedData, Split, Streamed, short_side
from tfrecords_tools.images import UnreadableImage

ALIGNMENT = 64  # bytes; TensorFlow aborts the process over a tensor that starts elsewhere

Example = tuple[np.ndarray, np.int32]  # uint8 [height, width, 3] and a label


class Decoded(NamedTuple):
    """Images of any shapes, their pixels in one uint8 array."""

    pixels: np.ndarray
    shapes: list[tuple[int, ...]]
    labels: list[int]


def decode_all(split: Split, data: Data) -> Decoded | None:
    """Every image that can be read, where that fits `data.cache_mb`."""
    budget = data.cache_mb * 2**20
    expected = round(split.count * 3 * short_side(data) ** 2 * 1.35)  # paintings are not square
    if expected > budget:
        return None
    pixels, end = _aligned(min(budget, 4 * expected)), 0
    shapes, labels = [], []
    for image, label in _readable(split, data):
        if end + image.size > len(pixels):
            return None
        pixels[end : end + image.size] = image.ravel()
        end += image.size
        shapes.append(image.shape)
        labels.append(label)
    return Decoded(pixels[:end], shapes, labels)


def _aligned(count: int) -> np.ndarray:
    """Memory that is only taken once it is written to, and starts where TensorFlow needs it."""
    room = np.empty(count + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    return room[start : start + count]


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
        import tensorflow as tf  # is there, where a split is streamed

        pairs = split.records(None).map(split.decode, tf.data.AUTOTUNE if at_once > 1 else None)
        try:
            for image, label in pairs.as_numpy_iterator():
                yield (image if image.size else UnreadableImage("it is broken")), int(label)
        except tf.errors.DataLossError as error:
            raise DamagedData(str(error)) from None
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
