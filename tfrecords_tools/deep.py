"""Converts grey images of more than 8 bits, with black and white as the file defines them.

The range is never guessed from the values: a single brighter pixel would change all the others.
"""

import numpy as np
from PIL import Image

BITS, PHOTOMETRIC, SAMPLES = 258, 262, 339  # TIFF tags
WHITE_IS_ZERO, SIGNED = 0, 2
KNOWN = ("PNG", "PPM", "TIFF")  # formats whose integers have a known white
OVERSHOOT = 0.1  # of floats beyond black and white, as sharpening and resizing cause


def to_eight_bits(image: Image.Image) -> Image.Image:
    """Scale a grey image of 12, 16 or 32 bits, or of floats from 0 to 1, so that white is 255.

    Raises:
        ValueError: the file does not define white.
    """
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
