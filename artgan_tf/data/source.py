"""`Source`: class names and two splits, the common interface to all kinds of data.
A split either loads any example by its index (`Indexed`) or streams all in order (`Streamed`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from artgan_tf.config import Data, RunError


class DamagedData(RunError):
    """An example of the data cannot be read."""


@dataclass(frozen=True)
class Indexed:
    """A split with random access.

    `load` gives example i as uint8 [height, width, 3] whose short side is `short_side(data)`, or
    raises `UnreadableImage`; `name` names it in messages, and `key`, if given, regardless of where
    the data is. `threads` load in parallel (None: the executor's default). `fits` is False once the
    images are known not to fit in the cache.
    """

    labels: np.ndarray  # int32 [N]
    load: Callable[[int], np.ndarray]
    name: Callable[[int], str] = "example {}".format
    threads: int | None = None
    fits: bool = True
    key: Callable[[int], str] | None = None

    @property
    def count(self) -> int:
        """Number of examples."""
        return len(self.labels)


@dataclass(frozen=True)
class Streamed:
    """A split with sequential access.

    Args:
        count: number of examples N.
        records: seed (a tensor or None) -> `tf.data.Dataset` of encoded examples, in any order.
        decode: record -> tensors (image, label): uint8 [height, width, 3] whose short side is
            `short_side(data)`, or `BROKEN` if it cannot be read, and int32.
        part: (i, n) -> the split of every n-th file (or record) from the i-th on.
        decode_squares: like `decode` for a batch of records, if all images are square.
        buffer: size of the shuffle buffer, in encoded records.
        identity: a string that differs between splits with different records.
        damage: why an example could not be read -> error sentence with the place and the remedy.
    """

    count: int
    records: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    part: Callable[[int, int], "Streamed"]
    decode_squares: Callable[[Any], Any] | None = None
    name: Callable[[int], str] = "example {}".format
    buffer: int = 10_000
    identity: str = ""
    damage: Callable[[str], str] = "The data is damaged: {}.".format
    fits: bool = True


Split = Indexed | Streamed
BROKEN = np.zeros((0, 0, 3), np.uint8)  # stands for an unreadable image in a pipeline


@dataclass(frozen=True)
class Source:
    """A labelled data set: its SPEC, K class names in label order, two splits.

    `side` is the short side of the stored pictures in pixels, 0 if unknown.
    """

    spec: str
    class_names: tuple[str, ...]
    train: Split
    val: Split
    side: int = field(default=0, kw_only=True)


def streamed(dataset: Any, decode: Callable[[Any], Any], **about: Any) -> Streamed:
    """A `Streamed` split of a `tf.data.Dataset` of known size, in the data set's own order."""

    def part(index: int, count: int) -> Streamed:
        return streamed(dataset.shard(count, index), decode, **about)

    return Streamed(int(dataset.cardinality()), lambda seed: dataset, decode, part, **about)


def spread(split: Split, count: int) -> Split:
    """At most `count` examples of a split, evenly spaced, as neighbours often share a class.

    A `Streamed` split gives its first ones, as its records are stored in shuffled order.
    """
    if split.count <= count:
        return split
    if isinstance(split, Streamed):
        records = split.records
        return replace(split, count=count, records=lambda seed: records(seed).take(count))
    chosen = np.linspace(0, split.count - 1, count).astype(int)
    load, name = split.load, split.name
    return Indexed(
        split.labels[chosen],
        lambda index: load(int(chosen[index])),
        lambda index: name(int(chosen[index])),
        split.threads,
    )


def left_out(count: int, images: str) -> str:
    """Part of a warning, such as `1 unreadable image is skipped`; `images` is a plural."""
    one = images.removesuffix("s")
    return f"{count} unreadable " + (f"{one} is" if count == 1 else f"{images} are") + " skipped"


def short_side(data: Data) -> int:
    """Length of the image's short side, in pixels, before cropping a `data.crop` fraction of it."""
    return round(data.image_size / data.crop)
