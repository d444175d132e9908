"""What TensorFlow says of data that it cannot read, in our words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from artgan_tf.config import InputError
from artgan_tf.data.source import DamagedData

OUTSIDE = re.compile(r"indices(?:\[\d+\])? = (-?\d+) is not in \[0, (\d+)\)")  # of `checked_labels`


def checked_labels(labels: tf.Tensor, classes: int) -> tf.Tensor:
    """Labels as int32, in a pipeline that fails at one that is no class; see `data_failures`."""
    # Unlike an assertion this is an operation without effects, which a pipeline may reorder.
    return tf.gather(tf.range(classes), labels)


@contextmanager
def data_failures() -> Iterator[None]:
    """Where batches are read: raises DamagedData, and InputError for a label that is no class."""
    try:
        yield
    except tf.errors.DataLossError as error:
        raise DamagedData(str(error)) from None
    except tf.errors.InvalidArgumentError as error:
        if not (found := OUTSIDE.search(str(error))):
            raise
        label, classes = found.groups()
        raise InputError(
            f"The data has an image of label {label}, but its {classes} classes are 0 to "
            f"{int(classes) - 1}: leave images without a class out."
        ) from None
