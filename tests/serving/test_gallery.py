"""The gallery in a browser: what it shows is what the server answers, and links bring it back."""

import base64
import io
import json
import signal
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from tests.painters import CLASSES
from tests.serving.galleries import PNG, Gallery, StaticPage, answers
from tests.serving.servers import Server, Service

pytestmark = pytest.mark.browser

TWO = "/#class=rings&class=Éclair&seeds=5&count=2"
MOST = 2**53 - 1


@pytest.fixture(scope="module")
def rest(server) -> Service:
    return Service(f"{server.url}/v1/models/artgan")


@pytest.fixture
def gallery(browser, server):
    opened = Gallery(browser, server.url)
    yield opened
    opened.page.context.close()


def png() -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


# ---- the grid -----------------------------------------------------------------------------------
def test_it_opens_with_paintings_and_asks_nobody_else(gallery, server):
    pictures = gallery.open().painted(24)
    assert list(pictures) == [f"{name}, seed {seed}" for name in CLASSES for seed in range(8)]
    assert gallery.said == []
    elsewhere = [url for url in gallery.asked if not url.startswith((server.url, "data:image/"))]
    assert elsewhere == []
    assert gallery.text("#status") == "24 paintings"
    assert gallery.text("#model") == f"artgan, version 3, served by {server.url}"


def test_the_paintings_are_those_of_class_and_seed(gallery, rest):
    page = gallery.open().page
    page.click("#none")
    page.get_by_role("checkbox", name=CLASSES[1]).check()
    page.fill("#seeds", f"{MOST}, 7, 12")
    page.fill("#count", "4")
    page.click("#paint")
    page.get_by_text("4 paintings", exact=True).wait_for()
    seeds = [MOST, 7, 12, 13]
    rows = [{"label": 1, "seed": seed} for seed in seeds]
    alts = [f"{CLASSES[1]}, seed {seed}" for seed in seeds]
    expected = answers(rest, "serving_default", *rows)
    assert gallery.painted(4) == dict(zip(alts, expected, strict=True))


def test_random_seeds_are_whole_numbers_below_2_to_the_53(gallery):
    page = gallery.open(TWO).page
    gallery.painted(4)
    page.click("#random")
    page.get_by_alt_text("rings, seed 5", exact=True).wait_for(state="detached")
    seed = int(page.input_value("#seeds"))
    assert 0 <= seed <= MOST
    assert f"rings, seed {seed + 1}" in gallery.painted(4)


@pytest.mark.parametrize(
    ("field", "text", "problem"),
    [
        ("#seeds", str(2**53), f"A seed is a whole number from 0 to {MOST}."),
        ("#seeds", "-1", "A seed is a whole number"),
        ("#seeds", "1e3", "A seed is a whole number"),
        ("#seeds", "", "Give at least one seed"),
        ("#seeds", str(MOST), "begin lower, or ask for fewer"),
        ("#seeds", "1, 2, 3", "3 seeds are more than 2 pictures a class."),
        ("#count", "65", "Ask for 1 to 64 pictures a class."),
        ("#count", "two", "Ask for 1 to 64 pictures a class."),
    ],
)
def test_input_that_makes_no_sense_is_refused_in_place(field, text, problem, gallery):
    page = gallery.open(TWO).page
    gallery.painted(4)
    before = len(gallery.asked)
    page.fill(field, text)
    page.click("#paint")
    assert problem in gallery.text("#controls-error")
    assert page.get_attribute(field, "aria-invalid") == "true"
    assert gallery.focused(field)
    assert len(gallery.asked) == before


def test_class_names_are_text(gallery):
    names = ['<b>"&amp;', "<img src=x onerror=alert(1)>", "a,b#c=d&e"]
    told = {"name": "artgan", "class_names": names, "signatures": ["serving_default", "mix"]}
    gallery.page.route("**/models.json", lambda route: route.fulfill(json={"models": [told]}))
    gallery.open()
    assert gallery.page.locator("#grid h3").all_inner_texts() == names
    gallery.page.locator("#grid .tile").last.click()
    gallery.shown(f"{names[2]}, seed 7")
    assert gallery.text("#detail-heading") == names[2]
    gallery.page.reload()
    gallery.shown(f"{names[2]}, seed 7")
    assert gallery.page.locator("b, img[src=x]").count() == 0
    assert gallery.said == []


