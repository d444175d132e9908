"""From a `Split` to batches of (uint8 images [N, S, S, 3], int32 labels [N]).

The batch at step s is a function of (seed, s) alone: examples are drawn by position in an endless
stream of seeded permutations, and flips and crops are seeded by the position too.  So a resumed
run starts its stream at the saved step and sees what it would have seen.
"""

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from artgan_tf.config import Data, InputError, RunError
from artgan_tf.data.images import UnreadableImage, read_image
from artgan_tf.data.source import Indexed, Split, Streamed, short_side

SHUFFLE_BUFFER = 10_000  # encoded images, for splits that are streamed


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
    if isinstance(split, Indexed):
        pairs = tf.data.Dataset.range(split.count).map(_lookup(split), tf.data.AUTOTUNE)
    else:
        pairs = split.dataset.map(_decoder(data), tf.data.AUTOTUNE)
    cut = pairs.map(lambda image, label: (_centre_cut(image, data), label), tf.data.AUTOTUNE)
    return _batched(cut, batch_size, drop_remainder=False)


def in_memory(split: Split, data: Data) -> Split:
    """The split with its decoded, resized images in memory, where that fits `data.cache_mb`."""
    expected = split.count * 3 * short_side(data) ** 2 * 1.35  # paintings are not square
    if isinstance(split, Cached) or expected > data.cache_mb * 2**20:
        return split
    if isinstance(split, Streamed):
        return _cache(split.dataset.map(_decoder(data), tf.data.AUTOTUNE).as_numpy_iterator())
    with ThreadPoolExecutor() as pool:  # Pillow decodes and resizes outside Python's lock
        return _cache(_readable(pool.map(_try(split), range(split.count)), split))


class Cached(Indexed):
    """An `Indexed` whose images lie one after another in one uint8 tensor."""

    def __init__(self, images: list[np.ndarray], labels: list[int]):
        offsets = np.cumsum([0] + [image.size for image in images])
        with tf.device("CPU:0"):
            self.pixels = tf.constant(np.concatenate([image.ravel() for image in images]))
            self.offsets = tf.constant(offsets, tf.int64)
            self.shapes = tf.constant([image.shape for image in images], tf.int64)
        super().__init__(np.array(labels, np.int32), lambda i: self.fetch(i).numpy())

    def fetch(self, index: Any) -> tf.Tensor:
        """The image as a tensor, inside or outside a graph."""
        index = tf.cast(index, tf.int64)
        flat = self.pixels[self.offsets[index] : self.offsets[index + 1]]
        return tf.reshape(flat, self.shapes[index])


def _cache(pairs: Any) -> Cached:
    images, labels = [], []
    for image, label in pairs:
        images.append(image)
        labels.append(int(label))
    if not images:
        raise InputError("None of the images could be read: check the files.")
    return Cached(images, labels)


def _try(split: Indexed) -> Callable[[int], np.ndarray | UnreadableImage]:
    def load(index: int) -> np.ndarray | UnreadableImage:
        try:
            return split.load(index)
        except UnreadableImage as error:
            return error

    return load


def _readable(results: Any, split: Indexed) -> Any:
    bad = []
    for index, result in enumerate(results):
        if isinstance(result, UnreadableImage):
            bad.append(f"{split.name(index)} ({result})")
        else:
            yield result, split.labels[index]
    if bad:
        warnings.warn(f"{len(bad)} unreadable images are left out, e.g. {bad[0]}", stacklevel=2)


# ---- order -----------------------------------------------------------------------------------
def _ordered(split: Split, data: Data, seed: int, start: int) -> tf.data.Dataset:
    """(position, image, label) from position `start` on."""
    if isinstance(split, Streamed):
        return _streamed_order(split, data, seed, start)
    choose = _balanced_choice(split.labels, seed) if data.balanced else _choice(split.count, seed)
    lookup = _lookup(split)
    positions = tf.data.Dataset.counter(start)
    return positions.map(lambda p: (p, *lookup(choose(p))), tf.data.AUTOTUNE)


def _choice(count: int, seed: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Position -> index: one seeded permutation of all examples after another."""
    return lambda p: _permuted(p % count, count, seed, stream=0, epoch=p // count)


def _balanced_choice(labels: np.ndarray, seed: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Position -> index: each run of K positions has every class once, each class its own shuffle."""
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
            f"data.balanced needs the images in memory: raise data.cache_mb={data.cache_mb}."
        )
    epoch, within = divmod(start, split.count)

    def shuffled(e: tf.Tensor) -> tf.data.Dataset:
        return split.dataset.shuffle(SHUFFLE_BUFFER, seed=seed + e, reshuffle_each_iteration=False)

    # Skipping happens before decoding, and is less than one epoch.
    stream = tf.data.Dataset.range(epoch, 2**40).flat_map(shuffled).skip(within)
    decode = _decoder(data)
    return stream.enumerate(start).map(lambda p, pair: (p, *decode(*pair)), tf.data.AUTOTUNE)


# ---- loading and cutting ---------------------------------------------------------------------
def _lookup(split: Indexed) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    labels = tf.constant(split.labels, tf.int32)
    if isinstance(split, Cached):
        return lambda index: (split.fetch(index), labels[index])

    def load(index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        for step in range(split.count):  # the next readable image takes a broken one's place
            at = (int(index) + step) % split.count
            try:
                return split.load(at), split.labels[at]
            except UnreadableImage as error:
                warnings.warn(f"{split.name(at)} is left out: {error}", stacklevel=2)
        raise RunError("None of the images could be read: check the files.")

    return lambda index: _image_and_label(load, [index])


def _decoder(data: Data) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """(encoded image, label) -> (uint8 image with the short side of `data`, int32 label)."""
    side = short_side(data)

    def decode(encoded: bytes, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return read_image(encoded, side), np.int32(label)

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
