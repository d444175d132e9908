"""Pictures with a colour profile of their own, in sRGB: the numbers that the others have."""

import io
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # of a profile -> Pillow's
FITTING = {"CMYK": ("CMYK",), "L": ("L", "RGB"), "RGB": ("RGB",)}  # an image -> its profile's
GREY = ("1", "L", "LA")
SAME = 2  # grey levels: a profile that moves nothing further is sRGB in other words


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """An 8-bit image as RGB, its colours as its profile means them; opaque.

    A profile that is broken, or of other colours than the image, counts for nothing.
    """
    kind = "L" if image.mode in GREY else "CMYK" if image.mode == "CMYK" else "RGB"
    if not (transform := _transform(profile, kind)):
        return image.convert("RGB")
    image = image.convert("RGBA") if image.has_transparency_data else image
    return ImageCms.applyTransform(image.convert(transform.input_mode), transform)  # type: ignore


@lru_cache(maxsize=16)
def _transform(profile: bytes, kind: str) -> Any:
    """From the profile to sRGB, for an image of that kind; None where there is nothing to do."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode, srgb = SPACES.get(source.profile.xcolor_space), ImageCms.createProfile("sRGB")
        if mode not in FITTING[kind]:
            return None
        # Black point compensation would be Photoshop's choice; without it is the standard's.
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        # The shortcut that is taken for grey is up to 9 levels off where a curve is steep.
        flags = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE
        transform = ImageCms.buildTransform(source, srgb, mode, "RGB", intent, flags)
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None
    return transform if kind == "CMYK" or _moves(transform, mode) else None


def _moves(transform: Any, mode: str) -> bool:
    """Whether it changes any colour so that one could see it."""
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(len(steps), -1, 3)
    before = Image.fromarray(colours).convert(mode)
    after = np.asarray(ImageCms.applyTransform(before, transform))
    return bool(np.abs(after.astype(int) - np.asarray(before.convert("RGB"))).max() > SAME)
