"""Turns TensorFlow's errors about unreadable data into `DamagedData`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from artgan_tf.data.source import DamagedData, Split, Streamed
from tfrecords_tools.common.errors import first_line

OUTSIDE = re.compile(r"indices(?:\[\d+\])? = (-?\d+) is not in \[0, (\d+)\)")  # `checked_labels`
UNREADABLE = (
    tf.errors.DataLossError,
    tf.errors.InvalidArgumentError,
    tf.errors.NotFoundError,
    UnicodeDecodeError,  # if TensorFlow's message quotes a record's bytes
)


@dataclass(frozen=True)
class Reading:
    """A pipeline's batches; raises DamagedData at an unreadable example of a `Streamed` split."""

    batches: Iterable[Any]
    split: Split

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self.batches
        except UNREADABLE as error:
            if not isinstance(self.split, Streamed):
                raise
            raise DamagedData(self.split.damage(_reason(error))) from None


def checked_labels(labels: tf.Tensor, classes: int) -> tf.Tensor:
    """Labels as int32; a label outside 0 to `classes` - 1 fails the pipeline (see `Reading`)."""
    # Unlike an assertion, this op has no side effects, so the pipeline may still be reordered.
    return tf.gather(tf.range(classes), labels)


def _reason(error: Exception) -> str:
    if not (found := OUTSIDE.search(str(error))):
        return f"an example cannot be read ({first_line(error)})"
    label, classes = map(int, found.groups())
    return f"it has an image with label {label}, but its {classes} classes are 0 to {classes - 1}"
