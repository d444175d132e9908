"""A picture gives the same pixels when read from a folder, converted, or sent to a server."""

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import ExifTags, Image

from artgan_tf.config import Data
from artgan_tf.data.pipeline import held_out_batches
from artgan_tf.data.spec import open_source
from artgan_tf.serving import pictures
from tests.tfrecords_tools.test_images import detailed, encoded
from tfrecords_tools.contents import image_of
from tfrecords_tools.convert import convert
from tfrecords_tools.dataset import open_dataset
from tfrecords_tools.images import read_image
from tfrecords_tools.metadata import parse
from tfrecords_tools.options import Options
from tfrecords_tools.records import read_records

SIZE = 16  # image size of the tiny samplers
# Offset and byte order of the sides in a file; in a JPEG, the height comes first.
HEADS: dict[str, Any] = {
    "PNG": lambda content: (16, "big"),
    "BMP": lambda content: (18, "little"),
    "GIF": lambda content: (6, "little"),
    "JPEG": lambda content: (content.index(b"\xff\xc0") + 5, "big"),
}


def turned(orientation: int, kind: str) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a camera"
    exif[ExifTags.Base.Orientation] = orientation
    return encoded(detailed(150, 100), kind, exif=exif)


def own_colours(gif: bytes) -> bytes:
    """Turn a GIF's global colour table into the local table of its frame."""
    flags, at = gif[10], gif.index(b"\x2c\0\0\0\0") + 9
    table = gif[13 : 13 + 3 * 2 ** (flags % 8 + 1)]
    head = gif[:10] + bytes([flags & 0x70]) + gif[11:13] + gif[13 + len(table) : at]
    return head + bytes([gif[at] | 0x80 | flags % 8]) + table + gif[at + 1 :]


def bmp_of_16(upright: bool) -> bytes:
    """Return a BMP of 53x41 pixels with a palette of ten; `upright` stores the top row first."""
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (10, 4), np.uint8).tobytes()
    places = rng.integers(0, 10, (41, 56), np.uint8)
    pixels = (places[:, ::2] << 4 | places[:, 1::2]).tobytes()
    start = 54 + len(colours)
    sizes = (40, 53, -41 if upright else 41, 1, 4, 0, len(pixels), 0, 0, 10, 0)
    header = struct.pack("<IiiHHIIiiII", *sizes)
    return b"BM" + struct.pack("<III", start + len(pixels), 0, start) + header + colours + pixels


def odd() -> dict[str, bytes]:
    """Return unusual pictures by file name."""
    plain, large = detailed(52, 40), detailed(1151, 803)
    alpha = Image.fromarray(np.arange(52 * 40).reshape(40, 52).astype(np.uint8))
    clear, grey_clear = plain.convert("RGBA"), plain.convert("LA")
    clear.putalpha(alpha)
    grey_clear.putalpha(alpha)
    deep = Image.fromarray(np.tile(np.linspace(0, 60_000, 52).astype(np.uint16), (40, 1)))
    palette, grey = plain.quantize(200), plain.convert("L")
    two = palette.point(lambda place: place % 2)  # both become black, one of them transparent
    two.putpalette(bytes(6))
    later: Any = {"save_all": True, "append_images": [palette], "comment": "!" * 44}
    found = {
        "plain.png": encoded(plain),
        "plain.jpg": encoded(plain, "JPEG"),
        "plain.bmp": encoded(plain, "BMP"),
        "stored.png": encoded(detailed(SIZE, SIZE)),
        "small.png": encoded(detailed(9, 7)),
        "grey.png": encoded(grey),
        "grey.jpg": encoded(grey, "JPEG"),
        "grey.bmp": encoded(grey, "BMP"),
        "grey-and-clear.png": encoded(grey_clear),
        "one-grey-clear.png": encoded(grey, transparency=grey.getpixel((20, 20))),
        "one-colour-clear.png": encoded(plain, transparency=plain.getpixel((20, 20))),
        "two-tones.png": encoded(plain.convert("1")),
        "palette.png": encoded(palette),
        "palette.gif": encoded(palette, "GIF"),
        "palette.bmp": encoded(palette, "BMP"),
        "clear.gif": encoded(palette, "GIF", transparency=palette.getpixel((20, 20))),
        "black-and-clear.gif": encoded(two, "GIF", transparency=1),
        "animated.gif": encoded(plain.quantize(9), "GIF", transparency=0, **later),
        "own-colours.gif": own_colours(encoded(palette, "GIF", transparency=3)),
        "two-tones.bmp": encoded(plain.convert("1"), "BMP"),
        "four-bits.bmp": bmp_of_16(upright=False),
        "four-bits-top-down.bmp": bmp_of_16(upright=True),
        "plain.webp": encoded(plain, "WEBP"),
        "clear.webp": encoded(clear, "WEBP", lossless=True),
        "palette-of-16.png": encoded(plain.quantize(10), bits=4),
        "palette-and-clear.png": encoded(palette, transparency=palette.getpixel((20, 20))),
        "clear.png": encoded(clear),
        "cmyk.jpg": encoded(plain.convert("CMYK"), "JPEG"),
        "sixteen-bits.png": encoded(deep),
        "sixteen-bits-one-clear.png": encoded(deep, transparency=deep.getpixel((20, 20))),
        "large.jpg": encoded(large, "JPEG"),
        "large-cmyk.jpg": encoded(large.convert("CMYK"), "JPEG"),
        "large.png": encoded(large),
    }
    found |= {f"turned-{i}.jpg": turned(i, "JPEG") for i in range(1, 9)}
    return found | {f"turned-{i}.png": turned(i, "PNG") for i in (3, 6)}


