"""From a `Split` to batches of (uint8 images [N, S, S, 3], int32 labels [N]).

The batch at step s is a function of (seed, s) alone: examples are drawn by position in an endless
stream of seeded permutations, and flips and crops are seeded by the position too.  So a resumed
run starts its stream at the saved step and sees what it would have seen.

An image that cannot be read stops nothing: it is left out, or, where positions are counted and the
images are read as they are needed, another one takes its place.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from artgan_tf.config import Data, InputError
from artgan_tf.data.cache import Cached, Example, first_readable, in_memory
from artgan_tf.data.source import Indexed, Split, Streamed, short_side
from tfrecords_tools.images import UnreadableImage, read_image

SHUFFLE_BUFFER = 10_000  # encoded images, for splits that are streamed
BROKEN = np.zeros((0, 0, 3), np.uint8)  # what an image that cannot be read looks like in a pipeline


def training_batches(
    split: Split, data: Data, batch_size: int, seed: int, start_step: int = 0
) -> tf.data.Dataset:
    """Endless shuffled batches from step `start_step` on, randomly cropped and flipped."""
    start = start_step * batch_size
    examples = _ordered(in_memory(split, data), data, seed, start)

    def cut(position: tf.Tensor, image: tf.Tensor, label: tf.Tensor) -> tuple:
        return _random_cut(image, data, seed, position), label

    return _batched(examples.map(cut, tf.data.AUTOTUNE), batch_size, drop_remainder=True)


def held_out_batches(split: Split, data: Data, batch_size: int) -> tf.data.Dataset:
    """Every example of the split once, in order, centre-cropped; the last batch may be short."""
    split = in_memory(split, data)
    if isinstance(split, Cached):
        pairs = tf.data.Dataset.range(split.count).map(_lookup(split), tf.data.AUTOTUNE)
    else:
        first_readable(split, data)
        pairs = _one_by_one(split, data).filter(lambda image, label: tf.size(image) > 0)
    cut = pairs.map(lambda image, label: (_centre_cut(image, data), label), tf.data.AUTOTUNE)
    return _batched(cut, batch_size, drop_remainder=False)


# ---- order -----------------------------------------------------------------------------------
def _ordered(split: Split, data: Data, seed: int, start: int) -> tf.data.Dataset:
    """(position, image, label) from position `start` on."""
    if isinstance(split, Streamed):
        return _streamed_order(split, data, seed, start)
    if not isinstance(split, Cached):
        first_readable(split, data)
    choose = _balanced_choice(split.labels, seed) if data.balanced else _choice(split.count, seed)
    lookup = _lookup(split)
    positions = tf.data.Dataset.counter(start)
    return positions.map(lambda p: (p, *lookup(choose(p))), tf.data.AUTOTUNE)


def _choice(count: int, seed: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Position -> index: one seeded permutation of all examples after another."""
    return lambda p: _permuted(p % count, count, seed, stream=0, epoch=p // count)


def _balanced_choice(labels: np.ndarray, seed: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Position -> index: every class once in K positions, each in an order of its own."""
    present, counts = np.unique(labels, return_counts=True)
    members = tf.constant(np.argsort(labels, kind="stable"), tf.int64)
    sizes = tf.constant(counts, tf.int64)
    starts = tf.cumsum(sizes, exclusive=True)
    k = len(present)

    def choose(p: tf.Tensor) -> tf.Tensor:
        turn = p // k
        c = _permuted(p % k, k, seed, stream=1, epoch=turn)
        epoch, within = turn // sizes[c], turn % sizes[c]
        return members[starts[c] + _permuted(within, sizes[c], seed, stream=c + 2, epoch=epoch)]

    return choose


def _permuted(index: Any, count: Any, seed: int, stream: Any, epoch: Any) -> tf.Tensor:
    """Where `index` goes in a permutation of `count` that (seed, stream, epoch) choose."""
    key = tf.stack([tf.cast(stream, tf.int64) + seed * 1_000_003, tf.cast(epoch, tf.int64)])
    return tf.random.experimental.index_shuffle(index, key, tf.cast(count, tf.int64) - 1)


def _streamed_order(split: Streamed, data: Data, seed: int, start: int) -> tf.data.Dataset:
    if data.balanced:
        raise InputError(
            f"data.balanced needs the images of {data.spec} in memory: raise data.cache_mb, which "
            f"is {data.cache_mb}."
        )
    epoch, within = divmod(start, split.count)

    def shuffled(e: tf.Tensor) -> tf.data.Dataset:
        # Here, inside a graph, this shields the order from tf.random.set_seed, and only the order.
        tf.compat.v1.set_random_seed(1)
        key = seed * 1_000_003 + e
        return split.dataset.shuffle(SHUFFLE_BUFFER, seed=key, reshuffle_each_iteration=False)

    # Skipping happens before decoding, and is less than one epoch.
    stream = tf.data.Dataset.range(epoch, 2**40).flat_map(shuffled).skip(within)
    decode = _decoder(data, instead=first_readable(split, data))
    return stream.enumerate(start).map(lambda p, pair: (p, *decode(*pair)), tf.data.AUTOTUNE)


# ---- loading and cutting ---------------------------------------------------------------------
def _one_by_one(split: Split, data: Data) -> tf.data.Dataset:
    """(image, label) in order, read as they are needed; `BROKEN` where an image cannot be read."""
    if isinstance(split, Indexed):
        indices = tf.data.Dataset.range(split.count)
        return indices.map(_lookup(split, others=False), tf.data.AUTOTUNE)
    return split.dataset.map(_decoder(data, instead=(BROKEN, np.int32(-1))), tf.data.AUTOTUNE)


def _lookup(split: Indexed, others: bool = True) -> Callable[[tf.Tensor], tuple]:
    """Index -> (image, label); in place of a broken image the next readable one, or `BROKEN`."""
    labels = tf.constant(split.labels, tf.int32)
    if isinstance(split, Cached):
        return lambda index: (split.fetch(index), labels[index])

    def load(index: np.ndarray) -> Example:
        for step in range(split.count if others else 1):
            at = (int(index) + step) % split.count
            try:
                return split.load(at), split.labels[at]
            except UnreadableImage as error:
                warnings.warn(f"{split.name(at)} is left out: {error}.", stacklevel=2)
        return BROKEN, split.labels[at]

    return lambda index: _image_and_label(load, [index])


def _decoder(data: Data, instead: Example) -> Callable[[tf.Tensor, tf.Tensor], tuple]:
    """(encoded image, label) -> (image, label), or `instead` where it cannot be read."""
    side = short_side(data)

    def decode(encoded: bytes, label: np.ndarray) -> Example:
        try:
            return read_image(encoded, side), np.int32(label)
        except UnreadableImage as error:
            warnings.warn(f"An image of {data.spec} is left out: {error}.", stacklevel=2)
            return instead

    return lambda encoded, label: _image_and_label(decode, [encoded, label])


def _image_and_label(function: Callable, inputs: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    image, label = tf.numpy_function(function, inputs, (tf.uint8, tf.int32))
    return tf.ensure_shape(image, (None, None, 3)), tf.ensure_shape(label, ())


def _random_cut(image: tf.Tensor, data: Data, seed: int, position: tf.Tensor) -> tf.Tensor:
    size = data.image_size
    draws = tf.random.stateless_uniform([3], seed=tf.stack([tf.cast(seed, tf.int64), position]))
    room = tf.cast(tf.shape(image)[:2] - size + 1, tf.float32)
    top, left = tf.unstack(tf.cast(tf.floor(draws[:2] * room), tf.int32))
    image = image[top : top + size, left : left + size]
    flipped = tf.cond(draws[2] < 0.5, lambda: image[:, ::-1], lambda: image) if data.flip else image
    return tf.ensure_shape(flipped, (size, size, 3))


def _centre_cut(image: tf.Tensor, data: Data) -> tf.Tensor:
    size = data.image_size
    top, left = tf.unstack((tf.shape(image)[:2] - size) // 2)
    return tf.ensure_shape(image[top : top + size, left : left + size], (size, size, 3))


def _batched(pairs: tf.data.Dataset, batch_size: int, drop_remainder: bool) -> tf.data.Dataset:
    batches = pairs.batch(batch_size, drop_remainder=drop_remainder)
    return batches.prefetch(tf.data.AUTOTUNE)
