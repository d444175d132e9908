"""The images that metrics compare, stored on disk: a split of the data, and generated images."""

import hashlib
import shutil
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from artgan_tf.config import Data, RunError
from artgan_tf.data.source import Split, left_out
from artgan_tf.sampler import Sampler
from tfrecords_tools.common.files import NotWritten

BATCH = 96
ORDER_SEED = 0  # shuffles a split's images
SEEDS = 10**9  # latents reserved for each seed of an evaluation

Pixels = NDArray[np.uint8]


class OneImage(RunError):
    """G makes the same image for every input."""


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
        """Number of images."""
        return len(self.pixels)

    def first(self, count: int) -> "Images":
        """The first `count` images, or all if there are fewer."""
        return self if count >= self.count else Images(self.pixels[:count], self.labels[:count])

    def batches(self) -> Iterator[Pixels]:
        """The pixels, `BATCH` images at a time."""
        for start in range(0, self.count, BATCH):
            yield np.asarray(self.pixels[start : start + BATCH])

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of all pixels and labels, in hexadecimal."""
        digest = hashlib.sha256(str(self.pixels.shape).encode())
        for pixels in self.batches():
            digest.update(pixels.tobytes())
        digest.update(self.labels.astype("<i4").tobytes())
        return digest.hexdigest()


def real_images(split: Split, data: Data, file: Path, name: str) -> Images:
    """All readable images of a split, centre-cropped to `data.image_size`, in a fixed random order.

    The pixels are written to `file`; `name` is the label of the progress bar.
    """
    from artgan_tf.data.failures import Reading
    from artgan_tf.data.pipeline import held_out_batches

    places = np.random.default_rng(ORDER_SEED).permutation(split.count)
    pixels = on_disk(file, np.uint8, (split.count, data.image_size, data.image_size, 3))
    labels = np.full(split.count, -1, np.int32)
    done, data = 0, replace(data, cache_mb=0)  # read once, so caching would waste memory
    with _bar(split.count, name) as bar, warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* skipped")  # counted below instead of one by one
        batches = held_out_batches(split, data, BATCH).as_numpy_iterator()
        for batch, of_batch in Reading(batches, split):
            rows = places[done : done + len(batch)]
            pixels[rows], labels[rows] = batch, of_batch
            done += len(batch)
            bar.update(len(batch))
    found = np.flatnonzero(labels >= 0)
    if done < split.count:
        warnings.warn(f"{left_out(split.count - done, name)}.", stacklevel=2)
        for start in range(0, done, BATCH):
            rows = found[start : start + BATCH]  # each image moves forwards or stays
            pixels[start : start + len(rows)] = pixels[rows]
    return Images(pixels[:done], labels[found])


def generated_images(
    sampler: Sampler, labels: NDArray[np.int32], seed: int, file: Path, name: str
) -> Images:
    """Generate one image for each of N labels; image i uses the latent number `seed * 10^9 + i`.

    The pixels are written to `file`; `name` is the label of the progress bar.

    Raises:
        OneImage: G makes the same image for every input.
        RunError: its weights are not finite.
    """
    for weight in sampler.generator.weights:  # NaN would give black pixels
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise RunError(f"G's {weight.path} holds NaN or infinity: use another checkpoint.")
    count, first, size = len(labels), seed * SEEDS, sampler.gan.config.data.image_size
    pixels = on_disk(file, np.uint8, (count, size, size, 3))
    with _bar(count, name) as bar:
        for start in range(0, count, BATCH):
            part = pixels[start : start + BATCH]
            seeds = range(first + start, first + start + len(part))
            part[:] = sampler.generate(labels[start : start + BATCH].tolist(), seeds)
            bar.update(len(part))
    images = Images(pixels, labels)
    if count > 1 and all((pixels[0] == part).all() for part in images.batches()):
        raise OneImage(f"All {count} generated images are one and the same: G is broken.")
    return images


def proportional_labels(shares: Iterable[float], count: int) -> NDArray[np.int32]:
    """Labels in the data's proportions: each is the class that lags furthest behind its share.

    A shorter list is a prefix of a longer one. `shares` are frequencies in any unit.
    """
    wanted = np.array(list(shares), np.float64)
    wanted /= wanted.sum()
    given, labels = np.zeros(len(wanted)), np.empty(count, np.int32)
    for i in range(count):
        labels[i] = np.argmax(wanted * (i + 1) - given)
        given[labels[i]] += 1
    return labels


def on_disk(file: Path, dtype: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Memory map of zeros; NotWritten if the disk has no room for it.

    Writing to a map on a full disk would kill the process instead of raising an error.
    """
    needed = prod(shape) * np.dtype(dtype).itemsize
    if needed > (free := shutil.disk_usage(file.parent).free):
        raise NotWritten(
            f"{file.parent} has {free / 1e9:,.1f} GB free, and {file.name} needs "
            f"{needed / 1e9:,.1f}: use fewer images, or set TMPDIR to a roomier folder."
        )
    return np.lib.format.open_memmap(file, "w+", dtype, shape)


def _bar(total: int, name: str) -> tqdm:
    return tqdm(total=total, desc=name, unit="image", dynamic_ncols=True, leave=False)
