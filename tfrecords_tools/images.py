"""Any image file as sRGB uint8 with a given short side, whatever odd form it comes in."""

import io
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from tfrecords_tools.deep import to_eight_bits
from tfrecords_tools.profiles import to_srgb

# Files that are taken for images unread; others are looked into.
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
SUFFIXES |= {".jpe", ".jfif", ".avif", ".jp2"}
FOREIGN = ("BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF")  # Pillow knows them, but cannot read them
LONGEST = 100  # times the short side: a line one pixel wide would fill the memory once enlarged
# A JPEG decodes ten times faster at the smallest of its scales that is this much larger than the
# result.  From what decoding all of it gives that is 43 to 50 dB away for enlarged paintings of
# WikiArt's size; at the worst scales, full of detail, 35 dB (with 2: 46 dB, at half the speed).
ROOM = 1.1
SUBFILE, REDUCED = 254, 1  # the tag of a TIFF's page, and its bit for a smaller copy of another
# Pillow refuses decompression bombs, and warns of pictures of half that size: large paintings.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

Box = tuple[float, float, float, float]  # left, top, right, bottom

TURNS = {  # EXIF orientation -> what sets the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class UnreadableImage(ValueError):
    """A file that is no image, or a broken one."""


def is_image(path: Path) -> bool:
    """Whether a file is called an image, or is one whatever it is called."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        with Image.open(path) as image:
            return image.format not in FOREIGN
    except Exception:  # of a file that is none Pillow's plugins raise whatever they trip over
        return False


def read_image(source: Path | str | bytes, short_side: int) -> np.ndarray:
    """What `open_image` gives, as uint8 [height, width, 3]."""
    return np.asarray(open_image(source, short_side), dtype=np.uint8)


def open_image(
    source: Path | str | bytes | np.ndarray, short_side: int, profiles: bool = True
) -> Image.Image:
    """Decode a file or its bytes and resize it.

    Grey, palette, CMYK, 16-bit and animated images become RGB (the first frame), transparency is
    laid on white, and the camera's orientation is followed.

    Args:
        source: a path, an encoded image, or the pixels themselves, uint8 [height, width, 3].
        short_side: of the result, in pixels; the aspect ratio is kept.
        profiles: whether colours are what the image's ICC profile says, or just numbers.

    Raises:
        UnreadableImage: naming the reason.
    """
    if isinstance(source, np.ndarray):
        return fit(Image.fromarray(source), short_side)
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            return _read(image, short_side, profiles)
    except (UnreadableImage, MemoryError):
        raise
    except UnidentifiedImageError:
        raise UnreadableImage("it is no image, or of an unknown kind") from None
    except Exception as error:  # on a broken file Pillow's plugins raise whatever they trip over
        reason = error.strerror if isinstance(error, OSError) else None
        raise UnreadableImage(reason or str(error) or type(error).__name__) from None


def whole(image: Image.Image) -> Image.Image:
    """What `open_image` makes of an opened file, in its own size."""
    _seek_picture(image)
    _refuse_line(image)
    return _upright(_to_rgb(image), image)


def fit(image: Image.Image, short_side: int, box: Box | None = None) -> Image.Image:
    """The image, or the `box` of it, with that short side and its aspect ratio kept."""
    left, top, right, bottom = box or (0, 0, *image.size)
    width, height = right - left, bottom - top
    scale = short_side / min(width, height)
    size = round(width * scale), round(height * scale)
    # The gap lets a plain average do the first, large part of a strong reduction: 52 dB from the
    # exact answer, ten times faster.
    return image.resize(
        size, Image.Resampling.LANCZOS, box=(left, top, right, bottom), reducing_gap=4.0
    )


def _read(image: Image.Image, short_side: int, profiles: bool) -> Image.Image:
    _seek_picture(image)
    _refuse_line(image)
    # A scaled JPEG's size is rounded up: without the exact box it would be squeezed and shifted.
    draft = image.draft("RGB", (round(ROOM * short_side),) * 2)
    rgb = _to_rgb(image, profiles)
    picture = _upright(fit(rgb, short_side, draft[1] if draft else None), image)
    picture.info = {}  # comments and colour profiles would go wherever the picture is stored
    return picture


def _refuse_line(image: Image.Image) -> None:
    if max(image.size) > LONGEST * min(image.size):
        raise UnreadableImage(f"{image.width}x{image.height} is a line, not a picture")


def _upright(picture: Image.Image, original: Image.Image) -> Image.Image:
    turn = TURNS.get(_orientation(original))
    return picture if turn is None else picture.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation of a loaded image; 1, upright, where EXIF is missing or broken."""
    with suppress(Exception):
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    return 1


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
    """Of a PNG's 16 bits a colour Pillow keeps eight, but not of the one that is transparent."""
    tile = getattr(image, "tile", None) if image.mode == "RGB" else None
    if tile and tile[0][3] == "RGB;16B" and "transparency" in image.info:
        image.info["transparency"] = tuple(c >> 8 for c in image.info["transparency"])


def _seek_picture(image: Image.Image) -> None:
    """Pass by the first pages of a TIFF that are smaller copies of another: the picture counts."""
    sizes: list[int] = []
    with suppress(EOFError):
        while getattr(image, "tag_v2", {}).get(SUBFILE, 0) & REDUCED:
            sizes.append(image.width * image.height)
            image.seek(len(sizes))
        return
    image.seek(sizes.index(max(sizes)))
