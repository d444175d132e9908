"""Damaged files, and files that are not images, raise `UnreadableImage` with a plain reason."""

import struct
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from artgan_tf.data.demo_paintings import paint
from tests.tfrecords_tools.odd_images import encoded
from tfrecords_tools.images import UnreadableImage, read_image

PICTURE = Image.fromarray(paint(seed=0, index=9, size=96)[0])
KINDS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
PNG = b"\x89PNG\r\n\x1a\n"
STARTS = (b"GIF89a", PNG, b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBPVP8 ", b"II*\0")


def reason(source: Path | str | bytes) -> str:
    with pytest.raises(UnreadableImage) as caught:
        read_image(source, 32)
    said = str(caught.value)
    assert said.strip()
    assert not {"\n", "<"} & {*said}  # no <_io.BytesIO object at 0x...>
    return said


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_is_unreadable(kind: str) -> None:
    file = encoded(PICTURE, kind)
    for share in (0.0, 0.02, 0.5, 0.9):
        reason(file[: int(share * len(file))])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_damage_gives_an_image_or_is_unreadable(kind: str) -> None:
    random, file = np.random.default_rng(0), encoded(PICTURE, kind)
    for number in range(80):
        damaged = bytearray(file)
        for place in random.integers(0 if number % 2 else 40, len(file), 1 + number // 2):
            damaged[place] ^= 1 << int(random.integers(8))
        with suppress(UnreadableImage):
            image = read_image(bytes(damaged), 16)
            assert (image.dtype, image.shape[2], min(image.shape[:2])) == (np.uint8, 3, 16)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "content",
    [
        *(start + bytes(range(256)) * more for start in STARTS for more in (0, 2)),
        *(b"", bytes(5000), b"<html>404 Not Found</html>\n" * 9),
    ],
)
def test_what_is_no_image_is_unreadable_in_plain_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.jpg"
    path.write_bytes(content)
    for source in (content, path, str(path), tmp_path / "none.png", tmp_path):
        reason(source)


def test_an_image_that_would_fill_the_memory_is_unreadable() -> None:
    """Files of a few bytes claim gigapixels."""
    png = PNG
    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    for chunk in (b"IHDR" + size, b"IDAT" + zlib.compress(bytes(100_000)), b"IEND"):
        png += struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    gif, bmp, jpeg = (bytearray(encoded(PICTURE, kind)) for kind in ("GIF", "BMP", "JPEG"))
    gif[6:10] = b"\xff" * 4
    bmp[18:26] = struct.pack("<ii", 50_000, 50_000)
    place = jpeg.index(b"\xff\xc0") + 5
    jpeg[place : place + 4] = struct.pack(">HH", 65_000, 65_000)
    for file in (png, gif, bmp, jpeg):
        assert "000 pixels" in reason(bytes(file)) or file is gif


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "broken",
    [
        *(b"XX garbage", b"II*\0\x08"),
        b"II*\0" + struct.pack("<IHHHII", 8, 1, ExifTags.Base.Orientation, 2, 3, 1 << 30),
    ],
)
def test_broken_exif_does_not_cost_the_image(broken: bytes, kind: str) -> None:
    image = read_image(encoded(PICTURE, kind, exif=b"Exif\0\0" + broken), 20)
    assert image.shape == (20, 20, 3)
