"""The embedded demo data as a `Source`: procedural paintings, nothing to download."""

import numpy as np

from artgan_tf.config import Data, InputError
from artgan_tf.data.demo_paintings import CLASS_NAMES, paint
from artgan_tf.data.source import Indexed, Source, short_side

TRAIN, VAL = 5_000, 1_000
SEED = 0


def open_demo(value: str, data: Data) -> Source:
    """Paintings 0 to 4,999 to train on and the next 1,000 to validate."""
    if value:
        raise InputError(f"--data demo takes no value, not {value!r}.")
    return Source("demo", CLASS_NAMES, _split(0, TRAIN, data), _split(TRAIN, VAL, data))


def _split(start: int, count: int, data: Data) -> Indexed:
    size = short_side(data)
    labels = np.arange(start, start + count, dtype=np.int32) % len(CLASS_NAMES)
    # Unlike Pillow's decoder, painting holds Python's lock, for which threads would only fight.
    return Indexed(labels, lambda i: paint(SEED, start + i, size)[0], threads=1)
