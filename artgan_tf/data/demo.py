"""`demo`: a `Source` of procedural paintings, without a download."""

import numpy as np

from artgan_tf.config import Data, InputError
from artgan_tf.data.demo_paintings import CLASS_NAMES, paint
from artgan_tf.data.source import Indexed, Source, short_side

TRAIN, VAL = 5_000, 1_000
SEED = 0


def open_demo(value: str, data: Data) -> Source:
    """Paintings 0 to 4,999 for training and the next 1,000 for validation."""
    if value:
        raise InputError(f"--data demo takes no value, not {value!r}.")
    return Source("demo", CLASS_NAMES, _split(0, TRAIN, data), _split(TRAIN, VAL, data))


def _split(start: int, count: int, data: Data) -> Indexed:
    size = short_side(data)
    labels = np.arange(start, start + count, dtype=np.int32) % len(CLASS_NAMES)
    # Painting holds the GIL, unlike Pillow's decoder, so more threads would not help.
    return Indexed(labels, lambda i: paint(SEED, start + i, size)[0], threads=1)
