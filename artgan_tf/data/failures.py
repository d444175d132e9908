"""What TensorFlow says of data that it cannot read, in our words."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from artgan_tf.data.source import DamagedData, Split, Streamed

OUTSIDE = re.compile(r"indices(?:\[\d+\])? = (-?\d+) is not in \[0, (\d+)\)")  # of `checked_labels`
UNREADABLE = (
    tf.errors.DataLossError,
    tf.errors.InvalidArgumentError,
    tf.errors.NotFoundError,
    UnicodeDecodeError,  # of TensorFlow's own message, where it quotes a record's bytes
)


@dataclass(frozen=True)
class Reading:
    """Batches of a split, to be iterated as often as the pipeline that gives them.

    Iterating raises DamagedData at an example that cannot be read.
    """

    batches: Iterable[Any]
    split: Split

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self.batches
        except UNREADABLE as error:
            if not isinstance(self.split, Streamed):
                raise
            raise DamagedData(self.split.damage(_reason(str(error)))) from None


def checked_labels(labels: tf.Tensor, classes: int) -> tf.Tensor:
    """Labels as int32, in a pipeline that fails at one that is no class; see `Reading`."""
    # Unlike an assertion this is an operation without effects, which a pipeline may reorder.
    return tf.gather(tf.range(classes), labels)


def _reason(message: str) -> str:
    if not (found := OUTSIDE.search(message)):
        return f"an example cannot be read ({message.strip().splitlines()[0]})"
    label, classes = map(int, found.groups())
    return f"it has an image of label {label}, but its {classes} classes are 0 to {classes - 1}"
