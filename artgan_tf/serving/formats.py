"""Decodes PNG, GIF, BMP and plain WebP in TensorFlow operations to opaque RGB at the file's size.

TensorFlow decodes more of each format than it documents, and less than training reads. The rest is
read from the bytes: the transparent colour of a GIF, palettes of BMP, transparency in 16-bit PNG.
Transparent pixels are composited on white. Files that cannot be read this way fail with an error of
one sentence.
"""

from functools import partial
from typing import Any

import tensorflow as tf

PNG, GIF, BMP, EXTENDED_WEBP = b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"VP8X"
DEPTH = 24  # offset of the bit depth in a PNG, followed by the colour type
GREY = 0  # PNG's colour type for greyscale
TABLE = 3 * 256  # bytes of the largest colour table of a GIF
EXTENSION, IMAGE = 0x21, 10  # a GIF's extension introducer, and the length of a frame's header
BEYOND = 2**16  # zero bytes appended to a file, so that reads past its end return zeros


def opaque(content: Any) -> tuple[Any, Any]:
    """Decode a file other than a JPEG to uint8 [height, width, 3], and return its two sides.

    Of an animation, this is frame one.
    """
    which = tf.argmax(tf.stack([*_starts(content), True]), output_type=tf.int32)
    image = tf.switch_case(which, [partial(f, content) for f in (_png, _gif, _bmp, _other)])
    return tf.ensure_shape(image, (None, None, 3)), tf.cast(tf.shape(image)[:2], tf.float64)


def sides(content: Any) -> Any:
    """Read the two sides from the header of a PNG, GIF or BMP, as int64 [2]; 1 and 1 for others."""
    png, gif, bmp = _starts(content)
    start, length = tf.where(png, 16, tf.where(bmp, 18, 6)), tf.where(gif, 2, 4)
    places = start + length * tf.constant([[0], [1]]) + tf.range(4)
    head = tf.cast(tf.gather(bytes_of(content, 0, 32), places), tf.int64)
    order = tf.where(png, tf.constant([3, 2, 1, 0]), tf.range(4))
    used = tf.range(4) < length
    powers = tf.cast(tf.where(used, order, 0), tf.int64)
    numbers = tf.reduce_sum(tf.where(used, tf.bitwise.left_shift(head, 8 * powers), 0), axis=1)
    # A negative height of a BMP means that its rows are stored from top to bottom.
    numbers = tf.where(bmp & (numbers >= 2**31), 2**32 - numbers, numbers)
    return tf.where(png | bmp | gif, numbers, tf.ones_like(numbers))


def _starts(content: Any) -> list[Any]:
    return [tf.strings.substr(content, 0, len(word)) == word for word in (PNG, GIF, BMP)]


def bytes_of(content: Any, start: Any, count: Any) -> Any:
    """Return bytes of a string as int32 [count]; bytes beyond its end are 0."""
    longer = tf.strings.join([content, "\0" * BEYOND])
    found = tf.io.decode_raw(tf.strings.substr(longer, start, count), tf.uint8)
    return tf.cast(found, tf.int32)


def _image(content: Any, channels: int = 3) -> Any:
    image = tf.io.decode_image(content, channels=channels, expand_animations=False)
    return tf.ensure_shape(image, (None, None, channels or None))


def _other(content: Any) -> Any:
    extended = tf.strings.substr(tf.strings.join([content, "\0" * 16]), 12, 4) == EXTENDED_WEBP
    sentence = "a WebP with EXIF, animation or a colour profile is not read: send JPEG or PNG"
    with tf.control_dependencies([tf.debugging.Assert(~extended, [sentence])]):
        image = _image(tf.identity(content), channels=0)  # a WebP has three or four channels
    image = tf.pad(image, [[0, 0], [0, 0], [0, 1]], constant_values=255)
    return _on_white(image[..., :4], 255)


