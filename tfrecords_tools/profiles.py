"""Converts images with an ICC colour profile to sRGB."""

import io
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # colour space of a profile -> Pillow's mode
FITTING = {"CMYK": ("CMYK",), "L": ("L", "RGB"), "RGB": ("RGB",)}  # image -> modes of profiles
GREY = ("1", "L", "LA")
SAME = 2  # grey levels: a profile that changes no colour by more is equivalent to sRGB


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert an 8-bit image to opaque RGB by its ICC profile.

    A profile that is damaged, or made for another colour space than the image's, is ignored.
    """
    kind = "L" if image.mode in GREY else "CMYK" if image.mode == "CMYK" else "RGB"
    if not (transform := _transform(profile, kind)):
        return image.convert("RGB")
    image = image.convert("RGBA") if image.has_transparency_data else image
    return ImageCms.applyTransform(image.convert(transform.input_mode), transform)  # type: ignore


@lru_cache(maxsize=16)
def _transform(profile: bytes, kind: str) -> Any:
    """Return the transform from a profile to sRGB; None if it is unusable or changes nothing."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode, srgb = SPACES.get(source.profile.xcolor_space), ImageCms.createProfile("sRGB")
        if mode not in FITTING[kind]:
            return None
        # No black point compensation, as in the ICC standard; Photoshop would use it.
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        # The optimization for grey is wrong by up to 9 levels at steep parts of a curve.
        flags = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE
        transform = ImageCms.buildTransform(source, srgb, mode, "RGB", intent, flags)
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None
    return transform if kind == "CMYK" or _moves(transform, mode) else None


def _moves(transform: Any, mode: str) -> bool:
    """Return whether a transform changes any colour visibly."""
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(len(steps), -1, 3)
    before = Image.fromarray(colours).convert(mode)
    after = np.asarray(ImageCms.applyTransform(before, transform))
    return bool(np.abs(after.astype(int) - np.asarray(before.convert("RGB"))).max() > SAME)
