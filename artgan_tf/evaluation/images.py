"""The images that metrics compare, on disk: those of a data set's split, and generated ones."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from artgan_tf.config import Data, RunError
from artgan_tf.data.source import Split
from artgan_tf.painter import Painter

BATCH = 100
ORDER_SEED = 0  # of the order in which a split's images are taken
SEEDS = 10**9  # seeds that one seed of an evaluation stands for

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Images:
    """N images and their labels.

    Attributes:
        pixels: uint8 [N, S, S, 3]; a memory map, so that N may be large.
        labels: int32 [N].
    """

    pixels: Pixels
    labels: NDArray[np.int32]

    @property
    def count(self) -> int:
        return len(self.pixels)

    def first(self, count: int) -> "Images":
        """The first of them, or all where there are fewer."""
        return self if count >= self.count else Images(self.pixels[:count], self.labels[:count])

    @cached_property
    def sha256(self) -> str:
        """Of all pixels and labels, in hexadecimal."""
        digest = hashlib.sha256(str(self.pixels.shape).encode())
        for start in range(0, self.count, BATCH):
            digest.update(self.pixels[start : start + BATCH].tobytes())
        digest.update(self.labels.astype("<i4").tobytes())
        return digest.hexdigest()


def real_images(split: Split, data: Data, file: Path, name: str) -> Images:
    """All images of a split that can be read, centre-cropped, in a random order that is always so.

    Args:
        split: of a source.
        data: which size they are cut to.
        file: an .npy that they are written to.
        name: stands before the progress bar.
    """
    from artgan_tf.data.pipeline import held_out_batches

    places = np.random.default_rng(ORDER_SEED).permutation(split.count)
    pixels, labels = _empty(file, split.count, data.image_size), np.full(split.count, -1, np.int32)
    done = 0
    with _bar(split.count, name) as bar:
        for batch, of_batch in held_out_batches(split, data, BATCH).as_numpy_iterator():
            rows = places[done : done + len(batch)]
            pixels[rows], labels[rows] = batch, of_batch
            done += len(batch)
            bar.update(len(batch))
    if done == split.count:
        return Images(pixels, labels)
    found = np.flatnonzero(labels >= 0)  # the others could not be read
    return Images(pixels[found], labels[found])


def generated_images(
    painter: Painter, labels: NDArray[np.int32], seed: int, file: Path, name: str
) -> Images:
    """One painting for each label; image i is made of the latent number `seed * 10^9 + i`.

    Args:
        painter: of the model.
        labels: [N].
        seed: of the whole set.
        file: an .npy that they are written to.
        name: stands before the progress bar.
    """
    count, first = len(labels), seed * SEEDS
    pixels = _empty(file, count, painter.gan.config.data.image_size)
    with _bar(count, name) as bar:
        for start in range(0, count, BATCH):
            of_batch = [int(label) for label in labels[start : start + BATCH]]
            seeds = range(first + start, first + start + len(of_batch))
            pixels[start : start + BATCH] = painter.generate(of_batch, seeds)
            bar.update(len(of_batch))
    if pixels.size and (pixels[0] == pixels).all():
        raise RunError(f"All {count} generated images are one and the same: G is broken.")
    return Images(pixels, labels)


def proportional_labels(shares: Iterable[float], count: int) -> NDArray[np.int32]:
    """Labels as frequent as the data's: each one is the class that lags furthest behind its share.

    The labels of fewer images are the first of these.

    Args:
        shares: how frequent each class is, in any unit.
        count: labels wanted.
    """
    wanted = np.array(list(shares), np.float64)
    wanted /= wanted.sum()
    given, labels = np.zeros(len(wanted)), np.empty(count, np.int32)
    for i in range(count):
        labels[i] = np.argmax(wanted * (i + 1) - given)
        given[labels[i]] += 1
    return labels


def _empty(file: Path, count: int, size: int) -> Pixels:
    return np.lib.format.open_memmap(file, "w+", np.uint8, (count, size, size, 3))


def _bar(total: int, name: str) -> tqdm:
    return tqdm(total=total, desc=name, unit="image", dynamic_ncols=True, leave=False)
