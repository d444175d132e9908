"""Converts 300 damaged or odd files at once: each becomes a record or a reason."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import ExifTags, Image

from artgan_tf.data.demo_paintings import paint
from tests.tfrecords_tools.conversions import convert, records, report, shards

SIZE = 32  # of the images and the result, so that no pixel is resampled
KINDS = {"jpg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "tif": "TIFF", "bmp": "BMP"}
Files = Iterator[tuple[str, bytes]]
Expected = Iterator[tuple[str, bytes, np.ndarray, float]]  # name, file, pixels, tolerance


def picture(index: int) -> np.ndarray:
    """Return a painting of 32x40 pixels without any symmetry."""
    return np.ascontiguousarray(paint(seed=5, index=index, size=40)[0][:SIZE])


def encoded(image: Image.Image | np.ndarray, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(file, kind, **options)
    return file.getvalue()


# ---- broken files ----------------------------------------------------------------------------
def flipped(random: np.random.Generator) -> Files:
    """Flip one to forty bits anywhere in the file."""
    for number in range(132):
        suffix = list(KINDS)[number % len(KINDS)]
        data = bytearray(encoded(picture(number), KINDS[suffix]))
        for place in random.integers(0, len(data), random.integers(1, 41)):
            data[place] ^= 1 << int(random.integers(8))
        yield f"flipped{number}.{suffix}", bytes(data)


def cut_off(random: np.random.Generator) -> Files:
    for number in range(48):
        suffix = list(KINDS)[number % len(KINDS)]
        data = encoded(picture(number), KINDS[suffix])
        yield f"cut{number}.{suffix}", data[: random.integers(1, len(data) - 1)]


def no_images(random: np.random.Generator) -> Files:
    starts = (
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"II*\0",
    )
    for number, start in enumerate(starts):
        yield f"start{number}.png", start
        yield f"noise{number}.jpg", start + random.bytes(500)
    for number, suffix in enumerate(KINDS):
        yield f"empty{number}.{suffix}", b""
        yield f"text{number}.{suffix}", b"<html>404 Not Found</html>\n" * number
        yield f"zeros{number}.{suffix}", bytes(5000)
        yield f"random{number}.{suffix}", random.bytes(3000)


def bombs() -> Files:
    """Return tiny files that claim gigapixels."""
    for number, side in enumerate((20_000, 60_000, 2**31 - 1)):
        file = b"\x89PNG\r\n\x1a\n"
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        data = zlib.compress(bytes(100_000))
        for chunk in (b"IHDR" + header, b"IDAT" + data, b"IEND"):
            length, crc = struct.pack(">I", len(chunk) - 4), struct.pack(">I", zlib.crc32(chunk))
            file += length + chunk + crc
        yield f"bomb{number}.png", file
    gif = bytearray(encoded(Image.new("P", (8, 8)), "GIF"))
    gif[6:10] = b"\xff\xff\xff\xff"
    yield "bomb.gif", bytes(gif)
    bmp = bytearray(encoded(picture(0), "BMP"))
    bmp[18:26] = struct.pack("<ii", 50_000, 50_000)
    yield "bomb.bmp", bytes(bmp)
    jpeg = bytearray(encoded(picture(0), "JPEG"))
    place = jpeg.index(b"\xff\xc0") + 5
    jpeg[place : place + 4] = struct.pack(">HH", 65_000, 65_000)
    yield "bomb.jpg", bytes(jpeg)


# ---- odd but valid files ---------------------------------------------------------------------
def wrong_names() -> Expected:
    for number in range(18):
        wrong = list(KINDS)[(number + 1) % len(KINDS)]
        pixels = picture(number)
        yield f"wrong{number}.{wrong}", encoded(pixels, "PNG"), pixels, 0
        yield f"upper{number}.{wrong.upper()}", encoded(pixels, "TIFF"), pixels, 0


def modes() -> Expected:
    ramp = np.tile(np.linspace(0, 255, SIZE).astype(np.uint8), (SIZE, 1))
    grey = np.stack([ramp] * 3, -1)
    for kind in ("PNG", "TIFF", "BMP"):
        yield f"grey-{kind}.png", encoded(Image.fromarray(ramp), kind), grey, 0
    bits = np.where(ramp > 127, 255, 0).astype(np.uint8)
    for kind in ("PNG", "TIFF", "BMP"):
        one = encoded(Image.fromarray(bits).convert("1"), kind)
        yield f"bits-{kind}.png", one, np.stack([bits] * 3, -1), 0
    deep = (ramp.astype(np.uint16) * 257)[::-1].copy()
    for kind in ("PNG", "TIFF"):
        yield f"deep-{kind}.png", encoded(Image.fromarray(deep), kind), grey, 0
    colours = picture(3)
    for number in range(4):  # the four inks of white, without black
        inks = np.dstack([255 - picture(number), np.zeros((SIZE, 40), np.uint8)])
        cmyk = encoded(Image.fromarray(inks, "CMYK"), "JPEG", quality=100)
        yield f"cmyk{number}.jpg", cmyk, picture(number), 6
        soft = encoded(picture(number), "JPEG", quality=100, progressive=True, subsampling=0)
        yield f"progressive{number}.jpg", soft, picture(number), 3
    cmyk = encoded(Image.fromarray(np.dstack([255 - colours, ramp40() * 0]), "CMYK"), "TIFF")
    yield "cmyk.tif", cmyk, colours, 0


def ramp40() -> np.ndarray:
    return np.tile(np.linspace(0, 255, 40).astype(np.uint8), (SIZE, 1))


def transparent() -> Expected:
    """Yield images with an alpha channel or a transparent palette entry, blended with white."""
    for number in range(4):
        colours, alpha = picture(number), ramp40()
        over = colours * (alpha[..., None] / 255) + 255 - alpha[..., None].astype(float)
        rgba = np.dstack([colours, alpha])
        yield f"rgba{number}.png", encoded(rgba, "PNG"), over, 1
        lossless = encoded(Image.fromarray(rgba), "WEBP", lossless=True, exact=True)
        yield f"rgba{number}.webp", lossless, over, 1
        grey = np.dstack([colours[..., 0], alpha])
        over = grey[..., 0] * (alpha / 255) + 255 - alpha.astype(float)
        image = encoded(Image.fromarray(grey, "LA"), "PNG")
        yield f"la{number}.png", image, np.stack([over] * 3, -1), 1
        flat = Image.fromarray(colours).quantize(16)
        pixels = np.array(flat.convert("RGB"))
        pixels[np.asarray(flat) == number] = 255
        assert (np.asarray(flat) == number).any()
        for kind in ("PNG", "GIF"):
            clear = encoded(flat, kind, transparency=number)
            yield f"palette{number}-{kind}.png", clear, pixels, 0


def turned() -> Expected:
    """Yield the eight orientations of EXIF 2.3, each rotated so that the result is upright."""
    turns = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: np.rot90(p, -1),
        7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
        8: lambda p: np.rot90(p),
    }
    for orientation, turn in turns.items():
        exif, pixels = Image.Exif(), picture(orientation)
        exif[ExifTags.Base.Orientation] = orientation
        yield f"turned{orientation}.png", encoded(pixels, "PNG", exif=exif), turn(pixels), 0
        jpeg = encoded(pixels, "JPEG", exif=exif, quality=100, subsampling=0)
        yield f"turned{orientation}.jpg", jpeg, turn(pixels), 3


def animated() -> Expected:
    """Yield animations, of which the first frame counts."""
    for number in range(4):
        frames = [Image.fromarray(picture(number + i)).quantize(32) for i in range(4)]
        first = np.asarray(frames[0].convert("RGB"))
        later: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": 40}
        yield f"moving{number}.gif", encoded(frames[0], "GIF", **later), first, 0
        rgb = [frame.convert("RGB") for frame in frames]
        later["append_images"] = rgb[1:]
        yield f"moving{number}.webp", encoded(rgb[0], "WEBP", lossless=True, **later), first, 0
        yield f"moving{number}.png", encoded(rgb[0], "PNG", **later), first, 0
        yield f"pages{number}.tif", encoded(rgb[0], "TIFF", **later), first, 0


# ---- the conversion --------------------------------------------------------------------------
class Made(NamedTuple):
    files: dict[str, bytes]
    expected: dict[str, tuple[np.ndarray, float]]
    pixels: dict[str, np.ndarray]  # of the records
    skipped: dict[str, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root, random = tmp_path_factory.mktemp("mutated"), np.random.default_rng(0)
    files = dict([*flipped(random), *cut_off(random), *no_images(random), *bombs()])
    odd = [*wrong_names(), *modes(), *transparent(), *turned(), *animated()]
    files |= {name: data for name, data, *_ in odd}
    (root / "source" / "odd").mkdir(parents=True)
    for name, data in files.items():
        (root / "source" / "odd" / name).write_bytes(data)
    flags = ("--size", SIZE, "--encoding", "png", "--max-bad-fraction", 1, "--shards", 6)
    done = convert(root / "source", root / "set", *flags)
    assert done.returncode == 0, done.stderr
    pixels = {
        path.removeprefix("odd/"): np.asarray(Image.open(io.BytesIO(image)))
        for path, _, image in records(shards(root / "set"))
    }
    skipped = {bad["path"][4:]: bad["reason"] for bad in report(root / "set")["skipped"]}
    expected = {name: (pixels, tolerance) for name, _, pixels, tolerance in odd}
    return Made(files, expected, pixels, skipped)


def test_every_file_is_a_record_or_has_a_reason(made: Made) -> None:
    assert len(made.files) >= 300
    assert sorted([*made.pixels, *made.skipped]) == sorted(made.files)
    assert all(reason.strip() for reason in made.skipped.values())
    assert not [reason for reason in made.skipped.values() if "\n" in reason or "<_io" in reason]


def test_every_record_is_a_picture_of_the_right_size(made: Made) -> None:
    for name, pixels in made.pixels.items():
        assert pixels.dtype == np.uint8, name
        assert pixels.ndim == 3, name
        assert pixels.shape[2] == 3, name
        assert min(pixels.shape[:2]) == SIZE, name


def test_every_file_that_is_in_order_has_the_right_pixels(made: Made) -> None:
    assert len(made.expected) > 100
    for name, (expected, tolerance) in made.expected.items():
        assert name in made.pixels, (name, made.skipped.get(name))
        assert made.pixels[name].shape == expected.shape, name
        difference = np.abs(made.pixels[name] - expected.astype(float))
        assert difference.mean() <= tolerance, name
        assert difference.max() <= 12 * tolerance, name


def test_what_is_no_picture_is_no_record(made: Made) -> None:
    names = [*dict(no_images(np.random.default_rng(0))), *dict(bombs())]
    assert [name for name in names if name in made.pixels] == []
    cut = [name for name in made.skipped if name.startswith("cut")]
    assert len(cut) == 48
