"""TFRecord examples: the verdict on a record must match what the reader does with it."""

import io
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from experiments.faults.fuzz.fuzzing import instrumented, run

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with instrumented("tfrecords_tools", "artgan_tf.data", "PIL"):
    import tensorflow as tf
    from PIL import Image

    from artgan_tf.data.decoding import decode_shards
    from artgan_tf.data.failures import UNREADABLE
    from tfrecords_tools.contents import image_of, label_of, values_of
    from tfrecords_tools.dataset import DataSet
    from tfrecords_tools.records import Record

SIDE = 8
Kind = tuple[str, tuple[int | None, ...]]  # encoding and shape
KINDS: tuple[Kind, ...] = (
    ("png", (None, None, 3)),
    ("jpeg", (SIDE, SIDE, 3)),
    ("raw", (SIDE, SIDE, 3)),
    ("raw", (None, None, 3)),
    ("", (None, None, 3)),
)


def one(data: bytes) -> None:
    """Raise if a record that is reported sound cannot be read, or is read wrongly."""
    kind = KINDS[data[0] % len(KINDS)] if data else KINDS[0]
    check(data[1:], kind)


def check(record: bytes, kind: Kind) -> str:
    """What is wrong with a record; empty if nothing is. Raises if the reader disagrees."""
    dataset, decode = dataset_of(kind), decoder(kind)
    try:
        values = values_of(Record(0, record))
        label, picture = label_of(values, dataset), image_of(values, dataset)
    except ValueError as error:
        return str(error)
    try:
        image, found = decode(tf.constant(record))
    except UNREADABLE:
        # If a PNG claims more rows than it has, Pillow makes the missing ones black.
        assert kind[0] == "png", record
        return "TensorFlow does not read it"
    assert int(found) == label, record
    assert min(image.shape[:2]) == SIDE, image.shape
    assert picture.size == (image.shape[1], image.shape[0]) or not kind[0], picture
    return ""


def readable(record: bytes, kind: Kind) -> bool:
    """Whether the reader decodes an image and a label from the record."""
    try:
        decoder(kind)(tf.constant(record))
    except UNREADABLE:
        return False
    return True


@cache
def dataset_of(kind: Kind) -> DataSet:
    """A data set with two classes and no files."""
    encoding, shape = kind
    options = {"size": SIDE} if encoding else {}
    return DataSet(Path(), ("a", "b"), {}, shape, encoding, options, "", {})


@cache
def decoder(kind: Kind) -> Any:
    """The reader of single records."""
    signature = [tf.TensorSpec((), tf.string)]
    return tf.function(decode_shards(dataset_of(kind), SIDE), signature, autograph=False)


def example(kind: Kind, label: int = 1) -> bytes:
    """A sound record."""
    encoding, shape = kind
    pixels = np.arange(SIDE * SIDE * 3, dtype=np.uint8).reshape(SIDE, SIDE, 3)
    made = tf.train.Example()
    feature = made.features.feature
    feature["label"].int64_list.value[:] = [label]
    if encoding == "raw" and None in shape:
        feature["image/shape"].int64_list.value[:] = pixels.shape
    name = "image/value" if "image/shape" in feature else "image"
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, encoding if encoding not in ("", "raw") else "png")
    content = pixels.tobytes() if encoding == "raw" else file.getvalue()
    feature[name].bytes_list.value[:] = [content]
    return made.SerializeToString()


def seeds() -> Iterator[bytes]:
    """A sound record of each kind."""
    for number, kind in enumerate(KINDS):
        yield bytes([number]) + example(kind)


if __name__ == "__main__":
    run("examples", one, seeds(), 1500)
