"""The gallery in a browser: its grid, its verdict on a visitor's picture, and other servers."""

import base64
import io
import json
import re
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image

from artgan_tf.serving.app import Settings
from artgan_tf.serving.model_dir import find_model
from artgan_tf.serving.versions import Versions
from tests.samplers import CLASSES
from tests.serving.galleries import MOST, PNG, TWO, Gallery, answers, static_page
from tests.serving.servers import running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AWAY = "does not answer. Is it running?"


def tell(gallery: Gallery, classes: list[str], *signatures: str) -> None:
    """Give the model other class names and only the facts that every model has."""
    told = {"name": "artgan", "class_names": classes, "signatures": signatures}
    gallery.page.route("**/models.json", lambda route: route.fulfill(json={"models": [told]}))


# ---- the grid ---------------------------------------------------------------------------------
def test_the_first_screen_is_pictures_of_all_kinds(gallery, server):
    pictures = gallery.open().painted(39)
    assert list(pictures) == [f"{name}, no. {seed}" for seed in range(13) for name in CLASSES]
    gallery.wait("39 pictures of 3 kinds")
    elsewhere = [url for url in gallery.asked if not url.startswith((server, "data:image/"))]
    assert elsewhere == []
    assert gallery.text("#title") == "Painted by artgan"
    assert "pictures of 3 kinds, 16 pixels wide" in gallery.text("#about")
    assert gallery.text("#model") == f"Model artgan, version 3, served by {server}."
    first = gallery.page.locator("#grid img").first.bounding_box()
    assert first["y"] < 300
    assert first["width"] > 200
    gallery.state("first screen")
    gallery.page.evaluate("() => fetch('http://127.0.0.1:9/').catch(String)")
    assert "Content Security Policy" in "".join(gallery.said)  # the browser refuses other servers


def test_choices_fold_away_and_are_one_touch_or_any(gallery, rest):
    page = gallery.open(TWO).page
    gallery.painted(4)
    assert page.input_value("#kind") == "some"
    assert page.locator("#controls").is_hidden()
    page.select_option("#kind", label=CLASSES[2])
    assert f"{CLASSES[2]}, no. 24" in gallery.painted(20)
    gallery.state("one kind")
    page.click("#choose")
    gallery.state("choices")
    page.click("#none")
    page.click("#paint")
    assert gallery.text("#controls-error") == "Choose at least one kind."
    page.get_by_role("checkbox", name=CLASSES[1]).check()
    page.fill("#seeds", f"{MOST}, 7, 12")
    page.fill("#count", "4")
    page.click("#paint")
    gallery.wait("4 pictures")
    seeds = [MOST, 7, 12, 13]
    expected = answers(rest, "serving_default", *({"label": 1, "seed": seed} for seed in seeds))
    alts = [f"{CLASSES[1]}, no. {seed}" for seed in seeds]
    assert gallery.painted(4) == dict(zip(alts, expected, strict=True))
    page.click("#random")
    page.get_by_alt_text(alts[1], exact=True).wait_for(state="detached")
    seed = int(page.input_value("#seeds"))
    assert 0 <= seed < 1_000_000
    assert f"{CLASSES[1]}, no. {seed + 3}" in gallery.painted(4)
    gallery.state("others")


def test_input_that_makes_no_sense_is_refused_in_place(gallery):
    page = gallery.open(TWO).page
    gallery.painted(4)
    before = len(gallery.asked)
    page.click("#choose")
    for field, text, problem in (
        ("#seeds", str(MOST + 1), "A number is whole, such as 7, and has 15 digits at most."),
        ("#seeds", "1e3", "A number is whole"),
        ("#seeds", "", "Give at least one number, such as 7."),
        ("#seeds", str(MOST), "Numbers have 15 digits at most: start lower, or ask for fewer."),
        ("#seeds", "1, 2, 3", "3 numbers are more than 2 pictures of each kind."),
        ("#count", "65", "Ask for 1 to 64 pictures of each kind."),
    ):
        page.fill(field, text)
        page.click("#paint")
        assert problem in gallery.text("#controls-error")
        assert page.get_attribute(field, "aria-invalid") == "true"
        assert gallery.focused(field)
    assert len(gallery.asked) == before
    gallery.state("refused input")