def test_of_many_classes_one_is_found_by_typing(gallery):
    names = [f"class {i}" for i in range(40)]  # more than the model has
    told = {"name": "artgan", "class_names": names, "signatures": ["serving_default"]}
    gallery.page.route("**/models.json", lambda route: route.fulfill(json={"models": [told]}))
    page = gallery.open("/#class=class 2&count=1").page
    gallery.painted(1)
    page.click("#none")
    page.fill("#filter", "39")
    assert page.locator(".chip:visible").all_inner_texts() == ["class 39"]
    page.click("#all")
    page.click("#paint")
    gallery.wait("The server refuses: ")
    assert "label must be from 0 to 2" in gallery.text("#notice")
    assert page.locator("#grid h3").all_inner_texts() == ["class 39"]


def test_the_browser_itself_refuses_other_servers(gallery):
    gallery.open(TWO).painted(4)
    gallery.page.evaluate("() => fetch('http://127.0.0.1:9/').catch(String)")
    assert "Content Security Policy" in "".join(gallery.said)


# ---- one picture --------------------------------------------------------------------------------
def test_a_painting_opens_magnified_and_downloads(gallery, rest):
    gallery.open(TWO).painted(4)
    gallery.page.click("#grid .tile >> nth=3")
    (expected,) = answers(rest, "magnified", {"label": 2, "seed": 6})
    assert gallery.shown("Éclair, seed 6") == expected
    with gallery.page.expect_download() as download:
        gallery.page.click("#download")
    assert download.value.suggested_filename == "Éclair-6.png"
    assert PNG + base64.b64encode(download.value.path().read_bytes()).decode() == expected


def test_sliders_lead_to_the_other_seed_and_class(gallery, rest):
    page = gallery.open(f"{TWO}&at=rings&seed=5").page
    gallery.shown("rings, seed 5")
    page.fill("#to-seed", "9")
    for t in ("20", "50", "100"):  # faster than answers come
        page.fill("#t", t)
    at_seed, at_class = answers(
        rest, "serving_default", {"label": 0, "seed": 9}, {"label": 2, "seed": 9}
    )
    assert gallery.shown("rings, seed 5, 100 % towards seed 9") == at_seed
    page.select_option("#to-label", label="Éclair")
    page.fill("#share", "100")
    words = "rings, seed 5, 100 % Éclair, 100 % towards seed 9"
    assert gallery.shown(words) == at_class
    page.fill("#share", "30")
    assert gallery.shown(words.replace("100", "30", 1)) not in (at_seed, at_class)
    assert page.locator("#onward").is_hidden()
    page.fill("#share", "100")
    page.click("#onward")
    assert gallery.shown("Éclair, seed 9") == answers(rest, "magnified", {"label": 2, "seed": 9})[0]


def test_a_neighbour_is_a_quarter_of_the_way(gallery, rest):
    gallery.open(f"{TWO}&at=rings&seed={MOST}")
    near = gallery.painted(10, "#neighbours")
    row = {"seed": MOST, "t": 0.25, "weights": [1, 0, 0], "truncation": 1}
    (expected,) = answers(rest, "mix", row | {"seed_to": 2})
    assert near[f"rings, seed {MOST}, towards seed 2"] == expected
    gallery.page.click("#neighbours .tile >> nth=2")
    assert gallery.shown(f"rings, seed {MOST}, 25 % towards seed 2") == expected


@pytest.mark.parametrize("text", [str(2**53), "0x10", ""])
def test_another_seed_is_a_seed_too(text, gallery):
    page = gallery.open(f"{TWO}&at=rings&seed=5").page
    gallery.shown("rings, seed 5")
    for field, error in (("#go-seed", "#go-error"), ("#to-seed", "#to-seed-error")):
        page.fill(field, text)
        page.press(field, "Enter")
        assert "A seed is a whole number" in gallery.text(error)
    page.fill("#go-seed", str(MOST))
    page.press("#go-seed", "Enter")
    gallery.shown(f"rings, seed {MOST}")


# ---- links --------------------------------------------------------------------------------------
def test_a_link_reproduces_the_view(gallery, browser):
    page = gallery.open(TWO).page
    gallery.painted(4)
    page.click("#grid .tile >> nth=1")
    gallery.shown("rings, seed 6")
    page.fill("#t", "40")
    page.fill("#truncation", "70")
    words = "rings, seed 6, 40 % towards seed 7, truncation 70 %"
    picture, grid = gallery.shown(words), gallery.painted(4)
    fresh = Gallery(browser, page.url).open()
    assert fresh.shown(words) == picture
    assert fresh.painted(4) == grid
    assert fresh.page.input_value("#seeds") == "5"
    fresh.page.context.close()


def test_back_closes_and_forward_opens(gallery):
    page = gallery.open(TWO).page
    gallery.painted(4)
    page.click("#grid .tile >> nth=1")
    page.go_back()
    page.locator("#detail").wait_for(state="hidden")
    page.go_forward()
    gallery.shown("rings, seed 6")


