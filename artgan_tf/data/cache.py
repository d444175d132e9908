"""A split's decoded images in memory, where they fit."""

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from artgan_tf.config import Data, InputError
from artgan_tf.data.source import Indexed, Split, Streamed, left_out, short_side
from tfrecords_tools.images import UnreadableImage

SAMPLE = 256  # images that tell how large the others will be
Example = tuple[np.ndarray, np.int32]  # uint8 [height, width, 3] and a label


def in_memory(split: Split, data: Data) -> Split:
    """The split with its decoded, resized images in memory, where that fits `data.cache_mb`.

    Where it does not, this is known of the result: whoever reads that does not try again.
    """
    budget = data.cache_mb * 2**20
    expected = round(split.count * 3 * short_side(data) ** 2 * 1.35)  # paintings are not square
    if isinstance(split, Cached) or not split.fits or expected > budget:
        return split
    room = min(budget, 4 * expected)
    if _likely_size(split, data) > 1.2 * room:
        return replace(split, fits=False)
    # Memory that is only taken once it is written to.
    pixels, end = np.empty(room, np.uint8), 0
    shapes, labels = [], []
    for image, label in _readable(split, data):
        if end + image.size > room:
            return replace(split, fits=False)
        pixels[end : end + image.size] = image.ravel()
        end += image.size
        shapes.append(image.shape)
        labels.append(label)
    return Cached(pixels[:end], shapes, labels)


class Cached(Indexed):
    """An `Indexed` whose images lie one after another in one flat uint8 array."""

    def __init__(self, pixels: np.ndarray, shapes: list[tuple[int, ...]], labels: list[int]):
        self.pixels, self.shapes = pixels, np.array(shapes, np.int64)
        self.ends = np.cumsum(self.shapes.prod(1))
        super().__init__(np.array(labels, np.int32), self.image)

    def image(self, index: int) -> np.ndarray:
        """The image, not copied."""
        shape, end = self.shapes[index], self.ends[index]
        return self.pixels[end - shape.prod() : end].reshape(shape)

    def cut(self, indices: np.ndarray, size: int, draws: np.ndarray | None = None) -> np.ndarray:
        """Crops of many images: uint8 [N, size, size, 3].

        A slice takes NumPy two microseconds, and TensorFlow's operations, one picture after
        another, some seventy.

        Args:
            indices: [N].
            size: pixels.
            draws: float32 [N, 2] in [0, 1), which choose the places; else they are central.
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


def _likely_size(split: Split, data: Data) -> float:
    """Bytes of all images, judged by some of them; 0 where it takes little to read them all."""
    count = split.count
    if count < 4 * SAMPLE:
        return 0.0
    if isinstance(split, Indexed):  # from all over it: neighbours are of one class
        chosen = np.linspace(0, count - 1, SAMPLE).astype(int)
        load = split.load
        split = replace(split, labels=split.labels[chosen], load=lambda i: load(int(chosen[i])))
    found = (image for image, _ in islice(_read(split, data), SAMPLE))
    sizes = [image.size for image in found if not isinstance(image, UnreadableImage)]
    return count * float(np.mean(sizes or [0]))


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
        warnings.warn(f"{left_out(len(bad), 'images')}, e.g. {bad[0]}.", stacklevel=2)


def first_readable(split: Split, data: Data) -> Example:
    """The first example that can be read: a split that has none is refused before it is used."""
    for image, label in _read(split, data, at_once=1):
        if not isinstance(image, UnreadableImage):
            return image, np.int32(label)
    raise InputError(f"None of the {split.count} images could be read: check the files.")


def _read(split: Split, data: Data, at_once: int = 256) -> Iterator[tuple[Any, int]]:
    """Every example in order, an `UnreadableImage` in place of one that cannot be read."""
    if isinstance(split, Streamed):
        yield from _stream(split, at_once > 1)
        return
    with ThreadPoolExecutor(split.threads) as pool:
        for start in range(0, split.count, at_once):
            indices = range(start, min(start + at_once, split.count))
            labels = split.labels[start : start + at_once].tolist()
            yield from zip(pool.map(_try(split.load), indices), labels, strict=True)


def _stream(split: Streamed, parallel: bool) -> Iterator[tuple[Any, int]]:
    import tensorflow as tf  # is there, where a split is streamed

    from artgan_tf.data.failures import Reading

    pairs = split.records(None).map(split.decode, tf.data.AUTOTUNE if parallel else None)
    for image, label in Reading(pairs.as_numpy_iterator(), split):
        yield (image if image.size else UnreadableImage("it is broken")), int(label)


def _try(load: Callable[[Any], np.ndarray]) -> Callable[[Any], np.ndarray | UnreadableImage]:
    def attempt(key: Any) -> np.ndarray | UnreadableImage:
        try:
            return load(key)
        except UnreadableImage as error:
            return error

    return attempt
