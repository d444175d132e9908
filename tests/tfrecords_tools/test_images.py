"""Any file becomes an RGB image of an exact size or raises `UnreadableImage`."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.tfrecords_tools.odd_images import encoded
from tfrecords_tools.images import LONGEST, ROOM, UnreadableImage, read_image

COLOUR = (200, 100, 40)
PLAIN = Image.new("RGB", (30, 20), COLOUR)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 160, 0), (0, 0, 255), (255, 255, 255)


def detailed(width: int, height: int) -> Image.Image:
    """Draw waves, hard edges and grain, which reveal a shift of a tenth of a pixel."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = [
        np.sin(x / (5 + c) + y / (9 - c)) + np.sin(x / 41 - c) + np.sin(y / 37) for c in (0, 1, 2)
    ]
    pixels = 128 + 30 * np.stack(waves, -1) + random.normal(0, 6, (height, width, 1))
    pixels[(x // 97 + y // 61) % 2 == 0] *= 0.6
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def decibels(image: np.ndarray, reference: np.ndarray) -> float:
    error = np.square(image.astype(np.float64) - reference).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def resized(image: Image.Image, short_side: int) -> np.ndarray:
    """Return the reference result: a full decode and one LANCZOS resize."""
    scale = short_side / min(image.size)
    size = (round(image.width * scale), round(image.height * scale))
    return np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))


# ---- modes -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *(("RGB", kind) for kind in ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")),
        *(("P", kind) for kind in ("PNG", "GIF", "BMP", "TIFF")),
        *(("RGBA", kind) for kind in ("PNG", "WEBP", "TIFF")),
        *(("CMYK", kind) for kind in ("JPEG", "TIFF")),
        ("YCbCr", "JPEG"),
    ],
)
def test_every_colour_mode_keeps_its_colour(mode: str, kind: str) -> None:
    plain = PLAIN.quantize() if mode == "P" else PLAIN.convert(mode)
    image = read_image(encoded(plain, kind), 10)
    assert image.dtype == np.uint8
    assert image.shape == (10, 15, 3)
    np.testing.assert_allclose(image.reshape(-1, 3).astype(int), [COLOUR] * 150, atol=4)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [*(("L", kind) for kind in ("JPEG", "PNG", "BMP")), ("LA", "PNG"), ("1", "PNG"), ("1", "TIFF")],
)
def test_grey_becomes_three_equal_channels(mode: str, kind: str) -> None:
    grey = Image.linear_gradient("L").convert(mode)
    image = read_image(encoded(grey, kind), 64)
    assert image.shape == (64, 64, 3)
    assert (image == image[..., :1]).all()
    np.testing.assert_allclose(image[..., 0].mean(1), np.linspace(0, 255, 64), atol=20)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB", "L"])
def test_transparency_is_laid_on_white(mode: str) -> None:
    """An alpha channel, a palette entry, a colour or a grey makes the left half transparent."""
    image = Image.new("RGB", (40, 20), (0, 0, 0))
    image.paste((102, 102, 102), (20, 0, 40, 20))
    options: dict[str, Any] = {}
    if mode in ("RGBA", "LA"):
        image = image.convert(mode)
        image.putalpha(Image.fromarray(np.repeat([[0, 255]], 20, 1).repeat(20, 0).astype(np.uint8)))
    else:
        image = image.convert(mode)
        options["transparency"] = image.getpixel((0, 0))
    result = read_image(encoded(image, **options), 20)
    assert (result[:, :17] > 250).all()
    np.testing.assert_allclose(result[:, 23:].astype(int), 102, atol=5)
    half = encoded(Image.new("RGBA", (8, 8), (0, 0, 200, 128)))
    np.testing.assert_allclose(read_image(half, 8)[0, 0], (127, 127, 227), atol=1)


