"""Converts pixels to sRGB of 8 bits: by ICC colour profiles, and from deeper grey.

The range of deep grey is never guessed from its values: one brighter pixel would change all others.
"""

import io
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # colour space of a profile -> Pillow's mode
FITTING = {"CMYK": ("CMYK",), "L": ("L", "RGB"), "RGB": ("RGB",)}  # image -> modes of profiles
GREY = ("1", "L", "LA")
SAME = 2  # grey levels: a profile that changes no colour by more is equivalent to sRGB
BITS, PHOTOMETRIC, SAMPLES = 258, 262, 339  # TIFF tags
WHITE_IS_ZERO, SIGNED = 0, 2
KNOWN = ("PNG", "PPM", "TIFF")  # formats whose integers have a known white
OVERSHOOT = 0.1  # of floats beyond black and white, as sharpening and resizing cause


# ---- colour profiles ---------------------------------------------------------------------------
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


# ---- deep grey --------------------------------------------------------------------------------
def to_eight_bits(image: Image.Image) -> Image.Image:
    """Scale grey of 12, 16 or 32 bits, or floats from 0 to 1; ValueError if white is undefined."""
    values, tags = np.array(image), getattr(image, "tag_v2", {})
    grey = _floats(values) if image.mode == "F" else _integers(values, image, tags)
    if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO:
        grey = 1 - grey
    if "transparency" in image.info:  # a grey value that becomes white
        grey[values == image.info["transparency"]] = 1
    return Image.fromarray(np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8))


def _floats(values: np.ndarray) -> np.ndarray:
    grey = np.nan_to_num(values.astype(np.float64), nan=0, posinf=0, neginf=0)
    if grey.min() < -OVERSHOOT or grey.max() > 1 + OVERSHOOT:
        raise ValueError(
            f"its floats go from {grey.min():g} to {grey.max():g}, but white is only defined for a "
            f"range of 0 to 1"
        )
    return grey


def _integers(values: np.ndarray, image: Image.Image, tags: dict) -> np.ndarray:
    if image.mode == "I" and image.format not in KNOWN:
        raise ValueError(f"the integers of a {image.format} file do not define white")
    bits = tags.get(BITS, (16,))[0]
    signed = tags.get(SAMPLES, (1,))[0] == SIGNED
    # Pillow's signed mode makes the brighter half of 32 bits negative.
    counted = (values.astype(np.int64) + signed * 2 ** (bits - 1)) % 2**bits
    return counted / (2**bits - 1)
