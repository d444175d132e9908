"""The body of a request: not larger, not slower and not more than the server takes."""

import asyncio
import zlib
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from artgan_tf.serving.refusals import Refused

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


async def read(request: Request, limits: Limits) -> bytes:
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