@pytest.mark.parametrize(("bits", "grey"), [(2, 1), (4, 7)])
def test_a_transparent_grey_of_few_bits_is_laid_on_white(bits: int, grey: int) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    row = sum(grey << bits * place for place in range(8 // bits))
    pixels = zlib.compress((b"\0" + bytes([row]) * bits) * 8)  # 8x8, all of that grey
    header = struct.pack(">IIBBBBB", 8, 8, bits, 0, 0, 0, 0)
    transparent = struct.pack(">H", grey)
    parts = {b"IHDR": header, b"tRNS": transparent, b"IDAT": pixels, b"IEND": b""}
    png = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts.items())
    assert (read_image(png, 8) == 255).all()


@pytest.mark.parametrize("top", [65535, 20000, 200], ids="white {}".format)
def test_sixteen_bits_are_scaled_and_not_clipped(top: int) -> None:
    ramp = np.linspace(0, top, 256).astype(np.uint16)
    image = read_image(encoded(Image.fromarray(np.tile(ramp, (256, 1)))), 256)
    np.testing.assert_allclose(image[100, :, 1], ramp / 257, atol=0.51)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_counts(kind: str) -> None:
    frames = [Image.new("RGB", (12, 12), colour) for colour in (BLUE, RED, GREEN)]
    moving = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    np.testing.assert_allclose(read_image(moving, 12)[6, 6].astype(int), BLUE, atol=4)


# ---- orientation -----------------------------------------------------------------------------
SIDES = [  # EXIF 2.3, from 1: where the file's first row and first column appear
    *(("top", "left"), ("top", "right"), ("bottom", "right"), ("bottom", "left")),
    *(("left", "top"), ("right", "top"), ("right", "bottom"), ("left", "bottom")),
]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(("orientation", "sides"), enumerate(SIDES, start=1))
def test_the_camera_s_turn_is_followed(orientation: int, sides: tuple[str, str], kind: str) -> None:
    """Red is in the file's first row and column, green in its first row and last column."""
    file = Image.new("RGB", (600, 400), WHITE)  # large: the JPEG is decoded at a smaller scale
    file.paste(RED, (0, 0, 300, 200))
    file.paste(GREEN, (300, 0, 600, 200))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    seen = read_image(encoded(file, kind, exif=exif), 16).astype(int)
    row, column = sides
    assert seen.shape == ((16, 24, 3) if row in ("top", "bottom") else (24, 16, 3))
    other = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}[column]
    np.testing.assert_allclose(corner(seen, {row, column}), RED, atol=6)
    np.testing.assert_allclose(corner(seen, {row, other}), GREEN, atol=6)


def corner(image: np.ndarray, sides: set[str]) -> np.ndarray:
    return image[2 if "top" in sides else -3, 2 if "left" in sides else -3]


# ---- sizes -----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("size", "short_side", "expected"),
    [
        *(((1, 1), 8, (8, 8)), ((3, 2), 64, (64, 96)), ((2, 7), 16, (56, 16))),
        *(((64, 64), 64, (64, 64)), ((1000, 20), 32, (32, 1600)), ((17, 1700), 17, (1700, 17))),
        *(((640, 480), 73, (73, 97)), ((1150, 803), 64, (64, 92)), ((803, 1150), 64, (92, 64))),
        ((1023, 1025), 64, (64, 64)),
    ],
)
def test_short_side_and_aspect_ratio_are_exact(
    size: tuple[int, int], short_side: int, expected: tuple[int, int], kind: str
) -> None:
    image = read_image(encoded(Image.new("RGB", size, COLOUR), kind), short_side)
    assert image.shape == (*expected, 3)
    np.testing.assert_allclose(image.mean((0, 1)), COLOUR, atol=2)


def test_a_line_is_not_blown_up() -> None:
    read_image(encoded(Image.new("L", (LONGEST, 1))), 8)
    with pytest.raises(UnreadableImage, match="101x1 is a line"):
        read_image(encoded(Image.new("L", (LONGEST + 1, 1))), 8)


@pytest.mark.parametrize(
    ("size", "short_side"),
    [
        *(((803, 1150), 64), ((997, 1013), 146), ((350, 431), 64), ((641, 585), 36)),
        *(((257, 257), 28), ((961, 1017), 100)),  # the last: at little more than the result's size
    ],
)
def test_a_large_jpeg_comes_close_to_a_full_decode(size: tuple[int, int], short_side: int) -> None:
    """Scaled decoding rounds sizes up; without a correction, the image shifts (22 to 34 dB)."""
    file = encoded(detailed(*size), "JPEG", quality=92)
    reference = resized(Image.open(io.BytesIO(file)), short_side)
    ours = decibels(read_image(file, short_side), reference)
    assert ours > 39  # measured 40 to 49
    assert ours > decibels(shifted(file, short_side), reference) + 8  # measured 11 to 20


def shifted(file: bytes, short_side: int) -> np.ndarray:
    """Return the scaled decoding without the correction: part of its edge is padding."""
    image = Image.open(io.BytesIO(file))
    scale = short_side / min(image.size)
    size = (round(image.width * scale), round(image.height * scale))
    whole = image.size
    image.draft("RGB", (round(ROOM * short_side),) * 2)
    assert image.size < whole
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def test_a_large_png_comes_close_to_one_resize() -> None:
    image = detailed(1300, 900)
    assert decibels(read_image(encoded(image, compress_level=1), 64), resized(image, 64)) > 45


def test_a_path_of_any_name_and_its_bytes_are_the_same_image(tmp_path: Path) -> None:
    path = tmp_path / "photo.PNG"
    path.write_bytes(encoded(detailed(300, 200), "JPEG"))
    from_path = read_image(path, 32)
    np.testing.assert_array_equal(from_path, read_image(path.read_bytes(), 32))
    np.testing.assert_array_equal(from_path, read_image(str(path), 32))
