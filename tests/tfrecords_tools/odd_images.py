"""Writes files that Pillow cannot write: TIFFs tag by tag, and ICC profiles number by number."""

import io
import struct
from typing import Any

import numpy as np
from PIL import Image

SIDE = 64
RAMP = np.tile(np.linspace(0, 255, SIDE).round().astype(np.uint8), (SIDE, 1))  # black to white
GREY = np.repeat(RAMP[..., None], 3, -1)
# Red, green and blue of Display P3 in the profile connection space (D50).
P3 = ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))
D50 = (0.9642, 1.0, 0.8249)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def grey_tiff(pixels: np.ndarray | bytes, bits: int, white_is_zero: bool, kind: int = 1) -> bytes:
    """Return a little-endian TIFF of one strip, SIDE x SIDE; kind 1 unsigned, 2 signed, 3 float."""
    data = pixels if isinstance(pixels, bytes) else pixels.tobytes()
    tags = {
        256: SIDE, 257: SIDE, 258: bits, 259: 1, 262: 0 if white_is_zero else 1, 273: 0, 277: 1,
        278: SIDE, 279: len(data), 339: kind,
    }  # fmt: skip
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data


def packed(values: np.ndarray) -> bytes:
    """Pack samples of 12 bits, two in three bytes, as TIFF 6.0 defines."""
    first, second = values[:, ::2].astype(int), values[:, 1::2].astype(int)
    three = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], -1)
    return three.astype(np.uint8).tobytes()


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return an ICC profile (version 2) with these tags."""
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(79)} | tags
    tags = tags | {b"wtpt": xyz(D50), b"cprt": b"text" + bytes(4) + b"none\0"}
    place, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, place + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(
        ">I4sI4s4s4s12x4s24xIII48x", place + len(body), bytes(4), 0x02100000, b"mntr", space,
        b"XYZ ", b"acsp", *fixed(D50),
    )  # fmt: skip
    return header[:128].ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def display(primaries: tuple[tuple[float, ...], ...], gamma: float) -> bytes:
    """Return the profile of a display."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    names = (b"rXYZ", b"gXYZ", b"bXYZ")
    colours = {name: xyz(colour) for name, colour in zip(names, primaries, strict=True)}
    return profile(b"RGB ", colours | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def linear_grey() -> bytes:
    return profile(b"GRAY", {b"kTRC": b"curv" + bytes(4) + struct.pack(">IH", 1, 256) + bytes(2)})


def xyz(numbers: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">iii", *fixed(numbers))


def fixed(numbers: tuple[float, ...]) -> list[int]:
    return [round(number * 65536) for number in numbers]
