"""The gallery in a browser: its grid shows the server's pictures by kind and number."""

import io

import httpx
import pytest
from PIL import Image

from tests.samplers import CLASSES
from tests.serving.galleries import MOST, TWO, Gallery, answers, tell

pytestmark = [pytest.mark.browser, pytest.mark.slow]


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
    assert gallery.text("#controls-error") == ""
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
    page.wait_for_function("() => !location.hash.includes('at=')")  # closed, and focus moved
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    assert gallery.focused("#file")


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
