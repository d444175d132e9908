"""Batches of (uint8 images [N, S, S, 3], int32 labels [N]) from a `Split`, with NumPy alone.

They have the guarantees of `pipeline`, but NumPy's random numbers, so they differ from its batches.
"""

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice

import numpy as np

from artgan_tf.config import Data, InputError
from artgan_tf.data import cache
from artgan_tf.data.cache import first_readable
from artgan_tf.data.source import Indexed, Split, Streamed
from tfrecords_tools.images import UnreadableImage

CROPS, EXAMPLES, TURNS, MEMBERS = range(4)  # random streams; class c uses MEMBERS + c
THREADS = min(8, os.cpu_count() or 1)  # Pillow releases the GIL while it decodes and resizes

Batch = tuple[np.ndarray, np.ndarray]


def in_memory(split: Split, data: Data) -> Indexed:
    """The split, cached in memory as decoded, resized images if they fit `data.cache_mb`.

    Raises InputError for a streamed split that does not fit, which only TensorFlow reads.
    """
    split = cache.in_memory(split, data)
    if isinstance(split, Streamed):
        raise InputError(
            f"{data.spec} does not fit into data.cache_mb = {data.cache_mb}, and only TensorFlow "
            f"streams records: raise it, or train with KERAS_BACKEND=tensorflow."
        )
    return split


def training_batches(
    split: Indexed, data: Data, batch_size: int, seed: int, start: int = 0
) -> Iterator[Batch]:
    """Endless shuffled batches, randomly cropped and flipped, beginning with step `start`.

    Raises InputError if no image can be read.
    """
    first_readable(split)
    order = _balanced_order(split.labels, seed) if data.balanced else _order(split.count, seed)

    def batch(step: int) -> Batch:
        places = range(step * batch_size, (step + 1) * batch_size)
        corners = _generator(seed, CROPS, step).random((batch_size, 2))
        found = [_example(split, order(place)) for place in places]
        images = np.stack(
            [
                _crop(x, data.image_size, corner)
                for (x, _), corner in zip(found, corners, strict=True)
            ]
        )
        labels = np.array([label for _, label in found], np.int32)
        if data.flip:
            half = (batch_size + step % 2) // 2
            images[:half] = images[:half, :, ::-1]
        return images, labels

    return _prefetched(batch, start)


@dataclass(frozen=True)
class HeldOut:
    """Every example of a split once, in order and centre-cropped; the last batch may be smaller."""

    split: Indexed
    data: Data
    batch_size: int

    def __iter__(self) -> Iterator[Batch]:
        examples = self._readable()
        while batch := list(islice(examples, self.batch_size)):
            images, labels = zip(*batch, strict=True)
            yield np.stack(images), np.array(labels, np.int32)

    def _readable(self) -> Iterator[tuple[np.ndarray, int]]:
        for index in range(self.split.count):
            try:
                image = self.split.load(index)
            except UnreadableImage as error:
                warnings.warn(f"{self.split.name(index)} is skipped: {error}.", stacklevel=2)
            else:
                yield _crop(image, self.data.image_size), int(self.split.labels[index])


# ---- order -----------------------------------------------------------------------------------
def _order(size: int, seed: int, stream: int = EXAMPLES) -> Callable[[int], int]:
    """Position -> index: an endless sequence of seeded permutations, one per epoch."""

    @lru_cache(maxsize=2)  # a batch may span two epochs
    def permutation(epoch: int) -> np.ndarray:
        return _generator(seed, stream, epoch).permutation(size)

    return lambda place: int(permutation(place // size)[place % size])


def _balanced_order(labels: np.ndarray, seed: int) -> Callable[[int], int]:
    """Position -> index: each class once every K positions, its members in their own order."""
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    turns = _order(len(members), seed, TURNS)
    within = [_order(len(m), seed, MEMBERS + c) for c, m in enumerate(members)]

    def choose(place: int) -> int:
        c = turns(place)
        return int(members[c][within[c](place // len(members))])

    return choose


def _generator(seed: int, stream: int, number: int) -> np.random.Generator:
    return np.random.default_rng((seed, stream, number))


# ---- examples --------------------------------------------------------------------------------
def _example(split: Indexed, index: int) -> tuple[np.ndarray, int]:
    """The example at an index, or the next readable one if it cannot be read."""
    while True:
        try:
            return split.load(index), int(split.labels[index])
        except UnreadableImage as error:
            warnings.warn(f"{split.name(index)} is skipped: {error}.", stacklevel=2)
            index = (index + 1) % split.count


def _crop(image: np.ndarray, size: int, draws: np.ndarray | None = None) -> np.ndarray:
    """A square crop [size, size, 3]: central, or placed by two draws in [0, 1)."""
    room = np.array(image.shape[:2]) - size
    top, left = room // 2 if draws is None else (draws * (room + 1)).astype(int)
    return image[top : top + size, left : left + size]


def _prefetched(make: Callable[[int], Batch], start: int) -> Iterator[Batch]:
    """`make(step)` for each step from `start` on, prefetched by threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        coming = deque(pool.submit(make, start + i) for i in range(THREADS))
        for step in count(start + THREADS):
            batch = coming.popleft().result()
            coming.append(pool.submit(make, step))
            yield batch
