"""Compares odd images (../shared/cases) with libvips, which shares no code with Pillow."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tfrecords_tools.test_shared_cases import CASES, needs_cases
from tfrecords_tools.images import UnreadableImage, read_image

pytestmark = [pytest.mark.data, needs_cases]
pyvips = pytest.importorskip("pyvips", reason="there is no libvips: pip install 'pyvips[binary]'")

FOLDERS = ("images/files", "images/jpeg", "images/overshoot", "icc", "folder_suffixes/*")
LUMA = np.array([0.299, 0.587, 0.114])
WHITE = {"uchar": 255, "ushort": 2**16 - 1, "short": 2**16 - 1, "uint": 2**32 - 1, "float": 1}
# Files that libvips decodes differently, or not at all.
DEFINED = {"bmp32_alpha0.bmp", "bmp32v5_alpha255.bmp"}  # by `expected.npz`: it reads no BMP
INVERTED = {"tiff32float_whiteiszero.tif"}  # it does not invert floats
TURNED = {"xmp_orient6.jpg": 3}  # quarter turns: it knows only EXIF's orientation
OVERFLOWN = {"tiff12_blackiszero.tif"}  # by the program that wrote it; `test_deep` has a right one
UNREADABLE = {  # refused with a reason: missing pixels are not invented
    "base_90.jpg", "half.jpg", "leading_garbage.jpg", "no_eoi.jpg", "png_bad_crc.png",
    "prog_90.jpg", "tiff32float_rgb.tif", "float255_overshoot.tif", "float_minus1_1.tif",
}  # fmt: skip


def pictures() -> list[Path]:
    found = [path for folder in FOLDERS for path in sorted(CASES.glob(f"{folder}/*"))]
    return [path for path in found if path.suffix != ".npy" and path.name not in OVERFLOWN]


def by_vips(path: Path) -> np.ndarray:
    """Decode a file with libvips: upright, sRGB, on white, as floats from 0 to 255."""
    pages: dict[str, Any] = {"page": 1} if "thumb_first" in path.name else {}
    image = pyvips.Image.new_from_file(str(path), **pages).autorot()
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", intent="relative", embedded=True)
    values = image.numpy().reshape(image.height, image.width, -1).astype(np.float64)
    values = (values + 2**15 * (image.format == "short")) / WHITE[image.format]
    if image.interpretation == "cmyk":  # without a profile
        values = (1 - values[..., :3]) * (1 - values[..., 3:])
    if image.hasalpha():
        values = values[..., :-1] * values[..., -1:] + 1 - values[..., -1:]
    values = 1 - values if path.name in INVERTED else values
    return 255 * np.clip(np.rot90(values, TURNED.get(path.name, 0)), 0, 1)


@pytest.mark.parametrize("path", pictures(), ids=lambda path: path.name)
def test_a_picture_is_what_another_decoder_makes_of_it(path: Path) -> None:
    if path.name in UNREADABLE:
        with pytest.raises(UnreadableImage):
            read_image(path, 64)
        return
    if path.name in DEFINED:
        expected = np.load(path.parent.parent / "expected.npz")[path.name].astype(float)
    elif path.suffix == ".jp2":  # which it does not read: the picture that was stored, unchanged
        expected = by_vips(next((path.parent.parent / "plain").glob(f"{path.stem}.*")))
    else:
        expected = by_vips(path)
    image = read_image(path, min(expected.shape[:2])).astype(float)
    if path.suffix == ".avif":  # of colours of half the size, which each decoder enlarges its way
        inside = ((np.minimum(image, expected) > 0) & (np.maximum(image, expected) < 255)).all(-1)
        image, expected = ((each @ LUMA)[inside] for each in (image, expected))
        assert len(image) > 400
    assert np.abs(image - expected).max() <= 2
