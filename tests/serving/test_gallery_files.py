"""The files that `serve` makes for the gallery: facts, sheets, animations, real pictures."""

import base64
import io

import httpx
import numpy as np
import pytest
from PIL import Image, ImageSequence

from tests.samplers import CLASSES
from tests.serving.test_app import Client
from tfrecords_tools.common.sheet import named_grid

WAY = {"label": 0, "seed": 5, "to_label": 2, "to_seed": 9}


def pictures(rest, *rows):
    """Return the pixels of pictures from the REST interface."""
    found = rest.predict({"instances": rows}).json()["predictions"]
    images = (Image.open(io.BytesIO(base64.b64decode(each["b64"]))) for each in found)
    return np.stack([np.asarray(image) for image in images])


def test_a_contact_sheet_is_a_class_a_row(server, rest):
    answer = httpx.get(f"{server.url}/gallery/sheet.png?labels=2,0&seeds=7,{2**53 - 1},8")
    rows = [{"label": label, "seed": seed} for label in (2, 0) for seed in (7, 2**53 - 1, 8)]
    expected = pictures(rest, *rows).reshape(2, 3, 16, 16, 3)
    texts = [f"no. {row['seed']}" for row in rows]
    sheet = named_grid(expected, [CLASSES[2], CLASSES[0]], beneath=texts)
    assert answer.headers["content-type"] == "image/png"
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(answer.content))), sheet)


def test_a_sheet_of_one_class_is_several_rows(server, rest):
    answer = httpx.get(f"{server.url}/gallery/sheet.png?labels=1&seeds=0,1,2,3,4,5,6")
    painted = pictures(rest, *({"label": 1, "seed": seed} for seed in range(7)))
    expected = np.full((9, 16, 16, 3), 255, np.uint8)
    expected[:7] = painted
    names = [CLASSES[1], "", ""]
    texts = [f"no. {seed}" for seed in range(7)]
    sheet = named_grid(expected.reshape(3, 3, 16, 16, 3), names, beneath=texts)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(answer.content))), sheet)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_way_goes_there_and_back_for_ever(kind, server, rest):
    answer = httpx.get(f"{server.url}/gallery/way.{kind}", params=WAY)
    assert answer.headers["content-type"] == f"image/{kind}"
    made = Image.open(io.BytesIO(answer.content))
    frames = ImageSequence.all_frames(made)
    assert (len(frames), made.size, made.info["loop"]) == (14, (256, 256), 0)
    ends = pictures(rest, {"label": 0, "seed": 5}, {"label": 2, "seed": 9})
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
def test_what_makes_no_sense_is_refused(path, asked, sentence, server):
    answer = httpx.get(f"{server.url}/gallery/{path}", params=asked)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_real_pictures_come_as_the_export_has_them(server, model):
    answer = httpx.get(f"{server.url}/gallery/references.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content == (model / "3" / "assets.extra" / "references.jpg").read_bytes()


def test_without_a_version_there_are_none():
    answer = Client()("GET", "/gallery/sheet.png?labels=0&seeds=0")
    assert (answer.status_code, answer.json()["error"][:2]) == (404, "No")
