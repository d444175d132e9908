"""Batches of (uint8 images [N, S, S, 3], int32 labels [N]) from a `Split`, with `tf.data`.

The batch at step s depends only on (seed, s): examples are drawn by position from an endless
sequence of seeded permutations, crops are seeded by the step, and half of each batch is mirrored.
A resumed run thus sees the same batches as an uninterrupted one. An unreadable image is skipped
with a warning or, if images are read on demand and positions must stay fixed, replaced.

Several batches are made in parallel, each by one thread: for images this small, passing each one to
another thread would take longer than decoding it.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from artgan_tf.config import Data, InputError
from artgan_tf.data.cache import Cached, first_readable, in_memory
from artgan_tf.data.decoding import Pair
from artgan_tf.data.source import BROKEN, Indexed, Split, Streamed, short_side
from tfrecords_tools.images import UnreadableImage

INDEX_SHUFFLE = 498247692  # first part of the key in `tf.random.experimental.index_shuffle`


@dataclass(frozen=True)
class Part:
    """A worker's share of every batch: part `index`, from 0, of `count` equal parts."""

    index: int = 0
    count: int = 1


ALL = Part()


def training_batches(
    split: Split,
    data: Data,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    part: Part = ALL,
) -> tf.data.Dataset:
    """Endless shuffled batches, randomly cropped and flipped, beginning with step `start_step`.

    Each of several parts yields its own rows of the full batches, whose size `part.count` divides;
    of a `Streamed` split it reads its own files instead, so no file is read by two workers.
    Raises InputError if no image can be read, or for `data.balanced` with a split too large to
    cache.
    """
    split, rows = in_memory(split, data), batch_size // part.count
    first, taken = part.index * rows, batch_size
    if isinstance(split, Streamed) and part.count > 1:
        split, taken = split.part(part.index, part.count), rows
    steps = _ordered(split, data, seed, taken, start_step).enumerate(start_step)
    decode = _batch_decoder(split, data)
    shape = (rows, data.image_size, data.image_size, 3)

    def cut(step: tf.Tensor, examples: Any) -> Pair:
        key = tf.stack([tf.cast(seed, tf.int64), step])
        draws = tf.random.stateless_uniform([2, batch_size], key)[:, first : first + rows]
        mine = examples[first : first + rows] if taken > rows else examples
        images, labels = decode(mine, draws)
        # A worker with its own files mirrors half of its own rows.
        place = (first, batch_size) if taken > rows else (0, rows)
        images = _half_flipped(images, step, *place) if data.flip else images
        return tf.ensure_shape(images, shape), tf.ensure_shape(labels, shape[:1])

    return steps.map(cut, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def held_out_batches(split: Split, data: Data, batch_size: int) -> tf.data.Dataset:
    """Every example of the split once, in order, centre-cropped; the last batch may be short."""
    split = in_memory(split, data)
    if isinstance(split, Cached):
        indices = tf.data.Dataset.range(split.count).batch(batch_size)
        return indices.map(_cached_decoder(split, data.image_size)).prefetch(tf.data.AUTOTUNE)
    first_readable(split)
    if isinstance(split, Streamed):
        pairs = split.records(None).map(split.decode, tf.data.AUTOTUNE)
    else:
        lookup = _lookup(split, others=False)
        pairs = tf.data.Dataset.range(split.count).map(lookup, tf.data.AUTOTUNE)
    readable = pairs.filter(lambda image, label: tf.size(image) > 0)
    cut = readable.map(lambda image, label: (_centre_crop(image, data), label), tf.data.AUTOTUNE)
    return cut.batch(batch_size).prefetch(tf.data.AUTOTUNE)


# ---- order -----------------------------------------------------------------------------------
def _ordered(
    split: Split, data: Data, seed: int, batch_size: int, start_step: int
) -> tf.data.Dataset:
    """A batch per step of what to decode: indices, or the records of a streamed split."""
    if isinstance(split, Streamed):
        records = _streamed_order(split, data, seed, start_step * batch_size)
        return records.batch(batch_size, drop_remainder=True)
    choose = _balanced_choice(split.labels, seed) if data.balanced else _choice(split.count, seed)
    batch = tf.range(batch_size, dtype=tf.int64)
    return tf.data.Dataset.counter(start_step).map(lambda step: choose(step * batch_size + batch))


def _choice(count: int, seed: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Positions -> indices: an endless sequence of seeded permutations, one per epoch."""
    return lambda p: _permuted(p % count, count, seed, stream=0, epoch=p // count)


def _balanced_choice(labels: np.ndarray, seed: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Positions -> indices: each class once every K positions, its members in their own order."""
    present, counts = np.unique(labels, return_counts=True)
    members = tf.constant(np.argsort(labels, kind="stable"), tf.int64)
    sizes = tf.constant(counts, tf.int64)
    starts = tf.cumsum(sizes, exclusive=True)
    k = len(present)

    def choose(p: tf.Tensor) -> tf.Tensor:
        turn = p // k
        c = _permuted(p % k, k, seed, stream=1, epoch=turn)
        start, size = tf.gather(starts, c), tf.gather(sizes, c)
        epoch, within = turn // size, turn % size
        place = start + _permuted(within, size, seed, stream=c + 2, epoch=epoch)
        return tf.gather(members, place)

    return choose


def _permuted(index: tf.Tensor, count: Any, seed: int, stream: Any, epoch: Any) -> tf.Tensor:
    """`tf.random.experimental.index_shuffle` of `index` [N], with a key for each index."""
    parts = (INDEX_SHUFFLE, tf.cast(stream, tf.int64) + seed * 1_000_003, epoch)
    key = tf.stack([tf.broadcast_to(tf.cast(part, tf.int64), index.shape) for part in parts], 1)
    last = tf.broadcast_to(tf.cast(count, tf.int64) - 1, index.shape)
    return tf.raw_ops.RandomIndexShuffle(index=index, seed=key, max_index=last, rounds=4)


def _streamed_order(split: Streamed, data: Data, seed: int, start: int) -> tf.data.Dataset:
    if data.balanced:
        raise InputError(
            f"data.balanced needs the images of {data.spec} in memory: raise data.cache_mb, which "
            f"is {data.cache_mb}."
        )
    epoch, within = divmod(start, split.count)

    def shuffled(e: tf.Tensor) -> tf.data.Dataset:
        # Inside this function's graph, this makes only the order independent of tf.random.set_seed.
        tf.compat.v1.set_random_seed(1)
        key = seed * 1_000_003 + e
        records = split.records(key)
        return records.shuffle(split.buffer, seed=key, reshuffle_each_iteration=False)

    # Skips undecoded records, and less than one epoch of them.
    return tf.data.Dataset.range(epoch, 2**40).flat_map(shuffled).skip(within)


# ---- decoding and cutting --------------------------------------------------------------------
def _batch_decoder(split: Split, data: Data) -> Callable[[Any, tf.Tensor], Pair]:
    """(indices or records [N], draws [2, N] for crops) -> images [N, S, S, 3] and labels [N]."""
    if isinstance(split, Streamed) and split.decode_squares and short_side(data) == data.image_size:
        squares = split.decode_squares
        return lambda examples, draws: squares(examples)
    if isinstance(split, Cached):
        return _cached_decoder(split, data.image_size)
    decode = _training_decoder(split, data)
    return lambda examples, draws: _crop_each(decode, examples, draws, data.image_size)


def _cached_decoder(split: Cached, size: int) -> Callable[..., Pair]:
    """Indices [N], and draws [2, N] for random crops -> images [N, size, size, 3], labels [N]."""
    labels = tf.constant(split.labels, tf.int32)

    def cut(indices: np.ndarray, *draws: np.ndarray) -> np.ndarray:
        return split.cut(indices, size, *draws)

    def decode(indices: tf.Tensor, *draws: tf.Tensor) -> Pair:
        crops = tf.numpy_function(cut, (indices, *map(tf.transpose, draws)), tf.uint8)
        return tf.ensure_shape(crops, (None, size, size, 3)), tf.gather(labels, indices)

    return decode


def _training_decoder(split: Split, data: Data) -> Callable[[Any], Pair]:
    """Index or record -> (image, label); an unreadable example is replaced by another one."""
    image, label = first_readable(split)
    if isinstance(split, Indexed):
        return _lookup(split)

    def decode(record: Any) -> Pair:
        pair = split.decode(record)
        return tf.cond(tf.size(pair[0]) > 0, lambda: pair, lambda: (tf.constant(image), label))

    return decode


def _lookup(split: Indexed, others: bool = True) -> Callable[[tf.Tensor], Pair]:
    """Index -> (image, label); an unreadable image gives the next readable one, or `BROKEN`."""
    labels = tf.constant(split.labels, tf.int32)

    def find(index: np.ndarray) -> tuple[np.ndarray, np.int64]:
        for step in range(split.count if others else 1):
            at = (int(index) + step) % split.count
            try:
                return split.load(at), np.int64(at)
            except UnreadableImage as error:
                warnings.warn(f"{split.name(at)} is skipped: {error}.", stacklevel=2)
        return BROKEN, np.int64(at)

    def lookup(index: tf.Tensor) -> Pair:
        image, at = tf.numpy_function(find, [index], (tf.uint8, tf.int64))
        return tf.ensure_shape(image, (None, None, 3)), labels[tf.ensure_shape(at, ())]

    return lookup


def _crop_each(decode: Callable[[Any], Pair], examples: Any, draws: tf.Tensor, size: int) -> Pair:
    """Decode and crop a batch; draws [2, N] in [0, 1) are the relative positions of the crops."""

    def cut(example_and_draw: tuple) -> Pair:
        example, draw = example_and_draw
        image, label = decode(example)
        room = tf.cast(tf.shape(image)[:2] - size + 1, tf.float32)
        corner = tf.cast(tf.floor(draw * room), tf.int32)
        return tf.slice(image, tf.concat([corner, [0]], 0), [size, size, 3]), label

    signature = (tf.TensorSpec((size, size, 3), tf.uint8), tf.TensorSpec((), tf.int32))
    return tf.map_fn(cut, (examples, tf.transpose(draws)), fn_output_signature=signature)


def _half_flipped(images: tf.Tensor, step: tf.Tensor, first: int, total: int) -> tf.Tensor:
    """Mirror the images [N, S, S, 3] that belong to the first half of a full batch of `total`.

    They are its rows from `first` on. Examples come in shuffled order, so the half is a random one.
    """
    odd = tf.cast(step % 2, tf.int32)  # an odd batch mirrors one image more at every other step
    count = tf.clip_by_value((total + odd) // 2 - first, 0, tf.shape(images)[0])
    size = images.shape[1]
    # TensorFlow reverses [N, S, 3] tensors ten times faster than other shapes.
    rows = tf.reverse(tf.reshape(images[:count], (-1, size, 3)), [1])
    return tf.concat([tf.reshape(rows, (count, size, size, 3)), images[count:]], 0)


def _centre_crop(image: tf.Tensor, data: Data) -> tf.Tensor:
    size = data.image_size
    top, left = tf.unstack((tf.shape(image)[:2] - size) // 2)
    return tf.ensure_shape(image[top : top + size, left : left + size], (size, size, 3))
