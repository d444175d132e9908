"""From an encoded example to an image with the short side that training asks for."""

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
SIZED = LABEL | {  # how TFDS stores pixels whose height and width differ from image to image
    "image/shape": tf.io.FixedLenFeature([3], tf.int64),
    "image/value": tf.io.FixedLenFeature([], tf.string),
}


def decode_any(spec: str, side: int, classes: int) -> Decode:
    """For examples of `image` (in whatever format) and `label`; `BROKEN` where one is unreadable.

    Args:
        spec: what to call the data in a warning.
        side: pixels of the short side.
        classes: K; another label than 0 to K - 1 is an error (see `Reading`).
    """

    def read(encoded: bytes) -> np.ndarray:
        try:
            return read_image(encoded, side)
        except UnreadableImage as error:
            warnings.warn(f"An image of {spec} is left out: {error}.", stacklevel=2)
            return BROKEN

    return _by_pillow(read, classes)


def decode_shards(dataset: DataSet, side: int) -> Decode:
    """For the records of a data set of shards.

    Args:
        dataset: what is known of them.
        side: pixels of the short side.
    """
    classes = len(dataset.class_names)
    if not dataset.encoding:
        pillow = _by_pillow(lambda encoded: _of_any_kind(encoded, dataset, side), classes)
        return lambda record: pillow(tf.io.parse_single_example(record, ENCODED))
    stored = _sized if dataset.encoding == "raw" and None in dataset.shape else _encoded(dataset)

    def decode(record: tf.Tensor) -> Pair:
        image, label = stored(record)
        image = image if dataset.options.get("size") == side else _resized(image, side)
        return image, checked_labels(label, classes)

    return decode


def decode_squares(dataset: DataSet, side: int) -> Decode | None:
    """For a batch of records at once, where they hold pixels of squares that fit; else None."""
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


def _of_any_kind(encoded: bytes, dataset: DataSet, side: int) -> np.ndarray:
    """Of images that differ in size, a large JPEG is decoded at a smaller scale."""
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
        # As Pillow does it; TensorFlow's default is faster and rougher.
        "jpeg": lambda image: tf.io.decode_jpeg(image, channels=3, dct_method="INTEGER_ACCURATE"),
    }

    def decode(record: tf.Tensor) -> Pair:
        found = tf.io.parse_single_example(record, ENCODED)
        image = decoders[dataset.encoding](found["image"])
        return tf.ensure_shape(image, dataset.shape), found["label"]

    return decode


def _resized(image: tf.Tensor, side: int) -> tf.Tensor:
    """A uint8 image with another short side, as `tfrecords_tools.images` resizes."""
    return _as_image(lambda pixels: np.asarray(fit(Image.fromarray(pixels), side)), image)


def _as_image(function: Callable[..., np.ndarray], *inputs: tf.Tensor) -> tf.Tensor:
    """What a NumPy function gives, uint8 [height, width, 3], as a tensor of the graph."""
    return tf.ensure_shape(tf.numpy_function(function, inputs, tf.uint8), (None, None, 3))
