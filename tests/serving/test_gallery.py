"""The gallery in a browser: the grid shows what the server answers, on every screen."""

import pytest

from tests.painters import CLASSES
from tests.serving.galleries import MOST, TWO, Gallery, answers

pytestmark = pytest.mark.browser


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
    assert "at=" in gallery.address()
    for _ in range(30):  # around and around
        page.keyboard.press("Tab")
        assert gallery.focused("#detail, #detail *, body")
    page.keyboard.press("Escape")
    page.locator("#detail").wait_for(state="hidden")
    assert gallery.focused(".tile")
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    assert gallery.focused("#file")
    page.wait_for_function("!location.hash.includes('at=')")


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
