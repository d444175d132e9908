"""Caches a split's decoded images in memory if they fit."""

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from artgan_tf.config import Data, InputError
from artgan_tf.data.source import Indexed, Split, Streamed, left_out, short_side, spread
from tfrecords_tools.images import UnreadableImage

SAMPLE = 256  # images from which the total size is estimated
Example = tuple[np.ndarray, np.int32]  # uint8 [height, width, 3] and a label


def in_memory(split: Split, data: Data) -> Split:
    """The split, cached in memory as decoded, resized images if they fit `data.cache_mb`.

    If they turn out not to fit, the returned split has `fits=False`, so later calls do not retry.
    Raises InputError if no image can be read.
    """
    budget = data.cache_mb * 2**20
    expected = round(split.count * 3 * short_side(data) ** 2 * 1.35)  # paintings are not square
    if isinstance(split, Cached) or not split.fits or expected > budget:
        return split
    room = min(budget, 64 * expected)  # even for panoramas
    if _estimated_size(split) > 1.2 * room:
        return replace(split, fits=False)
    # The system commits the pages of this array only once they are written.
    try:
        pixels, end = np.empty(room, np.uint8), 0
    except MemoryError:  # from systems that commit them at once
        return replace(split, fits=False)
    shapes, labels = [], []
    for image, label in _readable(split):
        if end + image.size > room:
            return replace(split, fits=False)
        pixels[end : end + image.size] = image.ravel()
        end += image.size
        shapes.append(image.shape)
        labels.append(label)
    return Cached(pixels[:end], shapes, labels)


class Cached(Indexed):
    """An `Indexed` of N images, back to back in one flat uint8 array, with their shapes."""

    def __init__(self, pixels: np.ndarray, shapes: list[tuple[int, ...]], labels: list[int]):
        self.pixels, self.shapes = pixels, np.array(shapes, np.int64)
        self.ends = np.cumsum(self.shapes.prod(1))
        super().__init__(np.array(labels, np.int32), self.image)

    def image(self, index: int) -> np.ndarray:
        """A view of the image: uint8 [height, width, 3]."""
        shape, end = self.shapes[index], self.ends[index]
        return self.pixels[end - shape.prod() : end].reshape(shape)

    def cut(self, indices: np.ndarray, size: int, draws: np.ndarray | None = None) -> np.ndarray:
        """Square crops of images at `indices`, uint8 [N, size, size, 3].

        `draws`, float32 [N, 2] in [0, 1), are the crops' relative positions, by default central.
        NumPy takes about 2 microseconds per image, a loop of TensorFlow operations about 70.
        """
        room = self.shapes[indices, :2] - size
        if draws is None:
            places = room // 2
        else:
            places = np.floor(draws * (room + 1).astype(np.float32)).astype(int)
        crops = np.empty((len(indices), size, size, 3), np.uint8)
        corners = zip(crops, indices.tolist(), places.tolist(), strict=True)
        for crop, index, (top, left) in corners:
            crop[:] = self.image(index)[top : top + size, left : left + size]
        return crops


def _estimated_size(split: Split) -> float:
    """Estimated bytes of all decoded images, from a sample; 0 for a split small enough to read."""
    count = split.count
    if count < 4 * SAMPLE:
        return 0.0
    found = (image for image, _ in islice(_read(spread(split, SAMPLE)), SAMPLE))
    sizes = [image.size for image in found if not isinstance(image, UnreadableImage)]
    return count * float(np.mean(sizes or [0]))


def _readable(split: Split) -> Iterator[tuple[np.ndarray, int]]:
    """All readable examples in order; warns of the others, or raises InputError if all fail."""
    bad = []
    for index, (image, label) in enumerate(_read(split)):
        if isinstance(image, UnreadableImage):
            bad.append(f"{split.name(index)} ({image})")
        else:
            yield image, label
    if len(bad) == split.count:
        raise InputError(f"None of the {split.count} images could be read, e.g. {bad[0]}.")
    if bad:
        warnings.warn(f"{left_out(len(bad), 'images')}, e.g. {bad[0]}.", stacklevel=2)


def first_readable(split: Split) -> Example:
    """The first readable example; raises InputError if there is none."""
    for image, label in _read(split, at_once=1):
        if not isinstance(image, UnreadableImage):
            return image, np.int32(label)
    raise InputError(f"None of the {split.count} images could be read: check the files.")


def _read(split: Split, at_once: int = 256) -> Iterator[tuple[Any, int]]:
    """Every example in order, with an `UnreadableImage` in place of each unreadable image."""
    if isinstance(split, Streamed):
        yield from _stream(split, at_once > 1)
        return
    with ThreadPoolExecutor(split.threads) as pool:
        for start in range(0, split.count, at_once):
            indices = range(start, min(start + at_once, split.count))
            labels = split.labels[start : start + at_once].tolist()
            load = partial(_attempt, split.load)
            yield from zip(pool.map(load, indices), labels, strict=True)


def _stream(split: Streamed, parallel: bool) -> Iterator[tuple[Any, int]]:
    import tensorflow as tf  # streamed splits come from TensorFlow

    from artgan_tf.data.failures import Reading

    pairs = split.records(None).map(split.decode, tf.data.AUTOTUNE if parallel else None)
    for image, label in Reading(pairs.as_numpy_iterator(), split):
        yield (image if image.size else UnreadableImage("it is damaged")), int(label)


def _attempt(load: Callable[[Any], np.ndarray], key: Any) -> np.ndarray | UnreadableImage:
    try:
        return load(key)
    except UnreadableImage as error:
        return error