def test_class_names_are_text_and_read_as_words(gallery):
    classes = ['<b>"&amp;', "<img src=x onerror=alert(1)>", "a_b#c=d&e"]
    tell(gallery, classes, "serving_default", "mix")
    gallery.open("/#count=2").painted(6)
    gallery.page.locator("#grid .tile").last.click()
    gallery.shown("a b#c=d&e, no. 1")
    gallery.page.reload()
    gallery.shown("a b#c=d&e, no. 1")
    assert gallery.text("#detail-heading") == "a b#c=d&e, no. 1"
    assert gallery.page.locator("b, img[src=x]").count() == 0
    gallery.state("strange names")


def test_of_many_classes_one_is_found_by_typing(gallery):
    tell(gallery, [f"class {i}" for i in range(40)], "serving_default", "mix")  # it has three
    page = gallery.open("/#class=class 2&count=1").page
    gallery.painted(1)
    page.click("#choose")
    page.click("#none")
    page.fill("#filter", "39")
    assert page.locator(".chip:visible").all_inner_texts() == ["class 39"]
    page.click("#all")
    page.click("#paint")
    gallery.wait("The server refuses: ")
    assert "label must be from 0 to 2" in gallery.text("#notice")
    assert "; these are the ones before" in gallery.text("#status")
    assert list(gallery.painted(1)) == ["class 2, no. 0"]


def test_the_keyboard_reaches_everything(gallery):
    page = gallery.open("/#seeds=0&count=3").page
    gallery.painted(9)
    for _ in range(20):
        page.keyboard.press("Tab")
        if gallery.focused(".tile"):
            break
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    gallery.shown(f"{CLASSES[1]}, no. 1")
    assert gallery.focused("#detail-heading")
    for _ in range(40):  # Tab must stay within the dialog
        page.keyboard.press("Tab")
        assert gallery.focused("#detail, #detail *, body")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.matches('.tile:has([alt$=\"no. 1\"])')")
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    assert gallery.focused("#file")
    page.wait_for_function("() => !location.hash.includes('at=')")  # going back takes its time


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (320, "dark")])
def test_it_fits_the_screen(width, scheme, browser, server):
    size = {"width": width, "height": 844}
    gallery = Gallery(browser, server, viewport=size, color_scheme=scheme, reduced_motion="reduce")
    page = gallery.open(f"/#seeds={MOST - 3}&count=4").page
    gallery.painted(12)
    assert page.locator("#grid img").first.bounding_box()["y"] < 422  # the upper half
    gallery.state(f"wall {width} {scheme}")
    page.click("#choose")
    gallery.state(f"choices {width} {scheme}")
    page.click(".tile >> nth=0")
    gallery.painted(6, "#neighbours")
    gallery.painted(8, "#frames")
    gallery.state(f"picture {width} {scheme}")
    page.click("#see summary")
    gallery.painted(1, "#seen")
    gallery.state(f"seen {width} {scheme}")
    page.locator("#go").scroll_into_view_if_needed()
    bar, picture = (page.locator(part).bounding_box() for part in (".bar", "#mini"))
    assert 0 <= bar["y"] < 20  # the bar with the close button stays visible
    assert width > 1000 or bar["y"] + bar["height"] <= picture["y"] + 1
    assert width > 1000 or picture["y"] + picture["height"] < 844 / 4
    gallery.state(f"scrolled {width} {scheme}")
    page.click("#next")
    gallery.shown(f"{CLASSES[1]}, no. {MOST - 3}")
    gallery.state(f"next {width} {scheme}")
    page.context.close()


