"""Splits of numbered images, and streams of their batches by TensorFlow and by NumPy.

Pixel (row, column) of example i is (i, row, column), so a batch shows which crops it contains.
"""

from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from artgan_tf.config import Data
from artgan_tf.data import batches, pipeline
from artgan_tf.data.decoding import decode_any
from artgan_tf.data.source import Indexed, Split, short_side, streamed
from tests.tfrecords_tools.odd_images import encoded
from tfrecords_tools.images import UnreadableImage

COUNT, BATCH = 23, 5
OF_TENSORFLOW = ["in memory", "uncached", "streamed", "streamed, in memory"]
KINDS = [*OF_TENSORFLOW, "NumPy, in memory", "NumPy, uncached"]
LABELS = np.arange(COUNT, dtype=np.int32) % 4


def settings(kind: str = "in memory", **changes: Any) -> Data:
    cache_mb = 8 if "in memory" in kind else 0
    return Data(**({"image_size": 8, "crop": 0.8, "cache_mb": cache_mb} | changes))


def picture(index: int, data: Data) -> np.ndarray:
    """Examples alternate between square, wide and tall."""
    side = short_side(data)
    height, width = [(side, side), (side, side + 6), (side + 3, side)][index % 3]
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    return np.stack([np.full_like(rows, index), rows, columns], axis=-1)


def split_of(kind: str, data: Data, labels: np.ndarray = LABELS, readable: Any = None) -> Split:
    """A split of all examples, of which only the `readable` ones can be read, by default all."""

    def sound(index: int) -> bool:
        return readable is None or index in readable

    def load(index: int) -> np.ndarray:
        if not sound(index):
            raise UnreadableImage("it fell into the river")
        return picture(index, data)

    if kind.startswith("streamed"):
        files = [
            encoded(Image.fromarray(load(i))) if sound(i) else b"a river"
            for i in range(len(labels))
        ]
        examples = tf.data.Dataset.from_tensor_slices({"image": files, "label": labels.astype(int)})
        return streamed(examples, decode_any("a stream", short_side(data), 40))
    split = Indexed(labels, load, "picture {}".format)
    return batches.in_memory(split, data) if kind.startswith("NumPy") else split


def stream(
    kind: str,
    steps: int,
    seed: int = 3,
    start: int = 0,
    labels: np.ndarray = LABELS,
    **changes: Any,
) -> list[Any]:
    """Training batches from a step on."""
    data = settings(kind, **changes)
    split: Any = split_of(kind, data, labels)
    if kind.startswith("NumPy"):
        return list(islice(batches.training_batches(split, data, BATCH, seed, start), steps))
    made = pipeline.training_batches(split, data, BATCH, seed, start)
    assert made.element_spec == element_spec(data, BATCH)
    return list(made.take(steps).as_numpy_iterator())


def held_out(kind: str, split: Any) -> Any:
    """An iterable of held-out batches."""
    if kind.startswith("NumPy"):
        return batches.HeldOut(split, settings(kind), BATCH)
    made = pipeline.held_out_batches(split, settings(kind), BATCH)
    assert made.element_spec == element_spec(settings(kind), None)
    return made.as_numpy_iterator()


def element_spec(data: Data, size: int | None) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    side = data.image_size
    return tf.TensorSpec((size, side, side, 3), tf.uint8), tf.TensorSpec((size,), tf.int32)


def indices(batches: list[Any]) -> list[int]:
    """The numbers of all images, stored in their first values."""
    return [int(i) for images, _ in batches for i in images[:, 0, 0, 0]]


def assert_same(batches: list[Any], others: list[Any]) -> None:
    """Whether two streams are equal bit for bit."""
    assert len(batches) == len(others)
    for batch, other in zip(batches, others, strict=True):
        for part, other_part in zip(batch, other, strict=True):
            np.testing.assert_array_equal(part, other_part)
