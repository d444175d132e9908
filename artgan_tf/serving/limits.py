"""Limits on requests: size and arrival time of the body, and pixels of the pictures in it."""

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

INPUT = "image_bytes"  # the input of signatures that take encoded pictures
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")  # that the signatures decode
GZIP = 16 + zlib.MAX_WBITS  # tells zlib to expect a gzip header


@dataclass(frozen=True)
class Limits:
    """Limits on one request.

    Attributes:
        body: maximum size of the body in bytes, both as received and decompressed.
        rows: maximum number of pictures to generate.
        pixels: maximum number of pixels in all pictures of the request together.
        seconds: maximum time for the header to arrive, and again for the body.
    """

    body: int = 16 * 2**20
    rows: int = 64
    pixels: int = 50_000_000
    seconds: float = 30.0


async def read_body(request: Request, limits: Limits) -> bytes:
    """Read the body and decompress it if its Content-Encoding is gzip.

    A body that claims to be gzip and is not counts as empty.

    Raises:
        Refused: the body is too large or took too long, or the client disconnected.
    """
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > limits.body:
        raise _too_large(limits)
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limits.body:
                    raise _too_large(limits)
    except TimeoutError:
        text = f"The request took more than {limits.seconds:g} seconds to arrive."
        raise Refused(text, "TOO_SLOW") from None
    except ClientDisconnect:
        raise Refused("The client is gone.", "CANCELLED") from None
    if request.headers.get("content-encoding", "").lower() != "gzip":
        return bytes(body)
    return await asyncio.to_thread(_unpacked, body, limits)


def _unpacked(body: bytearray, limits: Limits) -> bytes:
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
    """Refuse pictures with too many pixels in total, and pictures that are extremely elongated.

    Only the headers are read, because a file of a few hundred bytes can decode to a hundred million
    pixels. Raises Refused for a picture that cannot be read, too, and lets other inputs pass.
    """
    pictures = arrays.get(INPUT)
    if pictures is None or pictures.dtype != object:
        return
    pixels = sum(_pixels(content) for content in pictures.flat)
    if pixels > most:
        raise Refused(f"The pictures have {pixels} pixels: this server takes {most} a request.")


def _pixels(content: Any) -> int:
    """Count the pixels of one encoded picture, over all frames of a GIF: TensorFlow decodes all."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            frames = getattr(image, "n_frames", 1) if image.format == "GIF" else 1
    except Image.DecompressionBombError:
        raise Refused("A picture has too many pixels.") from None
    except Exception:  # Pillow raises many kinds for damaged files and for other data
        formats = ", ".join(FORMATS)
        raise Refused(f"The body is no image in a known format: send one of {formats}.") from None
    if max(width, height) > LONGEST * min(width, height):
        raise Refused(f"A picture of {width}x{height} pixels is a line, not a picture.")
    return width * height * frames
