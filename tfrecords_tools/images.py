"""Decodes image files of any format to sRGB uint8 with a given short side."""

import io
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from tfrecords_tools.colours import to_eight_bits, to_srgb

# Files with these suffixes count as images without being opened; all others are opened.
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
SUFFIXES |= {".jpe", ".jfif", ".avif", ".jp2"}
FOREIGN = ("BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF")  # Pillow knows them, but cannot read them
LONGEST = 100  # times the short side: enlarging a line one pixel wide would fill the memory
# A JPEG is decoded at the smallest of its scales that exceeds the result by this factor, which is
# ten times faster.  The PSNR to full decoding is 43 to 50 dB for enlarged paintings of WikiArt's
# size, and 35 dB for detailed images at the worst scales (46 dB with a factor of 2, at half the
# speed).
ROOM = 1.1
SUBFILE, REDUCED = 254, 1  # TIFF tag of a page, and its bit for a reduced copy of another page
# Pillow refuses decompression bombs; it warns from half that size on, as large paintings have.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

Box = tuple[float, float, float, float]  # left, top, right, bottom

TURNS = {  # EXIF orientation -> transposition that sets the image upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class UnreadableImage(ValueError):
    """A file that is not an image, or is damaged."""


def is_image(path: Path) -> bool:
    """Return whether a file has an image's suffix, or an image's content under any name."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        with Image.open(path) as image:
            return image.format not in FOREIGN
    except Exception:  # Pillow's plugins can raise anything on other files
        return False


def read_image(source: Path | str | bytes, short_side: int) -> np.ndarray:
    """Decode and resize an image as `open_image` does, to uint8 [height, width, 3]."""
    return np.asarray(open_image(source, short_side), dtype=np.uint8)


def open_image(
    source: Path | str | bytes | np.ndarray, short_side: int, profiles: bool = True
) -> Image.Image:
    """Decode an image and resize it.

    Grey, palette, CMYK, 16-bit and animated images become RGB (the first frame), transparent pixels
    are blended with white, and the EXIF orientation is applied.

    Args:
        source: a path, an encoded image, or the pixels, uint8 [height, width, 3].
        short_side: length of the result's short side, in pixels; the aspect ratio is kept.
        profiles: whether to convert colours by the image's ICC profile, or to ignore it.

    Raises:
        UnreadableImage: the file is not an image, or is damaged; its message is the reason.
    """
    if isinstance(source, np.ndarray):
        return fit(Image.fromarray(source), short_side)
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            return _read(image, short_side, profiles)
    except (UnreadableImage, MemoryError):
        raise
    except UnidentifiedImageError:
        raise UnreadableImage("it is not an image, or its format is unknown") from None
    except Exception as error:  # Pillow's plugins can raise anything on a damaged file
        reason = error.strerror if isinstance(error, OSError) else None
        raise UnreadableImage(reason or str(error) or type(error).__name__) from None


def whole(image: Image.Image) -> Image.Image:
    """Convert an opened image to RGB as `open_image` does, but at its own size."""
    _seek_picture(image)
    _check_aspect(image)
    return _upright(_to_rgb(image), image)


def fit(image: Image.Image, short_side: int, box: Box | None = None) -> Image.Image:
    """Resize an image, or its `box`, to a short side in pixels, keeping the aspect ratio."""
    left, top, right, bottom = box or (0, 0, *image.size)
    width, height = right - left, bottom - top
    scale = short_side / min(width, height)
    size = round(width * scale), round(height * scale)
    # The gap lets a box filter do the first part of a strong reduction, which is ten times faster;
    # the PSNR to the exact result is 52 dB.
    return image.resize(
        size, Image.Resampling.LANCZOS, box=(left, top, right, bottom), reducing_gap=4.0
    )


def _read(image: Image.Image, short_side: int, profiles: bool) -> Image.Image:
    _seek_picture(image)
    _check_aspect(image)
    # A scaled JPEG's size is rounded up; without the exact box it would be squeezed and shifted.
    draft = image.draft("RGB", (round(ROOM * short_side),) * 2)
    rgb = _to_rgb(image, profiles)
    picture = _upright(fit(rgb, short_side, draft[1] if draft else None), image)
    picture.info = {}  # or its comments and colour profile would be stored with it
    return picture


def _check_aspect(image: Image.Image) -> None:
    if max(image.size) > LONGEST * min(image.size):
        raise UnreadableImage(f"{image.width}x{image.height} is a line, not a picture")


def _upright(picture: Image.Image, original: Image.Image) -> Image.Image:
    """Turn a picture by the EXIF orientation of the loaded original, unless that is broken."""
    turn = None
    with suppress(Exception):
        turn = TURNS.get(int(original.getexif().get(ExifTags.Base.Orientation, 1)))
    return picture if turn is None else picture.transpose(turn)


def _to_rgb(image: Image.Image, profiles: bool = True) -> Image.Image:
    profile = image.info.get("icc_profile") if profiles else None
    _shorten_transparency(image)
    if image.mode[0] in "IF":
        image = to_eight_bits(image)
    rgba = image.convert("RGBA") if image.has_transparency_data else None
    rgb = to_srgb(image, profile) if profile else (rgba or image).convert("RGB")
    if not rgba:
        return rgb
    rgb.putalpha(rgba.getchannel("A"))
    return Image.alpha_composite(Image.new("RGBA", rgb.size, "white"), rgb).convert("RGB")


def _shorten_transparency(image: Image.Image) -> None:
    """Scale a PNG's transparent colour to 8 bits, as Pillow does only for its pixels."""
    tile, transparent = getattr(image, "tile", None), image.info.get("transparency")
    if not tile or transparent is None:
        return
    if (image.mode, tile[0][3]) == ("RGB", "RGB;16B"):
        image.info["transparency"] = tuple(c >> 8 for c in transparent)
    elif image.mode == "L" and (scale := {"L;2": 85, "L;4": 17}.get(tile[0][3])):
        image.info["transparency"] = scale * transparent


def _seek_picture(image: Image.Image) -> None:
    """Skip a TIFF's leading pages that are reduced copies; if all are, take the largest."""
    sizes: list[int] = []
    with suppress(EOFError):
        while getattr(image, "tag_v2", {}).get(SUBFILE, 0) & REDUCED:
            sizes.append(image.width * image.height)
            image.seek(len(sizes))
        return
    image.seek(sizes.index(max(sizes)))
