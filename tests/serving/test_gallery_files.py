"""The files that `serve` makes for the gallery: facts, sheets, animations, real pictures."""

import base64
import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from tests.samplers import CLASSES
from tfrecords_tools.common.sheet import named_grid

WAY = {"label": 0, "seed": 5, "to_label": 2, "to_seed": 9}


def pictures(rest, *rows):
    """Return the pixels of pictures from the REST interface, by label and seed."""
    asked = [{"label": label, "seed": seed} for label, seed in rows]
    found = rest.predict({"instances": asked}).json()["predictions"]
    images = (Image.open(io.BytesIO(base64.b64decode(each["b64"]))) for each in found)
    return np.stack([np.asarray(image) for image in images])


@pytest.fixture
def get(rest, server):
    """A function that gets a file of the gallery."""
    return lambda path, **options: rest.client.get(f"{server}/gallery/{path}", **options)


def sheet(answer):
    assert answer.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_a_contact_sheet_is_a_class_a_row_or_one_class_in_several(get, rest):
    seeds = [7, 2**53 - 1, 8]
    painted = pictures(rest, *((label, seed) for label in (2, 0) for seed in seeds))
    texts = [f"no. {seed}" for seed in seeds * 2]
    images = painted.reshape(2, 3, 16, 16, 3)
    expected = named_grid(images, [CLASSES[2], CLASSES[0]], beneath=texts)
    found = sheet(get(f"sheet.png?labels=2,0&seeds=7,{2**53 - 1},8"))
    np.testing.assert_array_equal(found, expected)
    white = np.full((1, 16, 16, 3), 255, np.uint8)
    three = np.concatenate([pictures(rest, (1, 0), (1, 1), (1, 2)), white])
    texts = [f"no. {seed}" for seed in range(3)]
    expected = named_grid(three.reshape(2, 2, 16, 16, 3), [CLASSES[1], ""], beneath=texts)
    found = sheet(get("sheet.png?labels=1&seeds=0,1,2"))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_way_goes_there_and_back_for_ever(kind, get, rest):
    answer = get(f"way.{kind}", params=WAY)
    assert answer.headers["content-type"] == f"image/{kind}"
    made = Image.open(io.BytesIO(answer.content))
    frames = ImageSequence.all_frames(made)
    assert (len(frames), made.size, made.info["loop"]) == (14, (256, 256), 0)
    ends = pictures(rest, (0, 5), (2, 9))
    for frame, end in zip((frames[0], frames[7]), ends, strict=True):
        expected = Image.fromarray(end).resize(made.size, Image.Resampling.BICUBIC)
        far = np.abs(np.asarray(frame.convert("RGB"), int) - np.asarray(expected, int))
        assert far.mean() < 8  # from the palette or lossy WebP; other pictures differ by 30


@pytest.mark.parametrize(
    ("path", "asked", "sentence"),
    [
        ("way.gif", WAY | {"label": 3}, "label takes whole numbers from 0 to 2."),
        ("way.gif", WAY | {"to_seed": 2**53}, f"to_seed takes whole numbers from 0 to {2**53 - 1}"),
        ("way.webp", WAY | {"seed": "-1"}, "seed takes whole numbers"),
        ("way.webp", WAY | {"truncation": "101"}, "truncation takes whole numbers from 0 to 100."),
        ("sheet.png", {"labels": "0,x", "seeds": "1"}, "labels takes whole numbers"),
        ("sheet.png", {"labels": "0"}, "seeds takes whole numbers"),
        ("sheet.png", {"labels": "0", "seeds": ",".join(["1"] * 257)}, "256 pictures at most"),
    ],
)
def test_what_makes_no_sense_is_refused(path, asked, sentence, get):
    answer = get(path, params=asked)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_real_pictures_come_as_the_export_has_them(get, model):
    answer = get("references.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content == (model / "3" / "assets.extra" / "references.jpg").read_bytes()
