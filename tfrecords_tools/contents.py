"""Decodes and checks the records of a data set."""

import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from tfrecords_tools.dataset import DataSet
from tfrecords_tools.images import whole
from tfrecords_tools.metadata import parse
from tfrecords_tools.records import Record, read_records

PNG, IEND = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"  # first and last bytes of a PNG
Values = dict[str, list[Any]]
T = TypeVar("T")


class Examined(NamedTuple):
    """A checked record of a shard."""

    label: int | None  # None if the record is bad
    problem: str = ""  # which record it is and what is wrong with it; empty if nothing is


def examine(path: Path, dataset: DataSet, every: int = 1) -> Iterator[Examined]:
    """Check each record of a shard; decode one of every `every` images, or none if it is 0."""
    for number, record in enumerate(read_records(path), start=1):
        try:
            values = values_of(record)
            label = label_of(values, dataset)
            stored = _stored(values, dataset)
            if every and (number - 1) % every == 0:
                _picture(*stored, dataset)
            yield Examined(label)
        except ValueError as error:
            yield Examined(None, f"record {number} at byte {record.offset}: {error}")


def values_of(record: Record) -> Values:
    """Return the values of a record by name; raises ValueError if it is damaged."""
    if record.data is None:
        raise ValueError(record.problem)
    if not record.data:
        raise ValueError("it is empty")
    return parse(record.data)


def label_of(values: Values, dataset: DataSet) -> int:
    """Return the label of a record; raises ValueError if it is missing or not a class."""
    label, classes = _only(values, "label", int), len(dataset.class_names)
    if not 0 <= label < classes:
        raise ValueError(f"label {label} is not one of {classes} classes")
    return label


def image_of(values: Values, dataset: DataSet) -> Image.Image:
    """Return the image of a record; raises ValueError if it is missing or malformed."""
    return _picture(*_stored(values, dataset), dataset)


def decoded(content: bytes, dataset: DataSet) -> Image.Image:
    """Decode an image at its stored size; raises ValueError."""
    kinds = (dataset.encoding.upper(),) if dataset.encoding else None
    if kinds == ("PNG",) and content.startswith(PNG) and not content.endswith(IEND):
        raise ValueError("its image cannot be decoded: its end is missing")  # Pillow accepts that
    try:
        with Image.open(io.BytesIO(content), formats=kinds) as image:
            image.verify()  # the checksums of a PNG
        with Image.open(io.BytesIO(content), formats=kinds) as image:
            picture = whole(image)
    except UnidentifiedImageError:
        raise ValueError(f"its image is not in {kinds[0] if kinds else 'a known'} format") from None
    except Exception as error:  # Pillow's plugins can raise anything
        raise ValueError(f"its image cannot be decoded: {error}") from None
    _check_size(picture, dataset)
    return picture


# ---- parts -----------------------------------------------------------------------------------
def _only(values: Values, name: str, kind: type[T]) -> T:
    """Return the single value of a feature; raises ValueError."""
    if name not in values:
        raise ValueError(f"it has no {name}")
    if len(found := values[name]) != 1:
        raise ValueError(f"it has {len(found)} values of {name}, not one")
    if not isinstance(found[0], kind):
        raise ValueError(f"its {name} is of type {type(found[0]).__name__}, not {kind.__name__}")
    return found[0]


def _stored(values: Values, dataset: DataSet) -> tuple[bytes, tuple[int | None, ...]]:
    """Return the bytes of a record's image, and the shape that they should have."""
    # TFDS stores the shape in a second feature if it varies between images.
    apart = dataset.encoding == "raw" and None in dataset.shape
    content = _only(values, "image/value" if apart else "image", bytes)
    shape = tuple(values.get("image/shape", ())) if apart else dataset.shape
    if not content:
        raise ValueError("its image is empty")
    return content, shape


def _picture(content: bytes, shape: tuple[int | None, ...], dataset: DataSet) -> Image.Image:
    if dataset.encoding != "raw":
        return decoded(content, dataset)
    sides = [side for side in shape if isinstance(side, int) and side > 0]
    if len(sides) != 3 or sides[2] != 3 or len(shape) != 3 or len(content) != math.prod(sides):
        raise ValueError(f"its {len(content)} bytes do not fit pixels of shape {list(shape)}")
    picture = Image.fromarray(np.frombuffer(content, np.uint8).reshape(sides))
    _check_size(picture, dataset)
    return picture


def _check_size(picture: Image.Image, dataset: DataSet) -> None:
    found, short = f"it is {picture.width}x{picture.height}", dataset.options.get("size")
    if short and min(picture.size) != short:
        raise ValueError(f"{found}, but its short side should be {short}")
    if None not in dataset.shape and picture.size != dataset.shape[1::-1]:
        raise ValueError(f"{found}, not {dataset.shape[1]}x{dataset.shape[0]}")
