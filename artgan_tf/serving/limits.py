"""What a request may ask for: a body not too large or slow, and pictures of not too many pixels."""

import asyncio
import io
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from starlette.requests import ClientDisconnect, Request

from artgan_tf.serving.refusals import Refused
from tfrecords_tools.images import LONGEST

INPUT = "image_bytes"  # of the signatures that take encoded pictures
FORMATS = ("JPEG", "PNG", "GIF", "BMP")  # that TensorFlow decodes
GZIP = 16 + zlib.MAX_WBITS  # zlib's sign for gzip's own head


@dataclass(frozen=True)
class Limits:
    """What a request may ask for.

    Attributes:
        body: bytes, as they come and once they are unpacked.
        rows: pictures to paint.
        pixels: of all the pictures in it.
        seconds: that its head may take to arrive, and then its body.
    """

    body: int = 16 * 2**20
    rows: int = 64
    pixels: int = 50_000_000
    seconds: float = 30.0


async def read_body(request: Request, limits: Limits) -> bytes:
    """The body, unpacked if it is said to be gzip; one that is not gzip then counts as empty.

    Raises:
        Refused: it is too large, or took too long.
    """
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > limits.body:
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.seconds):
            body = await _received(request, limits)
    except TimeoutError:
        text = f"The request took more than {limits.seconds:g} seconds to arrive."
        raise Refused(text, "TOO_SLOW") from None
    except ClientDisconnect:
        raise Refused("The client is gone.", "CANCELLED") from None
    if request.headers.get("content-encoding", "").lower() != "gzip":
        return body
    return await asyncio.to_thread(_unpacked, body, limits)


async def _received(request: Request, limits: Limits) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.body:
            raise _too_large(limits)
    return bytes(body)


def _unpacked(body: bytes, limits: Limits) -> bytes:
    unpacking = zlib.decompressobj(GZIP)
    try:
        found = unpacking.decompress(body, limits.body + 1)
    except zlib.error:
        return b""
    if len(found) > limits.body:
        raise _too_large(limits)
    return found if unpacking.eof else b""


def _too_large(limits: Limits) -> Refused:
    return Refused(f"The request is too large: this server takes {limits.body} bytes.", "TOO_LARGE")


# ---- pictures -------------------------------------------------------------------------------
def check_pictures(arrays: dict[str, np.ndarray], most: int) -> None:
    """Refuse pictures that have too many pixels together, or one that is but a line.

    Their heads tell, before anything is decoded: a file of a few hundred bytes may hold a hundred
    million pixels.

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