def test_the_contact_sheet_is_a_link_to_what_is_seen(gallery):
    page = gallery.open(TWO).page
    gallery.painted(4)
    link = str(page.get_attribute("#sheet", "href"))
    assert link.endswith("/gallery/sheet.png?labels=0%2C2&seeds=5%2C6")
    assert Image.open(io.BytesIO(httpx.get(link).content)).format == "PNG"
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#link-view")
    gallery.wait("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == gallery.address()


# ---- a visitor's own picture ------------------------------------------------------------------
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


# ---- other models and servers -----------------------------------------------------------------
def test_what_a_model_lacks_is_not_shown(gallery, rest):
    tell(gallery, CLASSES, "serving_default")
    gallery.open(f"{TWO}&at=rings&seed=5")
    (plain,) = answers(rest, "serving_default", {"label": 0, "seed": 5})
    assert gallery.shown("rings, no. 5") == plain
    for part in ("#morph", "#way", "#neighbours-section", "#see", "#judge", "#references-section"):
        assert gallery.page.locator(part).is_hidden()
    gallery.state("little model")


def test_a_tf_serving_tells_no_class_names_but_they_may_lie_beside_the_page(gallery, model):
    page = gallery.page
    page.route("**/gallery/models.json", lambda route: route.fulfill(status=404, body="no"))
    gallery.open("/?model=artgan#count=1")
    assert "class 2, no. 0" in gallery.painted(3)
    assert page.locator("#sheet").is_hidden()  # only our server makes sheets
    gallery.open("/")
    gallery.wait("add ?model=NAME to this page's address")
    gallery.open("/?server=localhost:8501")
    gallery.wait("?server= takes an address such as http://host:8501.")
    facts = json.loads((model / "3" / "assets.extra" / "artgan.json").read_text())
    page.route(f"{gallery.url}/models.json", lambda route: route.fulfill(json=facts))
    assert f"{CLASSES[2]}, no. 0" in gallery.open("/?model=artgan#count=1").painted(3)


def test_pictures_stay_where_they_are_when_the_server_is_away(gallery):
    page = gallery.open(TWO).page
    pictures = gallery.painted(4)
    page.route("**/v1/**", lambda route: route.abort())
    page.click("#random")
    gallery.wait(AWAY)
    assert gallery.painted(4) == pictures
    assert "; these are the ones before" in gallery.text("#status")
    page.click("#grid .tile >> nth=1")
    assert gallery.shown("Éclair, no. 5") == pictures["Éclair, no. 5"]
    of_one = re.compile(r'"mix","instances":\[\{[^{]*$')  # for one picture, not for several
    with page.expect_event("requestfailed", lambda asked: of_one.search(asked.post_data or "")):
        page.fill("#t", "40")
    page.locator("#detail-notice .notice").wait_for()
    assert gallery.shown("Éclair, no. 5") == pictures["Éclair, no. 5"]
    gallery.state("server away, picture")
    page.unroute("**/v1/**")
    page.locator("#detail-notice").get_by_text("Try again").click()
    gallery.shown("Éclair, no. 5, 40 % towards no. 6")
    page.click("#close")
    gallery.state("server away")
    page.locator("#notice").get_by_text("Try again").click()
    seed = int(page.input_value("#seeds"))
    page.get_by_alt_text(f"rings, no. {seed}", exact=True).wait_for()
    gallery.painted(4)
    gallery.state("server back")


def test_a_page_of_its_own_survives_its_server(browser, model, servables):
    versions = Versions(find_model(model), 1, lambda *_: servables["improved"])
    versions.poll()
    with static_page() as page:
        with running(versions, Settings(cors=[page])) as server:
            gallery = Gallery(browser, f"{page}/?server={server}&model=artgan")
            pictures = gallery.open(TWO.removeprefix("/")).painted(4)
            origins = {urlsplit(asked).netloc for asked in gallery.asked} - {""}
            assert origins == {urlsplit(page).netloc, urlsplit(server).netloc}
            gallery.state("page of its own")
        gallery.page.click("#random")
        gallery.wait(f"The server at {server} {AWAY}")
        assert gallery.painted(4) == pictures
        gallery.page.reload()
        gallery.wait(f"The server at {server} {AWAY}")
        gallery.page.context.close()
