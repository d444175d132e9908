"""The gallery's verdict on a visitor's own picture."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.samplers import CLASSES
from tests.serving.galleries import PNG, TWO, answers

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def picture(kind="PNG", size=(30, 20)) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).resize(size).save(file, kind)
    return file.getvalue()


def judged(gallery, rest, name):
    """Check that the verdict agrees with the REST interface."""
    content = {"image_bytes": {"b64": base64.b64encode(picture()).decode()}}
    body = {"signature_name": "classify", "instances": [content]}
    (verdict,) = rest.predict(body).json()["predictions"]
    (decoded,) = answers(rest, "reconstruct", content)
    assert gallery.painted(2, "#verdict")[f"{name}, reconstructed"] == decoded
    sure = f"{max(verdict['scores']):.0%}".replace("%", "\xa0%")
    told = f"It sees: {verdict['class_name']}, and is {sure} sure."
    assert gallery.text(".scores p >> nth=0") == told
    shown = dict(text.split("\n") for text in gallery.page.locator(".score").all_inner_texts())
    values = dict(zip(CLASSES, verdict["scores"], strict=True))
    values |= {"looks real": verdict["realness"]}
    assert shown.keys() == values.keys()
    for key, value in values.items():
        assert int(shown[key].split()[0]) == pytest.approx(100 * value, abs=0.51)
    assert "75 in 100 rightly; guessing would get 33." in gallery.text("#verdict")


def test_pictures_are_judged_and_a_bad_file_keeps_the_last_verdict(gallery, rest):
    def choose(name, kind, content):
        file = {"name": name, "mimeType": kind, "buffer": content}
        page.set_input_files("#file", files=[file])

    page = gallery.open(TWO).page
    gallery.painted(4)
    script = """text => {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
      return transfer;
    }"""
    transfer = page.evaluate_handle(script, base64.b64encode(picture()).decode())
    for event in ("dragover", "drop"):  # wherever it falls
        page.dispatch_event("header", event, {"dataTransfer": transfer})
    judged(gallery, rest, "dropped.png")
    gallery.state("verdict")
    page.click("#to-judge")
    assert gallery.focused("#file")
    choose("x.jpg", "image/jpeg", picture("JPEG"))  # sent unchanged
    page.get_by_alt_text("x.jpg", exact=True).wait_for()
    photograph = f"data:image/jpeg;base64,{base64.b64encode(picture('JPEG')).decode()}"
    assert gallery.painted(2, "#verdict")["x.jpg"] == photograph
    choose("x.webp", "image/webp", picture("WEBP", (3000, 60)))  # redrawn as a PNG
    page.get_by_alt_text("x.webp", exact=True).wait_for()
    source = gallery.painted(2, "#verdict")["x.webp"]
    assert Image.open(io.BytesIO(base64.b64decode(source.removeprefix(PNG)))).size == (1024, 20)
    verdict = gallery.text("#verdict")
    problems = {"image/gif": "no image that this browser", "image/png": "words is no"}
    for kind, problem in problems.items():
        choose("words", kind, b"no picture")
        gallery.wait(problem)
        assert gallery.text("#verdict") == verdict
    gallery.state("bad file")
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose another picture").click()
    chooser.value.set_files({"name": "good.png", "mimeType": "image/png", "buffer": picture()})
    page.get_by_alt_text("good.png", exact=True).wait_for()
    judged(gallery, rest, "good.png")
    assert gallery.text("#judge-notice") == ""
