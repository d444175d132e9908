"""One picture of the gallery, what leads away from it, and links that bring it back."""

import base64

import pytest

from tests.painters import CLASSES
from tests.serving.galleries import MOST, PNG, TWO, Gallery, answers

pytestmark = pytest.mark.browser


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


def test_a_link_reproduces_the_view(gallery, browser):
    page = gallery.open(TWO).page
    gallery.painted(4)
    page.click("#grid .tile >> nth=1")
    gallery.shown("rings, seed 6")
    page.fill("#t", "40")
    page.fill("#truncation", "70")
    words = "rings, seed 6, 40 % towards seed 7, truncation 70 %"
    picture, grid = gallery.shown(words), gallery.painted(4)
    fresh = Gallery(browser, gallery.address()).open()
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
