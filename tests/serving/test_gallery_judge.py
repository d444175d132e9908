"""The discriminator's verdict on an image that a visitor of the gallery brings."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.painters import CLASSES
from tests.serving.galleries import PNG, TWO, answers

pytestmark = pytest.mark.browser


def png() -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def judged(gallery, rest, name):
    """Whether the verdict is that of the REST interface."""
    content = {"image_bytes": {"b64": base64.b64encode(png()).decode()}}
    body = {"signature_name": "classify", "instances": [content]}
    (verdict,) = rest.predict(body).json()["predictions"]
    gallery.page.locator(".score").last.wait_for()
    assert gallery.text("#verdict strong") == verdict["class_name"]
    shown = dict(text.split("\n") for text in gallery.page.locator(".score").all_inner_texts())
    values = dict(zip(CLASSES, verdict["scores"], strict=True)) | {"real": verdict["realness"]}
    assert shown.keys() == values.keys()
    assert [int(shown[key].split()[0]) for key in values] == pytest.approx(
        [100 * value for value in values.values()], abs=0.51
    )
    (decoded,) = answers(rest, "reconstruct", content)
    assert gallery.painted(2, "#verdict")[f"{name}, reconstructed"] == decoded


def test_a_chosen_image_is_judged(gallery, rest):
    gallery.open(TWO).painted(4)
    file = {"name": "mine.png", "mimeType": "image/png", "buffer": png()}
    gallery.page.set_input_files("#file", files=[file])
    judged(gallery, rest, "mine.png")


def test_a_dropped_image_is_judged_wherever_it_falls(gallery, rest):
    gallery.open(TWO).painted(4)
    script = """text => {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
      return transfer;
    }"""
    transfer = gallery.page.evaluate_handle(script, base64.b64encode(png()).decode())
    for event in ("dragover", "drop"):
        gallery.page.dispatch_event("header", event, {"dataTransfer": transfer})
    judged(gallery, rest, "dropped.png")


def test_a_photograph_is_sent_as_it_is(gallery):
    gallery.open(TWO).painted(4)
    photograph = io.BytesIO()
    Image.open(io.BytesIO(png())).save(photograph, "JPEG")
    content = photograph.getvalue()
    file = {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": content}
    gallery.page.set_input_files("#file", files=[file])
    source = gallery.painted(2, "#verdict")["x.jpg"]
    assert source == f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"


def test_other_formats_are_redrawn_and_what_is_no_image_is_refused(gallery):
    gallery.open(TWO).painted(4)
    webp, words = io.BytesIO(), b"no picture"
    Image.open(io.BytesIO(png())).resize((3000, 20)).save(webp, "WEBP")
    file = {"name": "x.webp", "mimeType": "image/webp", "buffer": webp.getvalue()}
    gallery.page.set_input_files("#file", files=[file])
    source = gallery.painted(2, "#verdict")["x.webp"]
    assert Image.open(io.BytesIO(base64.b64decode(source.removeprefix(PNG)))).size == (1024, 7)
    for kind, problem in (("image/gif", "no image that this browser"), ("image/png", "refuses")):
        file = {"name": "words", "mimeType": kind, "buffer": words}
        gallery.page.set_input_files("#file", files=[file])
        gallery.wait(problem)


def test_a_painting_of_the_gallery_is_judged_too(gallery):
    gallery.open(f"{TWO}&at=rings&seed=5").shown("rings, seed 5")
    gallery.page.click("#ask")
    assert len(gallery.painted(2, "#verdict")) == 2
