"""Damaged files, and files that are not images, raise `UnreadableImage` with a plain reason."""

import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from artgan_tf.data.demo_paintings import paint
from tfrecords_tools.images import UnreadableImage, read_image

PICTURE = Image.fromarray(paint(seed=0, index=9, size=96)[0])


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5])
def test_a_truncated_file_is_unreadable(kind: str, share: float) -> None:
    file = encoded(PICTURE, kind)
    with pytest.raises(UnreadableImage):
        read_image(file[: int(share * len(file))], 32)


@pytest.mark.parametrize(
    "content", [b"no image at all\n" * 9, b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8"]
)
def test_what_is_no_image_is_unreadable_in_plain_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.jpg"
    path.write_bytes(content)
    for source in (content, path, str(path)):
        with pytest.raises(UnreadableImage) as caught:
            read_image(source, 8)
        assert "\n" not in str(caught.value)
        assert "<" not in str(caught.value)  # no <_io.BytesIO object at 0x...>


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(UnreadableImage):
            read_image(path, 8)


def test_an_image_that_would_fill_the_memory_is_unreadable() -> None:
    """The file is a PNG of a few bytes that claims 60,000 x 60,000 pixels."""
    file = b"\x89PNG\r\n\x1a\n"
    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    for chunk in (b"IHDR" + size, b"IDAT"):
        file += struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    with pytest.raises(UnreadableImage, match="3600000000 pixels"):
        read_image(file, 8)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF"])
def test_damage_gives_an_image_or_is_unreadable(kind: str) -> None:
    random = np.random.default_rng(0)
    file = encoded(PICTURE, kind)
    for _ in range(60):
        damaged = bytearray(file)
        for place in random.integers(40, len(file), 6):
            damaged[place] = random.integers(256)
        with suppress(UnreadableImage):
            assert min(read_image(bytes(damaged), 16).shape[:2]) == 16


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "broken",
    [
        b"XX garbage",
        b"II*\0\x08",
        b"II*\0" + struct.pack("<IHHHII", 8, 1, ExifTags.Base.Orientation, 2, 3, 1 << 30),
    ],
)
def test_broken_exif_does_not_cost_the_image(broken: bytes, kind: str) -> None:
    image = read_image(encoded(PICTURE, kind, exif=b"Exif\0\0" + broken), 20)
    assert image.shape == (20, 20, 3)
