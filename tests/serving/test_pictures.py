"""A picture has the same pixels in every room: read from a folder, converted, sent to a server."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import ExifTags, Image

from artgan_tf.config import Data
from artgan_tf.data.pipeline import held_out_batches
from artgan_tf.data.spec import open_source
from artgan_tf.serving import check, pictures
from tests.tfrecords_tools.test_images import detailed, encoded
from tfrecords_tools.contents import image_of
from tfrecords_tools.convert import convert
from tfrecords_tools.dataset import open_dataset
from tfrecords_tools.images import read_image
from tfrecords_tools.metadata import parse
from tfrecords_tools.options import Options
from tfrecords_tools.records import read_records

SIZE = 16  # of the tiny painters


def turned(orientation: int, kind: str) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a camera"
    exif[ExifTags.Base.Orientation] = orientation
    return encoded(detailed(150, 100), kind, exif=exif)


def odd() -> dict[str, bytes]:
    """Pictures by file name."""
    plain, large = detailed(52, 40), detailed(1151, 803)
    alpha = Image.fromarray(np.arange(52 * 40).reshape(40, 52).astype(np.uint8))
    clear, grey_clear = plain.convert("RGBA"), plain.convert("LA")
    clear.putalpha(alpha)
    grey_clear.putalpha(alpha)
    deep = Image.fromarray(np.tile(np.linspace(0, 60_000, 52).astype(np.uint16), (40, 1)))
    palette, grey = plain.quantize(200), plain.convert("L")
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them to hold out, and one to train on."""
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
    """The held-out pictures as D sees them: uint8 [N, S, S, 3]."""
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
    """What an export sees of a file."""
    decode = tf.function(pictures.decode, autograph=False)
    return lambda content: decode(tf.constant(content), SIZE, SIZE).numpy()


@pytest.mark.parametrize("name", ODD)
def test_a_server_sees_what_a_folder_gives(name: str, trained_on: dict, judged: Any) -> None:
    apart = np.abs(judged(ODD[name]).astype(int) - trained_on[name])
    # Only where Pillow takes means of blocks first are both a rounding apart, here and there.
    assert apart.max() <= (name == "large.png")
    assert (apart > 0).mean() < 0.01


def test_a_server_judges_what_d_was_trained_on(
    trained_on: dict, exports: Any, painters: Any
) -> None:
    names = [name for name in ODD if not ODD[name].endswith(b"\0")]  # as NumPy's strings must not
    given = {"classify/image_bytes": np.array([ODD[name] for name in names])}
    gan = painters["improved"].gan
    scores, realness = gan.judge(gan.from_uint8(np.stack([trained_on[name] for name in names])))
    found = check.run_loader(exports["improved"], given)
    np.testing.assert_allclose(found["classify/scores"], scores, atol=1e-5)
    np.testing.assert_allclose(found["classify/realness"], realness, atol=1e-5)


def test_the_picture_of_a_record_is_the_one_that_is_trained_on(shards: Path) -> None:
    dataset = open_dataset(shards)
    (record,) = read_records(dataset.shards["train"][0][0])
    values = parse(record.data or b"") | {"image": [ODD["turned-6.jpg"]]}
    side = min(detailed(150, 100).size)
    np.testing.assert_array_equal(image_of(values, dataset), read_image(ODD["turned-6.jpg"], side))
    values["image"] = [ODD["clear.png"]]
    np.testing.assert_array_equal(image_of(values, dataset), read_image(ODD["clear.png"], 40))