def test_an_address_that_makes_no_sense_is_no_error(gallery):
    link = f"/#class=nobody&seeds=1e9,%&count=9999&at=rings&seed=2&t=x&share=9999&to_seed={2**53}"
    assert "rings, seed 63" in gallery.open(link).painted(192)
    gallery.shown("rings, seed 2, 100 % " + CLASSES[1])
    assert gallery.said == []


# ---- the judge ----------------------------------------------------------------------------------
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


# ---- keyboard and screens -----------------------------------------------------------------------
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
    gallery.shown(f"{CLASSES[1]}, seed 1")
    for _ in range(30):  # around and around
        page.keyboard.press("Tab")
        assert gallery.focused("#detail, #detail *, body")
    page.keyboard.press("Escape")
    page.locator("#detail").wait_for(state="hidden")
    assert gallery.focused(".tile")
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    assert gallery.focused("#file")
    assert "at=" not in page.url


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_fits_the_screen(width, scheme, browser, server):
    size = {"width": width, "height": 800}
    gallery = Gallery(browser, server.url, viewport=size, color_scheme=scheme)
    gallery.open(f"/#seeds={MOST - 7}&at=rings&seed={MOST}").shown(f"rings, seed {MOST}")
    gallery.painted(10, "#neighbours")
    assert gallery.width() <= width
    inside = "(d => d.scrollWidth - d.clientWidth)(document.getElementById('detail'))"
    assert gallery.page.evaluate(inside) <= 0
    gallery.page.click("#ask")
    gallery.painted(2, "#verdict")
    assert gallery.width() <= width
    gallery.page.context.close()


# ---- other models, other servers ----------------------------------------------------------------
def test_what_a_model_lacks_is_not_shown(gallery, rest):
    told = {"name": "artgan", "class_names": CLASSES, "signatures": ["serving_default"]}
    gallery.page.route("**/models.json", lambda route: route.fulfill(json={"models": [told]}))
    gallery.open(f"{TWO}&at=rings&seed=5")
    (plain,) = answers(rest, "serving_default", {"label": 0, "seed": 5})
    assert gallery.shown("rings, seed 5") == plain
    for part in ("#morph", "#neighbours-section", "#ask", "#judge"):
        assert gallery.page.locator(part).is_hidden()


def test_a_tf_serving_tells_no_class_names(gallery):
    gallery.page.route("**/models.json", lambda route: route.fulfill(status=404, body="no"))
    gallery.open("/?model=artgan").painted(24)
    assert gallery.page.locator("#grid h3").all_inner_texts() == ["class 0", "class 1", "class 2"]
    gallery.open("/")
    gallery.wait("add ?model=NAME to this page's address")
    gallery.open("/?server=localhost:8501")
    gallery.wait("?server= takes an address such as http://host:8501.")


@pytest.mark.slow
def test_a_page_of_its_own_survives_its_server(browser, model):
    with StaticPage() as static:
        with Server(model, "--cors", static.url) as server:
            url = f"{static.url}/?server={server.url}&model=artgan"
            gallery = Gallery(browser, url).open(TWO.removeprefix("/"))
            gallery.painted(4)
            origins = {urlsplit(asked).netloc for asked in gallery.asked} - {""}
            assert origins == {urlsplit(static.url).netloc, urlsplit(server.url).netloc}
            assert gallery.said == []
            server.stop(signal.SIGKILL)
        gallery.page.fill("#seeds", "50")
        gallery.page.click("#paint")
        gallery.wait(f"The server at {server.url} does not answer. Is it running?")
        gallery.page.reload()
        gallery.wait(f"The server at {server.url} does not answer. Is it running?")
        again = Server(model, "--cors", static.url)
        again.command[again.command.index("--port") + 1] = str(urlsplit(server.url).port)
        with again:
            gallery.page.get_by_text("Try again").click()
            assert "rings, seed 51" in gallery.painted(4)
        gallery.page.context.close()


def test_class_names_may_lie_beside_the_page(browser, server, exports):
    facts = json.loads((exports["improved"] / "assets.extra" / "artgan.json").read_text())
    gallery = Gallery(browser, f"{server.url}/?model=artgan")
    page = gallery.page
    page.route("**/gallery/models.json", lambda route: route.fulfill(status=404, body="no"))
    page.route(f"{server.url}/models.json", lambda route: route.fulfill(json=facts))
    gallery.open().painted(24)
    assert page.locator("#grid h3").all_inner_texts() == CLASSES
    page.context.close()
