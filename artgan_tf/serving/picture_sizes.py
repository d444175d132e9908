"""How large the pictures of a request are, told by their heads before anything is decoded.

A file of a few hundred bytes may hold a hundred million pixels.
"""

import io
from typing import Any

import numpy as np
from PIL import Image

from artgan_tf.serving.refusals import Refused
from tfrecords_tools.images import LONGEST

INPUT = "image_bytes"  # of the signatures that take encoded pictures
FORMATS = ("JPEG", "PNG", "GIF", "BMP")  # that TensorFlow decodes


def check(arrays: dict[str, np.ndarray], most: int) -> None:
    """Refuse pictures that have too many pixels together, or one that is but a line.

    Args:
        arrays: the inputs of a request; only encoded pictures are looked at.
        most: pixels.
    """
    pictures = arrays.get(INPUT)
    if pictures is None or pictures.dtype != object:
        return
    pixels = sum(_pixels(content) for content in pictures.flat)
    if pixels > most:
        raise Refused(f"The pictures have {pixels} pixels: this server takes {most} a request.")


def _pixels(content: Any) -> int:
    """Those of all frames, for TensorFlow reads all of a GIF's."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            frames = getattr(image, "n_frames", 1) if image.format == "GIF" else 1
    except Image.DecompressionBombError:
        raise Refused("A picture has too many pixels.") from None
    except Exception:  # whatever Pillow says of a file that is damaged, or none
        formats = ", ".join(FORMATS)
        raise Refused(f"What was sent is no picture that is read: send one of {formats}.") from None
    if max(width, height) > LONGEST * min(width, height):
        raise Refused(f"A picture of {width}x{height} pixels is a line, not a picture.")
    return width * height * frames
