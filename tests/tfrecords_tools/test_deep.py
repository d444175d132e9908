"""Grey images of more than 8 bits are scaled as their file defines, or are unreadable."""

import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from tests.tfrecords_tools.odd_images import GREY, RAMP, SIDE, encoded, grey_tiff, packed
from tfrecords_tools.images import UnreadableImage, read_image

WIDE = RAMP.astype(np.uint16) * 257
UNITS = (RAMP / 255).astype("<f4")


@pytest.mark.parametrize("white_is_zero", [False, True])
@pytest.mark.parametrize(
    ("bits", "kind", "store"),
    [
        (8, 1, lambda units: np.rint(units * 255).astype("u1")),
        (16, 1, lambda units: np.rint(units * 65535).astype("<u2")),
        (32, 3, lambda units: units.astype("<f4")),
    ],
)
def test_white_is_where_the_tiff_says(
    bits: int, kind: int, store: Callable[[np.ndarray], np.ndarray], white_is_zero: bool
) -> None:
    units = 1 - UNITS if white_is_zero else UNITS
    file = grey_tiff(store(units), bits, white_is_zero, kind)
    np.testing.assert_allclose(read_image(file, SIDE).astype(int), GREY, atol=1)


@pytest.mark.parametrize(
    ("file", "exact"),
    [
        (grey_tiff(packed(np.rint(UNITS * 4095)), 12, False), 1),
        (grey_tiff((WIDE.astype(int) - 32768).astype("<i2"), 16, False, 2), 0),
        (grey_tiff((RAMP.astype(np.uint64) * 0x01010101).astype("<u4"), 32, False), 0),
        (grey_tiff((RAMP.astype(int) * 0x01010101 - 2**31).astype("<i4"), 32, False, 2), 0),
        (encoded(Image.fromarray(WIDE)), 0),
        (b"P5 64 64 1000\n" + np.rint(UNITS * 1000).astype(">u2").tobytes(), 1),
    ],
    ids=["12 bits", "16 signed", "32 bits", "32 signed", "PNG", "PGM"],
)
def test_every_depth_is_scaled_by_its_own_white(file: bytes, exact: int) -> None:
    np.testing.assert_allclose(read_image(file, SIDE).astype(int), GREY, atol=exact)


def test_floats_are_neither_stretched_nor_cut() -> None:
    """White was once guessed from the largest value: 1.02 suggested 255, and all became black."""
    odd = UNITS.copy()
    odd[0, 0], odd[0, 60] = 1.02, np.nan
    image = read_image(grey_tiff(odd, 32, False, 3), SIDE).astype(int)
    np.testing.assert_allclose(image[1:], GREY[1:], atol=1)
    assert (image[0, 0, 0], image[0, 60, 0]) == (255, 0)
    dark = read_image(grey_tiff(UNITS * np.float32(0.25), 32, False, 3), SIDE)
    np.testing.assert_allclose(dark.astype(int), GREY / 4, atol=1)


@pytest.mark.parametrize("scale", [(255.5, 0), (255, 0), (65535, 0), (2, -1)])
def test_floats_that_do_not_say_what_white_is_are_unreadable(scale: tuple[float, float]) -> None:
    floats = (UNITS * scale[0] + scale[1]).astype("<f4")
    with pytest.raises(UnreadableImage, match=r"floats go from -?\d.* to \d"):
        read_image(grey_tiff(floats, 32, False, 3), SIDE)


# ---- transparent colours of 16 bits ----------------------------------------------------------
def png(pixels: np.ndarray, colour_type: int, transparent: bytes) -> bytes:
    """Return a PNG of 16 bits per sample with a tRNS chunk."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 16, colour_type, 0, 0, 0)
    chunks = [b"IHDR" + header, b"tRNS" + transparent, b"IDAT" + zlib.compress(rows), b"IEND"]
    framed = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def test_a_transparent_colour_of_sixteen_bits_lies_on_white() -> None:
    image = read_image(png(np.where(RAMP < 64, 4096, WIDE), 0, struct.pack(">H", 4096)), SIDE)
    np.testing.assert_array_equal(image, np.where(GREY < 64, 255, GREY))
    colours = np.stack([WIDE, WIDE[:, ::-1], WIDE], -1)
    expected = (colours >> 8).astype(np.uint8)
    expected[:, 10] = 255
    image = read_image(png(colours, 2, struct.pack(">HHH", *colours[0, 10].tolist())), SIDE)
    np.testing.assert_array_equal(image, expected)


# ---- pages -----------------------------------------------------------------------------------
@pytest.mark.parametrize("marked", [1, 2])
def test_a_small_copy_in_the_first_page_is_not_the_picture(marked: int) -> None:
    """Cameras put the thumbnail first; Pillow also marks the large page as a copy."""
    colours = Image.fromarray(np.dstack([RAMP, RAMP.T, RAMP]))
    small = Image.new("RGB", (16, 16))
    pages = encoded(small, "TIFF", save_all=True, append_images=[colours], tiffinfo={254: 1})
    mark = struct.pack("<HHII", 254, 4, 1, 1)
    assert pages.count(mark) == 2
    if marked == 1:
        last = pages.rindex(mark)
        pages = pages[:last] + struct.pack("<HHII", 254, 4, 1, 0) + pages[last + len(mark) :]
    np.testing.assert_array_equal(read_image(pages, SIDE), np.asarray(colours))
    alone = encoded(colours, "TIFF", tiffinfo={254: 1})  # only called a copy
    np.testing.assert_array_equal(read_image(alone, SIDE), np.asarray(colours))
