"""Colours follow an image's ICC profile; compared with conversions by formula."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.tfrecords_tools.conversions import converted, shards
from tests.tfrecords_tools.odd_images import GREY, P3, RAMP, SIDE, display, encoded, linear_grey
from tfrecords_tools.images import read_image

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
TO_SRGB = np.array(  # from the profile connection space (D50) to linear sRGB
    [[3.13386, -1.61687, -0.49062], [-0.97877, 1.91614, 0.03345], [0.07195, -0.22899, 1.40524]]
)
COLOURS = np.stack([RAMP, RAMP.T, np.full_like(RAMP, 90)], -1)
ALPHA = np.where(RAMP < 100, 0, 255).astype(np.uint8)


def from_display(pixels: np.ndarray, gamma: float) -> np.ndarray:
    """Convert the colours of a display with P3's primaries and this gamma to sRGB."""
    linear = (pixels / 255) ** gamma @ np.array(P3) @ TO_SRGB.T
    return curved(linear.clip(0, 1))


def curved(linear: np.ndarray) -> np.ndarray:
    bright = 1.055 * linear ** (1 / 2.4) - 0.055
    return 255 * np.where(linear > 0.0031308, bright, 12.92 * linear)


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_a_screen_s_colours_become_those_of_srgb(gamma: float) -> None:
    file = encoded(Image.fromarray(COLOURS), icc_profile=display(P3, gamma))
    expected = from_display(COLOURS, gamma)
    assert np.abs(expected - COLOURS).mean() > 4
    np.testing.assert_allclose(read_image(file, SIDE).astype(int), expected, atol=2)


def test_a_grey_profile_counts_for_grey_with_and_without_alpha() -> None:
    expected, image = curved(GREY / 255), Image.fromarray(RAMP)
    for alpha in (False, True):
        if alpha:
            image.putalpha(Image.fromarray(ALPHA))
            expected[ALPHA == 0] = 255
        file = encoded(image, icc_profile=linear_grey())
        np.testing.assert_allclose(read_image(file, SIDE).astype(int), expected, atol=2)


def test_a_palette_and_an_alpha_channel_have_the_same_colours() -> None:
    icc, expected = display(P3, 1.8), from_display(COLOURS, 1.8)
    clear = Image.fromarray(np.dstack([COLOURS, ALPHA]))
    expected[ALPHA == 0] = 255
    seen = read_image(encoded(clear, icc_profile=icc), SIDE).astype(int)
    np.testing.assert_allclose(seen, expected, atol=2)
    palette = Image.fromarray(COLOURS).quantize(64)
    expected = from_display(np.asarray(palette.convert("RGB")), 1.8)
    seen = read_image(encoded(palette, icc_profile=icc), SIDE).astype(int)
    np.testing.assert_allclose(seen, expected, atol=2)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_every_kind_of_file_may_have_a_profile(kind: str) -> None:
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    options |= {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    file = encoded(Image.fromarray(COLOURS), kind, icc_profile=display(P3, 1.8), **options)
    seen = read_image(file, SIDE).astype(int)
    difference = np.abs(seen - from_display(COLOURS, 1.8))
    assert difference.mean() < 1
    assert difference.max() < (15 if kind == "JPEG" else 2)  # whose own errors grow in the dark


@pytest.mark.parametrize(
    "icc", [SRGB, b"no profile", SRGB[:200], linear_grey()], ids=["sRGB", "none", "cut", "grey"]
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK"])
def test_a_profile_that_says_nothing_changes_no_bit(icc: bytes, mode: str) -> None:
    image = Image.fromarray(COLOURS).convert(mode)
    kind = "TIFF" if mode == "CMYK" else "PNG"
    expected = read_image(encoded(image, kind), SIDE)
    np.testing.assert_array_equal(read_image(encoded(image, kind, icc_profile=icc), SIDE), expected)


# ---- the converter ---------------------------------------------------------------------------
def test_the_converter_follows_profiles_unless_told_not_to(tmp_path: Path) -> None:
    for name, icc in (("plain", None), ("wide", display(P3, 1.8))):
        for number in range(12):
            path = tmp_path / name / "a" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.roll(COLOURS, number, 0)).save(path, icc_profile=icc)
    made: list[list[bytes]] = []
    for name, flags in (("plain", ()), ("wide", ("--ignore-profiles",)), ("wide", ())):
        out = tmp_path / str(len(made)) / "set"
        report = converted(tmp_path / name, out, "--size", 32, "--encoding", "png", *flags)
        assert report["plan"]["options"]["ignore_profiles"] == bool(flags)
        made.append([path.read_bytes() for path in shards(out)])
    assert made[0] == made[1] != made[2]
