"""Assigns images to shards; the result depends only on the source and the options."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import PIL

from tfrecords_tools import FORMAT
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.examples import Collection, Example, hold_out, order
from tfrecords_tools.lists import parse_lists
from tfrecords_tools.options import LASTING, Options

IMAGES_PER_SHARD, BYTES_PER_SHARD, MAX_SHARDS = 512, 128 * 2**20, 1024
BYTES_PER_PIXEL = {"jpeg": 0.6, "png": 2.2, "raw": 3.0}
USUAL_ASPECT = 1.35
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Shard:
    """A file and the images to write into it, in order."""

    file: str
    split: str
    examples: list[Example]


@dataclass(frozen=True)
class Plan:
    """The shards to write, of all splits."""

    name: str  # of the data set
    shards: list[Shard]
    identity: dict[str, Any]  # all that the bytes depend on; different identities never mix

    @property
    def count(self) -> int:
        """Number of images in all shards."""
        return sum(len(shard.examples) for shard in self.shards)


def make_plan(collection: Collection, options: Options) -> Plan:
    """Divide images into splits, order them by a hash of their keys, and cut them into shards.

    The shards of a split differ by at most one image.

    Raises:
        InputError: the source has no images or does not allow the division, or --out cannot name a
            data set.
    """
    name = _name(options.out)
    by_split: defaultdict[str, list[Example]] = defaultdict(list)
    for example in _divided(collection, options):
        by_split[example.split].append(example)
    shards: list[Shard] = []
    for split in filter(by_split.get, SPLITS):
        examples = sorted(by_split[split], key=lambda example: order(example.key))
        shards += _cut(name, split, examples[: options.limit], options)
    if not shards:
        raise InputError(f"{options.source} holds no image to convert.")
    return Plan(name, shards, _identity(collection, options, shards))


def _name(out: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", out.resolve().name.lower()).strip("_")
    if not name:
        raise InputError(f"--out {out} names the data set: give it a name with letters or digits.")
    return name


def _divided(collection: Collection, options: Options) -> Iterable[Example]:
    if collection.divided:
        if options.val_fraction is not None:
            raise InputError(
                f"--val-fraction {options.val_fraction}: {options.source} already has held-out "
                f"images, so remove the option."
            )
        return collection.examples
    fraction = 0.1 if options.val_fraction is None else options.val_fraction
    return hold_out(collection.examples, fraction, options.seed)


def _cut(name: str, split: str, examples: list[Example], options: Options) -> list[Shard]:
    count = _auto(len(examples), options) if options.shards == "auto" else options.shards
    count = min(count, len(examples))
    ends = [len(examples) * index // count for index in range(count + 1)]
    return [
        Shard(f"{name}-{split}.tfrecord-{index:05d}-of-{count:05d}", split, examples[start:end])
        for index, (start, end) in enumerate(pairwise(ends))
    ]


def _auto(images: int, options: Options) -> int:
    pixels = options.size**2 * (1 if options.crop == "center" else USUAL_ASPECT)
    size = images * pixels * BYTES_PER_PIXEL[options.encoding]
    return min(max(ceil(images / IMAGES_PER_SHARD), ceil(size / BYTES_PER_SHARD)), MAX_SHARDS)


def _identity(collection: Collection, options: Options, shards: list[Shard]) -> dict[str, Any]:
    digest = hashlib.sha256("\0".join(collection.class_names).encode("utf-8", "surrogateescape"))
    for shard in shards:
        for example in shard.examples:
            row = f"{shard.file}\0{example.key}\0{example.label}\n"
            digest.update(row.encode("utf-8", "surrogateescape"))
    return {
        "version": FORMAT,
        "pillow": PIL.__version__,
        "options": {key: _plain(getattr(options, key)) for key in LASTING},
        "lists": collection.hashes,
        "images": digest.hexdigest(),
    }


def _plain(value: Any) -> Any:
    """Convert a value for JSON; a path becomes its name, so that a folder may be moved."""
    if isinstance(value, Path):
        return value.name
    if isinstance(value, tuple):  # --labels
        return [f"{split}={path.name}" for split, path in parse_lists(value).items()]
    return value
