"""Labelled images to convert, from any source, and their division into splits."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfrecords_tools.classes import check_names, check_trained
from tfrecords_tools.common.errors import InputError

UNDIVIDED = "all"  # the split of examples that are not divided yet
HELD_OUT = ("val", "test")


class Example(NamedTuple):
    """A labelled image; `key` is its path below the source, with `/` on every system."""

    split: str
    key: str
    label: int


@dataclass(frozen=True)
class Collection:
    """Examples, in any order, and their classes."""

    class_names: tuple[str, ...]  # a label is an index into them
    examples: list[Example]
    read: Callable[[str], Path | np.ndarray]  # key -> source of `open_image`; workers get a copy
    listing: Any = None  # `lists.Listing`, for a source with lists
    hashes: dict[str, str] = field(default_factory=dict)  # SHA-256 of each file of labels, by name

    @property
    def divided(self) -> bool:
        """Whether the source already has a held-out split."""
        return any(example.split in HELD_OUT for example in self.examples)

    def check(self, source: object) -> None:
        """Raise InputError if the classes are invalid; the message names `source`."""
        held_out = {example.label for example in self.examples if example.split in HELD_OUT}
        trained = {example.label for example in self.examples if example.split not in HELD_OUT}
        check_names(self.class_names, source)
        check_trained(self.class_names, trained, held_out, source)


def order(key: str, seed: int = 0) -> tuple[str, str]:
    """Return a pseudo-random sort key that is the same on every machine and file system."""
    text = f"{seed}:{key}".encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest(), key


def hold_out(examples: Iterable[Example], fraction: float, seed: int) -> list[Example]:
    """Divide examples into `train` and `val`, class by class, by a hash of seed and key.

    `fraction`, from 0 to 1, is the part of each class to hold out, rounded; one image always
    stays, and a small class may hold out none.

    Raises:
        InputError: the classes are too small to hold out any image.
    """
    by_label: defaultdict[int, list[Example]] = defaultdict(list)
    for example in examples:
        by_label[example.label].append(example)
    divided, held = [], 0
    for members in by_label.values():
        members.sort(key=lambda example: order(example.key, seed))
        count = min(round(len(members) * fraction), len(members) - 1)
        divided += [example._replace(split="val") for example in members[:count]]
        divided += [example._replace(split="train") for example in members[count:]]
        held += count
    if not held and fraction:
        largest = max(map(len, by_label.values()), default=0)
        raise InputError(
            f"{len(divided)} images in classes of at most {largest} are too few to hold out "
            f"{fraction:.0%}: add images or raise the fraction (convert --val-fraction, fit --set "
            f"data.val_fraction)."
        )
    return divided
