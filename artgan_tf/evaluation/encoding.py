"""Pictures as bytes, and as text that a page holds in itself."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

LARGE = 64  # images beyond this are JPEG in a page, lest it grow beyond a few megabytes


def png(picture: Any) -> bytes:
    """Of a PIL image, or of a matplotlib Figure with nothing behind it."""
    stream = io.BytesIO()
    if isinstance(picture, Image.Image):
        picture.save(stream, "png", optimize=True)
    else:
        picture.savefig(stream, format="png", transparent=True)
    return stream.getvalue()


def image_uri(pixels: np.ndarray) -> str:
    """A data: URI of uint8 [S, S, 3]."""
    image = Image.fromarray(pixels)
    if len(pixels) <= LARGE:
        return _uri("image/png", png(image))
    stream = io.BytesIO()
    image.save(stream, "jpeg", quality=80)
    return _uri("image/jpeg", stream.getvalue())


def figure_uri(figure: Any) -> str:
    """A data: URI of a matplotlib Figure."""
    return _uri("image/png", png(figure))


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
