"""Writes one shard, in a worker process."""

import math
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from tfrecords_tools.common.files import replacing, write_json
from tfrecords_tools.examples import Example
from tfrecords_tools.images import UnreadableImage, open_image
from tfrecords_tools.metadata import encode, serializer
from tfrecords_tools.options import Options
from tfrecords_tools.plan import Shard
from tfrecords_tools.records import write_record

Read = Callable[[str], Path | np.ndarray]
Advance = Callable[[int, bool], None]  # bytes of an image's file, whether it was skipped


class Cancelled(Exception):
    """The conversion has been cancelled."""


class BadImage(Exception):
    """An image is unreadable and none is tolerated; its arguments are the key and the reason."""


@dataclass
class ShardReport:
    """What a shard contains, and which images were skipped."""

    file: str
    split: str
    records: int = 0
    bytes: int = 0  # size of the file
    labels: dict[str, int] = field(default_factory=dict)  # records of each label
    smallest: tuple[int, int] | None = None  # (width, height) of the stored image
    largest: tuple[int, int] | None = None  # with the fewest or the most pixels
    skipped: list[tuple[str, str]] = field(default_factory=list)  # key and reason

    @property
    def images(self) -> int:
        """Number of planned images, stored or skipped."""
        return self.records + len(self.skipped)


def write_shard(
    shard: Shard, folder: Path, notes: Path, read: Read, options: Options,
    class_names: tuple[str, ...], advance: Advance,
) -> ShardReport:  # fmt: skip
    """Write a shard into `folder` and then its report to `notes`, each of them atomically.

    `read` returns the path or the pixels of a key; `advance` is called after each image.

    Raises:
        BadImage: an image is unreadable and `on_error` is "stop".
        OSError: the disk is full or refuses to write.
    """
    report = ShardReport(shard.file, shard.split)
    serialize = serializer(options, class_names)
    labels: Counter[str] = Counter()

    with replacing(folder / shard.file) as part, part.open("wb") as file:
        for example in shard.examples:
            source = read(example.key)
            stored = _stored(example, source, options, report)
            if stored is not None:
                data = serialize(stored, example.label, example.key)
                report.bytes += write_record(file, data)
                labels[str(example.label)] += 1
            advance(_size(source), stored is None)
    report.labels, report.records = dict(sorted(labels.items())), labels.total()
    write_json(notes, asdict(report))
    return report


def store(
    source: Path | np.ndarray, options: Options
) -> tuple[bytes | np.ndarray, tuple[int, int]]:
    """Return an image encoded as the options say, and its size; raises UnreadableImage."""
    image = open_image(source, options.size, profiles=not options.ignore_profiles)
    image = _square(image) if options.crop == "center" else image
    return encode(image, options), image.size


def _stored(
    example: Example, source: Path | np.ndarray, options: Options, report: ShardReport
) -> bytes | np.ndarray | None:
    """Return an encoded image; if it is unreadable, add it to the report and return None."""
    try:
        stored, size = store(source, options)
    except (UnreadableImage, MemoryError) as error:
        reason = str(error) or "it does not fit into the memory"
        if options.on_error == "stop":
            raise BadImage(example.key, reason) from None
        report.skipped.append((example.key, reason))
        return None
    report.smallest = min(report.smallest or size, size, key=math.prod)
    report.largest = max(report.largest or size, size, key=math.prod)
    return stored


def _square(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def _size(source: Path | np.ndarray) -> int:
    with suppress(OSError):
        return source.stat().st_size if isinstance(source, Path) else source.nbytes
    return 0
