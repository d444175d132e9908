"""Decodes pictures inside an export's graph to the same pixels that training reads from the file.

A SavedModel runs no Python, so this module reimplements `tfrecords_tools.images` in TensorFlow
operations. It decodes large JPEGs at a smaller scale, applies the camera's orientation, and, like
Pillow, reduces the size by block means first and rounds between the two passes of LANCZOS.
`formats` reads formats other than JPEG. TensorFlow does not expose colour profiles, so colours are
assumed to be sRGB.
"""

import math
from functools import partial
from typing import Any

import tensorflow as tf

from artgan_tf.serving.formats import bytes_of, opaque, sides
from tfrecords_tools.images import LONGEST, ROOM

MOST = 2**26  # maximum pixels of a picture; resizing one takes about 3 GB
GAP = 4.0  # the reducing_gap that `fit` passes to Pillow
ONE = 2.0**22  # fixed-point unit of the resampling weights, as in Pillow
ORIENTATION = 0x0112  # EXIF tag
HEAD, ENTRIES = 2**16, 128  # bytes of the file searched for EXIF, and EXIF entries read


def decode(content: Any, side: int, size: int) -> Any:
    """Decode one picture, resize it and crop its centre.

    Args:
        content: the encoded file, a scalar string tensor.
        side: length of the short side after resizing, in pixels.
        size: side of the cropped square in pixels, at most `side`.

    Returns:
        uint8 [size, size, 3].
    """
    content = _measured(content)
    image, extent = tf.cond(
        tf.io.is_jpeg(content), lambda: _jpeg(content, side), lambda: opaque(content)
    )
    image = _upright(_fitted(image, extent, side, size), _orientation(content))
    image = tf.cast(image, tf.uint8)
    top, left = tf.unstack((tf.shape(image)[:2] - size) // 2)
    return tf.ensure_shape(image[top : top + size, left : left + size], (size, size, 3))


def _measured(content: Any) -> Any:
    """Return the content, or fail before decoding if its header gives an extremely elongated
    picture or too many pixels.
    """
    extent = tf.cond(
        tf.io.is_jpeg(content),
        lambda: tf.io.extract_jpeg_shape(content, tf.int64)[:2],
        lambda: sides(content),
    )
    short, long = tf.reduce_min(extent), tf.reduce_max(extent)
    fits = (long <= LONGEST * short) & (short * long <= MOST)
    message = f"a picture may have {MOST} pixels and sides of 1 to {LONGEST}, and has:"
    with tf.control_dependencies([tf.debugging.Assert(fits, [message, extent])]):
        return tf.identity(content)


def _jpeg(content: Any, side: int) -> tuple[Any, Any]:
    """Decode a JPEG at the smallest scale that still leaves room to resize down to `side`.

    Returns:
        The image and its exact extent [2] at that scale, which need not be a whole number of
        pixels.
    """
    sides = tf.io.extract_jpeg_shape(content)[:2]
    times = tf.reduce_min(sides) // round(ROOM * side)
    which = tf.reduce_sum(tf.cast(times >= tf.constant([2, 4, 8]), tf.int32))
    scales = [
        partial(tf.io.decode_jpeg, content, channels=3, ratio=ratio, dct_method="INTEGER_ACCURATE")
        for ratio in (1, 2, 4, 8)
    ]
    return tf.switch_case(which, scales), tf.cast(sides, tf.float64) / tf.cast(
        tf.bitwise.left_shift(1, which), tf.float64
    )


# ---- size -------------------------------------------------------------------------------------
def _fitted(image: Any, extent: Any, side: int, size: int) -> Any:
    """Resize the part of the image given by `extent` [2] to a short side of `side`, centre only.

    Each side of the result has `size` pixels, or one more if the centre falls between two pixels.
    """
    wanted = tf.round(extent * (side / tf.reduce_min(extent)))
    factors = tf.maximum(tf.cast(extent / wanted / GAP, tf.int32), 1)
    image, extent = _reduced(image, factors), extent / tf.cast(factors, tf.float64)
    for axis, rule in ((1, "ox,hxc->hoc"), (0, "oy,ywc->owc")):  # horizontally first, as in Pillow
        weights = _lanczos(tf.shape(image)[axis], extent[axis], wanted[axis], size)
        total = tf.einsum(rule, weights, image)
        image = tf.clip_by_value(tf.floor(total / ONE + 0.5), 0.0, 255.0)
    return image


def _reduced(image: Any, factors: Any) -> Any:
    """Average blocks of `factors` [2] pixels; blocks at the edge average the pixels they have."""
    sides = tf.shape(image)[:2]
    blocks = -(-sides // factors)
    beyond = blocks * factors - sides
    padded = tf.pad(tf.cast(image, tf.int32), [[0, beyond[0]], [0, beyond[1]], [0, 0]])
    shape = (blocks[0], factors[0], blocks[1], factors[1], 3)
    sums = tf.reduce_sum(tf.reshape(padded, shape), axis=(1, 3))
    rows, columns = (
        tf.minimum(factors[i], sides[i] - factors[i] * tf.range(blocks[i])) for i in (0, 1)
    )
    counts = rows[:, None, None] * columns[:, None]
    times = tf.cast(2**24 / tf.cast(counts, tf.float32), tf.int64)  # divides as Pillow does
    means = tf.bitwise.right_shift(
        tf.cast(sums + counts // 2, tf.int64) * times, tf.constant(24, tf.int64)
    )
    return tf.cast(means, tf.float64)


def _lanczos(count: Any, extent: Any, wanted: Any, size: int) -> Any:
    """Return the weight of each of `count` input pixels in each output pixel of the centre.

    Args:
        count: number of input pixels along the axis.
        extent: how much of them the picture covers; need not be whole.
        wanted: number of output pixels for the whole extent.
        size: number of output pixels wanted from the centre.

    Returns:
        float64 [outputs, count]: whole numbers that add up to about `ONE` per output pixel, so that
        sums are exact and round as Pillow's do.
    """
    scale = extent / wanted
    first = (wanted - size) // 2
    centres = (tf.range(first, wanted - first, dtype=tf.float64) + 0.5) * scale
    places = tf.range(tf.cast(count, tf.float64), dtype=tf.float64) + 0.5
    x = (places - centres[:, None]) / tf.maximum(scale, 1.0)
    x = tf.where(places < extent + 0.5, x, 3.0)
    weights = tf.where(tf.abs(x) < 3.0, _sinc(x) * _sinc(x / 3.0), 0.0)
    return tf.round(weights / tf.reduce_sum(weights, axis=1, keepdims=True) * ONE)


def _sinc(x: Any) -> Any:
    x = math.pi * tf.maximum(tf.abs(x), 1e-9)
    return tf.sin(x) / x


# ---- orientation ------------------------------------------------------------------------------
def _orientation(content: Any) -> Any:
    """Read the EXIF orientation (1 to 8) of a JPEG or PNG; 1, upright, without one."""
    head = tf.ensure_shape(bytes_of(content, 0, HEAD), (HEAD,))
    start = tf.maximum(_after(head, b"Exif\0\0"), _after(head, b"eXIf"))

    def read(places: Any, length: int) -> Any:
        """Read a number of `length` bytes at each offset in EXIF; bytes outside it count as 0."""
        at = start + places[:, None] + tf.range(length)
        found = tf.where(
            (at >= 0) & (at < HEAD), tf.gather(head, tf.clip_by_value(at, 0, HEAD - 1)), 0
        )
        powers = tf.range(length)
        powers = tf.where(head[tf.maximum(start, 0)] == ord("I"), powers, length - 1 - powers)
        return tf.reduce_sum(tf.bitwise.left_shift(found, 8 * powers), axis=1)

    first = read(tf.constant([4]), 4)
    entries = first + 2 + 12 * tf.range(tf.minimum(read(first, 2)[0], ENTRIES))
    is_it = read(entries, 2) == ORIENTATION
    value = tf.reduce_sum(tf.where(is_it, read(entries + 8, 2), 0))
    there = (start > 0) & (read(tf.constant([2]), 2)[0] == 42) & (value >= 1) & (value <= 8)
    return tf.where(there, value, 1)


def _after(head: Any, word: bytes) -> Any:
    """Return the position after the first occurrence of a word, or -1 if it does not occur."""
    windows = [head[i : HEAD - len(word) + i] == letter for i, letter in enumerate(word)]
    at = tf.where(tf.reduce_all(tf.stack(windows), axis=0))[:, 0]
    return tf.cond(tf.size(at) > 0, lambda: tf.cast(at[0], tf.int32) + len(word), lambda: -1)


def _upright(image: Any, orientation: Any) -> Any:
    image = tf.cond(orientation > 4, lambda: tf.transpose(image, (1, 0, 2)), lambda: image)
    turn = (orientation - 1) % 4
    across, down = (turn == 1) | (turn == 2), turn >= 2
    image = tf.cond(across, lambda: tf.reverse(image, [1]), lambda: image)
    return tf.cond(down, lambda: tf.reverse(image, [0]), lambda: image)
