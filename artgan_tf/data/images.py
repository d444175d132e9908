"""Any image file as RGB uint8 with a given short side, whatever odd form it comes in."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"})


class UnreadableImage(ValueError):
    """A file that is no image, or a broken one."""


def read_image(source: Path | str | bytes, short_side: int) -> np.ndarray:
    """Decode a file or its bytes and resize it.

    Grey, palette, CMYK, 16-bit and animated images become RGB (the first frame), transparency is
    laid on white, and the camera's orientation is followed.

    Args:
        source: a path, or an encoded image.
        short_side: of the result, in pixels; the aspect ratio is kept.

    Returns:
        uint8 [height, width, 3].

    Raises:
        UnreadableImage: naming the reason.
    """
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            # A JPEG decodes ten times faster at the smallest scale that is still large enough.
            image.draft("RGB", (2 * short_side, 2 * short_side))
            return fit(_to_rgb(ImageOps.exif_transpose(image)), short_side)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadableImage(str(error)) from None


def fit(image: Image.Image, short_side: int) -> np.ndarray:
    """The image with that short side, aspect kept, as uint8 [height, width, 3]."""
    scale = short_side / min(image.size)
    size = (max(short_side, round(image.width * scale)), max(short_side, round(image.height * scale)))
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    return np.asarray(image, dtype=np.uint8)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        grey = np.asarray(image, dtype=np.float64)
        high = 65535.0 if grey.max() > 255 else 255.0
        image = Image.fromarray((np.clip(grey / high, 0, 1) * 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")
