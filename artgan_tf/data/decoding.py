"""Decodes the examples of TFRecords and TFDS to images whose short side is as training needs it.

The images of a folder are decoded by `tfrecords_tools.images`.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from artgan_tf.data.failures import checked_labels
from artgan_tf.data.source import BROKEN
from tfrecords_tools.contents import decoded
from tfrecords_tools.dataset import DataSet
from tfrecords_tools.images import UnreadableImage, fit, read_image

Pair = tuple[tf.Tensor, tf.Tensor]  # image and label, or a batch of each
Decode = Callable[[Any], Pair]

LABEL = {"label": tf.io.FixedLenFeature([], tf.int64)}
ENCODED = LABEL | {"image": tf.io.FixedLenFeature([], tf.string)}
SIZED = LABEL | {  # TFDS's format for raw pixels of images that differ in size
    "image/shape": tf.io.FixedLenFeature([3], tf.int64),
    "image/value": tf.io.FixedLenFeature([], tf.string),
}


def decode_any(spec: str, side: int, classes: int) -> Decode:
    """A decoder to `side` pixels for examples with `image` (in any format) and `label`.

    It replaces an unreadable image by `BROKEN`, with a warning that names `spec`; a label outside
    0 to `classes` - 1 is an error (see `Reading`).
    """

    def read(encoded: bytes) -> np.ndarray:
        try:
            return read_image(encoded, side)
        except UnreadableImage as error:
            warnings.warn(f"An image of {spec} is skipped: {error}.", stacklevel=2)
            return BROKEN

    return _by_pillow(read, classes)


def decode_shards(dataset: DataSet, side: int) -> Decode:
    """A decoder for serialized records of TFRecord shards, to a short side of `side` pixels."""
    classes = len(dataset.class_names)
    if not dataset.encoding:
        pillow = _by_pillow(lambda encoded: _read_any_format(encoded, dataset, side), classes)
        return lambda record: pillow(tf.io.parse_single_example(record, ENCODED))
    stored = _sized if dataset.encoding == "raw" and None in dataset.shape else _encoded(dataset)

    def decode(record: tf.Tensor) -> Pair:
        image, label = stored(record)
        image = image if dataset.options.get("size") == side else _resized(image, side)
        return image, checked_labels(label, classes)

    return decode


def decode_squares(dataset: DataSet, side: int) -> Decode | None:
    """A decoder for a batch of records [N], or None unless they store raw squares of this side."""
    if dataset.encoding != "raw" or dataset.shape != (side, side, 3):
        return None

    def decode(records: tf.Tensor) -> Pair:
        found = tf.io.parse_example(records, ENCODED)
        pixels = tf.io.decode_raw(found["image"], tf.uint8)
        labels = checked_labels(found["label"], len(dataset.class_names))
        return tf.reshape(pixels, (-1, side, side, 3)), labels

    return decode


def _by_pillow(read: Callable[[bytes], np.ndarray], classes: int) -> Decode:
    def decode(example: Any) -> Pair:
        return _as_image(read, example["image"]), checked_labels(example["label"], classes)

    return decode


def _read_any_format(encoded: bytes, dataset: DataSet, side: int) -> np.ndarray:
    """Decode any image format; JPEGs are decoded at reduced scale if the images differ in size."""
    if None in dataset.shape:
        return read_image(encoded, side)
    return np.asarray(fit(decoded(encoded, dataset), side))


def _sized(record: tf.Tensor) -> Pair:
    found = tf.io.parse_single_example(record, SIZED)
    flat = tf.io.decode_raw(found["image/value"], tf.uint8)
    image = tf.reshape(flat, found["image/shape"])
    return tf.ensure_shape(image, (None, None, 3)), found["label"]


def _encoded(dataset: DataSet) -> Decode:
    decoders = {
        "raw": lambda image: tf.reshape(tf.io.decode_raw(image, tf.uint8), dataset.shape),
        "png": lambda image: tf.io.decode_png(image, channels=3),
        # Pillow's method; TensorFlow's default is faster but less accurate.
        "jpeg": lambda image: tf.io.decode_jpeg(image, channels=3, dct_method="INTEGER_ACCURATE"),
    }

    def decode(record: tf.Tensor) -> Pair:
        found = tf.io.parse_single_example(record, ENCODED)
        image = decoders[dataset.encoding](found["image"])
        return tf.ensure_shape(image, dataset.shape), found["label"]

    return decode


def _resized(image: tf.Tensor, side: int) -> tf.Tensor:
    """Resize a uint8 image [height, width, 3] to a short side, as `tfrecords_tools.images` does."""
    return _as_image(lambda pixels: np.asarray(fit(Image.fromarray(pixels), side)), image)


def _as_image(function: Callable[..., np.ndarray], *inputs: tf.Tensor) -> tf.Tensor:
    """Apply a NumPy function that returns uint8 [height, width, 3] inside a graph."""
    return tf.ensure_shape(tf.numpy_function(function, inputs, tf.uint8), (None, None, 3))