ODD = odd()


def changed(name: str, place: int, value: int) -> bytes:
    """Return a file with one byte changed."""
    content = bytearray(ODD[name])
    content[place] = value
    return bytes(content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of the pictures held out, and one to train on."""
    root = tmp_path_factory.mktemp("odd")
    for split, names in (("train", ["plain.png"]), ("val", ODD)):
        (root / split / "odd").mkdir(parents=True)
        for name in names:
            (root / split / "odd" / name).write_bytes(ODD[name])
    return root


@pytest.fixture(scope="module")
def shards(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shards") / "odd"
    convert(Options(folder, out, size=SIZE, encoding="png", workers=1))
    return out


def seen(spec: str) -> np.ndarray:
    """Return the held-out pictures as D sees them: uint8 [N, S, S, 3]."""
    data = Data(spec=spec, image_size=SIZE)
    batches = held_out_batches(open_source(data).val, data, 8)
    return np.concatenate([images for images, _ in batches.as_numpy_iterator()])


@pytest.fixture(scope="module")
def trained_on(folder: Path) -> dict[str, np.ndarray]:
    return dict(zip(sorted(ODD), seen(f"folder:{folder}"), strict=True))


def test_a_converter_stores_what_a_folder_gives(trained_on: dict, shards: Path) -> None:
    converted = {image.tobytes() for image in seen(f"tfrecords:{shards}")}
    assert converted == {image.tobytes() for image in trained_on.values()}


@pytest.fixture(scope="module")
def judged() -> Any:
    """A function that decodes a file as an export does."""
    decode = tf.function(pictures.decode, autograph=False)
    return lambda content: decode(tf.constant(content), SIZE, SIZE).numpy()


@pytest.mark.parametrize("name", ODD)
def test_a_server_sees_what_a_folder_gives(name: str, trained_on: dict, judged: Any) -> None:
    apart = np.abs(judged(ODD[name]).astype(int) - trained_on[name])
    # They differ, by rounding of a few pixels, only if Pillow averages blocks first.
    assert apart.max() <= (name == "large.png")
    assert (apart > 0).mean() < 0.01


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (turned(6, "WEBP"), "a WebP with EXIF, animation or a colour profile is not read"),
        (changed("palette.bmp", 30, 1), "a compressed BMP"),
        (changed("palette.gif", 6, 80), "a GIF whose first frame is not"),
        (b"BM" + bytes(40), "a compressed BMP, or one of OS/2, is not read"),
    ],
    ids=["webp", "compressed", "small frame", "old"],
)
def test_what_cannot_be_read_alike_is_refused(content: bytes, sentence: str, judged: Any) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=sentence):
        judged(content)


@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.parametrize("size", [(2000, 10), (10, 2000), (9000, 9000)])
def test_what_would_fill_the_memory_is_refused_by_its_head(
    kind: str, size: Any, judged: Any
) -> None:
    content = bytearray(encoded(Image.new("L", (1000, 10)), kind))
    assert judged(bytes(content)).shape == (SIZE, SIZE, 3)
    at, order = HEADS[kind](content)
    width = 4 if kind in ("PNG", "BMP") else 2
    for place, number in zip((at, at + width), size[:: -1 if kind == "JPEG" else 1], strict=True):
        content[place : place + width] = number.to_bytes(width, order)
    with pytest.raises(tf.errors.InvalidArgumentError, match="a picture may have"):
        judged(bytes(content))


def test_a_server_judges_what_d_was_trained_on(
    trained_on: dict, servables: Any, samplers: Any
) -> None:
    gan = samplers["improved"].gan
    scores, realness = gan.judge(gan.from_uint8(np.stack([trained_on[name] for name in ODD])))
    given = {"image_bytes": np.array([*ODD.values()], object)}
    found = servables["improved"].run("classify", given)
    np.testing.assert_allclose(found["scores"], scores, atol=1e-5)
    np.testing.assert_allclose(found["realness"], realness, atol=1e-5)


def test_the_picture_of_a_record_is_the_one_that_is_trained_on(shards: Path) -> None:
    dataset = replace(open_dataset(shards), encoding="", options={})  # like a TFDS data set
    (record,) = read_records(dataset.shards["train"][0][0])
    for name, side in (("turned-6.jpg", min(detailed(150, 100).size)), ("clear.png", 40)):
        found = image_of(parse(record.data or b"") | {"image": [ODD[name]]}, dataset)
        np.testing.assert_array_equal(found, read_image(ODD[name], side))
