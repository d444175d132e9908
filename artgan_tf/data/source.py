"""What a `Source` is: class names and two splits.

A split either gives any example by its index (`Indexed`), or all of them in order (`Streamed`).
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
    """Examples at random access.

    Args:
        labels: int32 [N].
        load: index -> uint8 [height, width, 3] whose short side is `short_side(data)`; raises
            `UnreadableImage`.
        name: index -> what to call the example in a message.
        threads: that load at once, or None for as many as the machine likes.
        fits: False once it has turned out larger than the memory for it.
    """

    labels: np.ndarray
    load: Callable[[int], np.ndarray]
    name: Callable[[int], str] = "example {}".format
    threads: int | None = None
    fits: bool = True

    @property
    def count(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Streamed:
    """Examples one after another.

    Args:
        count: N.
        records: a `tf.data.Dataset` of encoded examples, for a seed (a tensor) that may choose
            between orders, or for None.
        decode: record -> (image, label) as tensors, uint8 [height, width, 3] whose short side is
            `short_side(data)`, or `BROKEN` for one that cannot be read, and int32.
        part: (i, n) -> the split of every n-th file, or else record, from the i-th on.
        decode_squares: the same for a batch of records, where all images are squares.
        name: index -> what to call the example in a message.
        buffer: how many records are mixed while they are encoded.
        identity: differs from that of a split with other records.
        damage: why an example could not be read -> a sentence that says where and what to do.
        fits: False once it has turned out larger than the memory for it.
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
BROKEN = np.zeros((0, 0, 3), np.uint8)  # what an image that cannot be read looks like in a pipeline


@dataclass(frozen=True)
class Source:
    """Named classes and the splits `train` and `val`.

    Attributes:
        spec, class_names, train, val: these.
        side: pixels of its pictures' short side as they are stored; 0 where that is not known.
    """

    spec: str
    class_names: tuple[str, ...]
    train: Split
    val: Split
    side: int = field(default=0, kw_only=True)


def streamed(
    dataset: Any,
    decode: Callable[[Any], Any],
    **about: Any,
) -> Streamed:
    """The split of a `tf.data.Dataset` of known size, whose examples come in its own order."""

    def part(index: int, count: int) -> Streamed:
        return streamed(dataset.shard(count, index), decode, **about)

    return Streamed(int(dataset.cardinality()), lambda seed: dataset, decode, part, **about)


def spread(split: Split, count: int) -> Split:
    """At most so many examples of a split, from all over it: neighbours are often of one class.

    Of a streamed one, whose records are mixed as they lie, the first.
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
    """`1 unreadable image is left out`, of images that are called so in the plural."""
    one = images.removesuffix("s")
    return f"{count} unreadable " + (f"{one} is" if count == 1 else f"{images} are") + " left out"


def short_side(data: Data) -> int:
    """Pixels of the short side before the crop: the crop is `data.crop` of it."""
    return round(data.image_size / data.crop)