def _on_white(pixels: Any, full: Any) -> Any:
    """Composite RGBA pixels on white; `full` is the alpha value of opaque pixels."""
    pixels = tf.cast(pixels, tf.int32)
    colour, alpha = pixels[..., :3], pixels[..., 3:]
    alpha = tf.where(alpha == full, 255, alpha)
    return tf.cast((colour * alpha + 255 * (255 - alpha) + 127) // 255, tf.uint8)


# ---- PNG --------------------------------------------------------------------------------------
def _png(content: Any) -> Any:
    depth, kind = tf.unstack(bytes_of(content, DEPTH, 2), 2)
    # For a file without alpha, TensorFlow sets alpha to the largest value of the file's bit depth.
    full = tf.bitwise.left_shift(1, tf.minimum(depth, 8)) - 1
    return tf.cond(
        (depth == 16) & (kind == GREY),
        lambda: _deep(content),
        lambda: _on_white(tf.io.decode_png(content, channels=4), full),
    )


def _deep(content: Any) -> Any:
    pixels = tf.cast(tf.io.decode_png(content, channels=4, dtype=tf.uint16), tf.float64)
    colour, alpha = pixels[..., :3], pixels[..., 3:]
    grey = tf.where(alpha > 0, colour, tf.constant(65535.0, tf.float64))  # transparent to white
    return tf.cast(tf.round(grey * 255.0 / 65535.0), tf.uint8)


# ---- GIF --------------------------------------------------------------------------------------
def _gif(content: Any) -> Any:
    """Decode a GIF with TensorFlow, which turns transparent pixels black, and make those white.

    Decoding the file again with an all-white colour table shows which pixels are transparent.
    """
    data = bytes_of(content, 0, -1)
    frame = _first_frame(data)
    own = _table(data[frame + IMAGE - 1])
    start, length = tf.where(own > 0, frame + IMAGE, 13), tf.where(own > 0, own, _table(data[10]))
    # With an all-white table, only transparent pixels are black.
    white = tf.strings.substr(tf.constant(b"\xff" * TABLE), 0, length)
    parts = [(0, start), (start + length, -1)]
    before, after = (tf.strings.substr(content, *part) for part in parts)
    clear = _image(tf.strings.join([before, white, after])) == 0
    return tf.where(clear, tf.constant(255, tf.uint8), _image(content))


def _first_frame(data: Any) -> Any:
    """Return the offset of a GIF's first frame, after any extensions.

    Fails if that frame does not cover the whole picture.
    """

    def skip(at: Any) -> tuple[Any]:
        (end,) = tf.while_loop(lambda i: data[i] > 0, lambda i: (i + data[i] + 1,), (at + 2,))
        return (end + 1,)

    (at,) = tf.while_loop(lambda at: data[at] == EXTENSION, skip, (13 + _table(data[10]),))
    place, size = data[at + 1 : at + 5], data[at + 5 : at + 9]
    sentence = "a GIF whose first frame is not its whole picture is not read: send PNG"
    whole = tf.reduce_all(place == 0) & tf.reduce_all(size == data[6:10])
    with tf.control_dependencies([tf.debugging.Assert(whole, [sentence])]):
        return tf.identity(at)


def _table(flags: Any) -> Any:
    """Return the length in bytes of the colour table that a header with these flags announces."""
    return tf.where(flags >= 128, 3 * tf.bitwise.left_shift(2, flags & 7), 0)


# ---- BMP --------------------------------------------------------------------------------------
def _bmp(content: Any) -> Any:
    depth = _number(content, 28, 2)
    return tf.cond(depth <= 8, lambda: _palette_bmp(content, depth), lambda: _image(content))


def _palette_bmp(content: Any, depth: Any) -> Any:
    """Decode a BMP with a palette and one, two, four or eight bits per pixel."""
    start, header, width, height, packing = (_number(content, at) for at in (10, 14, 18, 22, 30))
    sentence = "a compressed BMP, or one of OS/2, is not read: send PNG"
    readable = tf.debugging.Assert((header >= 40) & (packing == 0), [sentence])
    with tf.control_dependencies([readable]):
        stride, lines = (width * depth + 31) // 32 * 4, tf.abs(height)
    rows = tf.reshape(bytes_of(content, start, stride * lines), (lines, stride, 1))
    shifts = 8 - depth * (1 + tf.range(8 // tf.maximum(depth, 1)))
    places = tf.bitwise.right_shift(rows, shifts) & (tf.bitwise.left_shift(1, depth) - 1)
    places = tf.reshape(places, (lines, -1))[:, :width]
    colours = tf.reshape(bytes_of(content, 14 + header, 4 * 256), (256, 4))[:, 2::-1]
    image = tf.gather(tf.cast(colours, tf.uint8), places)
    return tf.cond(height > 0, lambda: tf.reverse(image, [0]), lambda: image)


def _number(content: Any, start: int, count: int = 4) -> Any:
    """Read a little-endian integer of `count` bytes."""
    found = bytes_of(content, start, count)
    return tf.reduce_sum(tf.bitwise.left_shift(found, 8 * tf.range(count)))
