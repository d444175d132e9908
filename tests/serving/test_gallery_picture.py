"""The gallery's dialog for one picture, the ways on from it, and links that restore it."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image, ImageSequence

from tests.serving.galleries import MOST, PNG, TWO, Gallery, answers

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_painting_opens_magnified_and_downloads(gallery, rest):
    gallery.open(TWO).painted(4)
    gallery.page.click("#grid .tile >> nth=3")
    (expected,) = answers(rest, "magnified", {"label": 2, "seed": 6})
    gallery.page.get_by_text("magnified", exact=True).wait_for()
    assert gallery.shown("Éclair, no. 6") == expected
    with gallery.page.expect_download() as download:
        gallery.page.click("#download")
    assert download.value.suggested_filename == "Éclair-6.png"
    small = Image.open(io.BytesIO(base64.b64decode(expected.removeprefix(PNG))))
    taken = Image.open(download.value.path()).convert("RGB")
    assert taken.size == (256, 256)  # the size of an animation, with every pixel a square
    assert taken.tobytes() == small.resize(taken.size, Image.Resampling.NEAREST).tobytes()


def test_left_and_right_go_through_the_wall(gallery):
    page = gallery.open(TWO).page
    gallery.painted(4)
    page.click("#grid .tile >> nth=0")
    gallery.shown("rings, no. 5")
    assert page.locator("#previous").is_disabled()
    page.keyboard.press("ArrowRight")
    gallery.shown("Éclair, no. 5")
    gallery.state("right of the first")
    page.click("#next")
    gallery.shown("rings, no. 6")
    page.focus("#t")
    page.keyboard.press("ArrowRight")  # moves the slider, not the picture
    gallery.shown("rings, no. 6, 1 % towards no. 7")
    page.focus("#next")
    page.keyboard.press("ArrowRight")
    gallery.shown("Éclair, no. 6")
    assert page.locator("#next").is_disabled()
    assert "at=%C3%89clair&seed=6" in gallery.address()
    gallery.state("the last")
    page.go_back()  # stepping through pictures adds no history
    page.locator("#detail").wait_for(state="hidden")
    page.go_forward()
    gallery.shown("Éclair, no. 6")


def test_sliders_lead_to_the_other_number_and_kind(gallery, rest):
    page = gallery.open(f"{TWO}&at=rings&seed=5").page
    gallery.shown("rings, no. 5")
    page.fill("#to-seed", "9")
    for t in ("20", "50", "100"):  # faster than the answers arrive
        page.fill("#t", t)
    at_seed, at_class = answers(
        rest, "serving_default", {"label": 0, "seed": 9}, {"label": 2, "seed": 9}
    )
    assert gallery.shown("rings, no. 5, 100 % towards no. 9") == at_seed
    page.select_option("#to-label", label="Éclair")
    page.fill("#share", "100")
    words = "rings, no. 5, 100 % Éclair, 100 % towards no. 9"
    assert gallery.shown(words) == at_class
    page.fill("#share", "30")
    assert gallery.shown(words.replace("100", "30", 1)) not in (at_seed, at_class)
    assert page.locator("#onward").is_hidden()
    gallery.state("on the way")
    page.fill("#share", "100")
    page.click("#onward")
    gallery.page.get_by_text("magnified", exact=True).wait_for()
    assert gallery.shown("Éclair, no. 9") == answers(rest, "magnified", {"label": 2, "seed": 9})[0]
    gallery.state("gone on")


def test_variations_follow_the_morph(gallery, rest):
    page = gallery.open(f"{TWO}&at=rings&seed={MOST}").page
    near = gallery.painted(6, "#neighbours")
    row = {"seed": MOST, "t": 0.25, "weights": [1, 0, 0], "truncation": 1}
    (expected,) = answers(rest, "mix", row | {"seed_to": 2})
    assert near[f"rings, no. {MOST}, 25 % towards no. 2"] == expected
    page.fill("#truncation", "50")
    page.fill("#t", "70")  # now closer to number 0
    words = f"rings, no. 0, 30 % towards no. {MOST}, 50 % daring"
    other = words.replace("no. 0,", "no. 0, 40 % Éclair,")
    page.get_by_alt_text(other, exact=True).wait_for()
    mixed = row | {"seed": 0, "seed_to": MOST, "t": 0.3, "truncation": 0.5}
    (expected,) = answers(rest, "mix", mixed | {"weights": [0.6, 0, 0.4]})
    assert gallery.painted(6, "#neighbours")[other] == expected
    page.get_by_alt_text(other, exact=True).click()
    assert gallery.shown(other) == expected
    gallery.state("a variation")


def test_a_way_of_eight_frames_is_played_and_taken_along(gallery, rest):
    page = gallery.open(f"{TWO}&at=rings&seed=5&to=Éclair&to_seed=9").page
    frames = list(gallery.painted(8, "#frames").values())
    assert frames[:: len(frames) - 1] == answers(
        rest, "serving_default", {"label": 0, "seed": 5}, {"label": 2, "seed": 9}
    )
    gallery.shown("rings, no. 5")
    page.click("#play")
    for frame in (frames[3], frames[7], frames[3]):  # forwards and backwards
        page.wait_for_function("src => document.querySelector('#shown img').src === src", arg=frame)
        together(page, frames, "rings, no. 5")
    gallery.state("playing")
    page.click("#play")
    together(page, frames, "rings, no. 5")  # it stays at the frame where it was stopped
    gallery.state("stopped")
    page.click("#frames .tile >> nth=4")
    together(page, frames, "rings, no. 5")
    assert gallery.shown("rings, no. 5, 57 % Éclair, 57 % towards no. 9") == frames[4]
    assert page.locator("#frames [aria-current]").count() == 1
    gallery.state("a frame")
    for kind in ("gif", "webp"):
        with page.expect_download() as download:
            page.click(f"#{kind}")
        assert download.value.suggested_filename == f"rings-5-to-Éclair-9.{kind}"
        assert len(ImageSequence.all_frames(Image.open(download.value.path()))) == 14


def together(page, frames, words):
    """Check that picture, caption, marked frame and address all refer to the same frame."""
    source, said, marked, share, t = page.evaluate("""() => {
      const hash = new URLSearchParams(location.hash);
      const marked = document.querySelector("#frames [aria-current] img").alt;
      const shown = document.querySelector("#shown img");
      return [shown.src, document.querySelector("#caption").textContent, marked,
        hash.get("share") ?? "0", hash.get("t") ?? "0"];
    }""")
    percent = [round(100 * frame / 7) for frame in range(8)][frames.index(source)]
    assert (share, t) == (str(percent), str(percent))
    way = f", {percent} % Éclair, {percent} % towards no. 9" if percent else ""
    assert marked == words + way
    assert said.replace("\xa0", " ") == way.removeprefix(", ")


def test_what_the_model_sees_and_real_pictures_hang_beside(gallery):
    page = gallery.open(f"{TWO}&at=rings&seed=5").page
    gallery.shown("rings, no. 5")
    page.click("#see summary")
    gallery.painted(1, "#seen")
    before = gallery.text("#seen")
    assert "Of 1,234 real pictures that it had never seen it named the kind of 75 in 100" in before
    assert "at=rings&seed=5" in gallery.address()
    gallery.state("what it sees")
    page.click("#next")  # the verdict follows the picture
    page.wait_for_function("was => document.querySelector('#seen').innerText !== was", arg=before)
    assert list(gallery.painted(1, "#seen")) == ["Éclair, no. 5, reconstructed"]
    tiles = page.get_by_role("img", name="real Éclair")
    tiles.nth(1).wait_for()
    assert tiles.count() == 2
    for _ in range(100):  # a background's painting has no event, and tiles move as pictures arrive
        tile = Image.open(io.BytesIO(tiles.nth(1).screenshot())).convert("RGB")
        if np.abs(np.array(tile, int)[9, 9] - (0, 0, 255)).max() < 9:
            break
    else:
        pytest.fail(f"the tile shows {tile.getpixel((9, 9))} instead of blue")
    gallery.state("real ones")


def test_another_number_is_a_number_too(gallery):
    page = gallery.open(f"{TWO}&at=rings&seed=5").page
    gallery.shown("rings, no. 5")
    for field, error in (("#go-seed", "#go-error"), ("#to-seed", "#to-seed-error")):
        for text in ("0x10", ""):
            page.fill(field, "7")
            page.fill(field, text)
            page.press(field, "Enter")
            assert "A number is whole" in gallery.text(error)
    page.fill("#go-seed", str(MOST))
    page.press("#go-seed", "Enter")
    gallery.shown(f"rings, no. {MOST}")
    assert page.locator("#next").is_disabled()
    page.click("#previous")  # outside the grid, the number before
    gallery.shown(f"rings, no. {MOST - 1}")


def test_a_link_reproduces_the_view(gallery, browser):
    page = gallery.open(TWO).page
    gallery.painted(4)
    page.click("#grid .tile >> nth=2")
    gallery.shown("rings, no. 6")
    page.fill("#t", "40")
    page.fill("#truncation", "70")
    words = "rings, no. 6, 40 % towards no. 7, 70 % daring"
    picture, grid = gallery.shown(words), gallery.painted(4)
    fresh = Gallery(browser, gallery.address()).open()
    assert fresh.shown(words) == picture
    assert fresh.painted(4) == grid
    assert fresh.page.input_value("#seeds") == "5"
    fresh.page.context.close()


@pytest.mark.parametrize(
    ("link", "strange", "seen"),
    [
        (
            "class=nobody&seeds=4&at=nobody&seed=2",
            "class=nobody, at=nobody",
            "13 pictures of each of 3 kinds, from number 4 on,",
        ),
        (
            "class=nobody&class=rings&seeds=1e9,%&count=9999",
            "class=nobody, count=9999, seeds=1e9,%",
            "20 pictures of rings, from number 0 on,",
        ),
        (
            f"count=2&seeds={MOST}&at=rings&seed=2&t=x&share=101&to_seed={2**53}&truncation=50",
            f"seeds={MOST}, to_seed={2**53}, share=101, t=x",
            "rings, no. 2, 50 % daring",
        ),
    ],
)
def test_what_makes_no_sense_in_an_address_is_told(gallery, link, strange, seen):
    page = gallery.open(f"/#{link}").page
    gallery.wait(f"This address asks for what is not here ({strange}): you see {seen} instead.")
    gallery.state(f"strange address {len(strange)}")
    if "at=rings" in link:
        gallery.shown(seen)
        page.click("#close")
    else:
        page.click("#random")
    page.get_by_text("asks for what is not here").wait_for(state="detached")


@pytest.mark.parametrize("seed", [6, 77])  # in the grid, and outside it
def test_escape_from_a_link_leads_to_the_wall(gallery, seed):
    page = gallery.open(f"{TWO}&at=rings&seed={seed}").page
    gallery.painted(4)
    gallery.shown(f"rings, no. {seed}")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.matches('#grid .tile')")


def test_a_slider_moves_the_picture_even_if_the_browser_refuses_more_addresses(gallery, rest):
    page = gallery.open(f"{TWO}&at=rings&seed=5").page
    gallery.shown("rings, no. 5")
    refuse = "throw new DOMException('too many', 'SecurityError')"
    page.evaluate(f"() => {{ history.replaceState = () => {{ {refuse}; }}; }}")
    page.fill("#t", "40")
    gallery.shown("rings, no. 5, 40 % towards no. 6")
    page.evaluate("() => { delete history.replaceState; }")  # the browser's own again
    page.wait_for_url(re.compile(r"[#&]t=40(&|$)"))
    gallery.state("addresses refused for a while")


def test_the_browser_s_own_keys_are_left_to_it(gallery):
    page = gallery.open(TWO).page
    gallery.painted(4)
    page.focus("#grid .tile >> nth=1")
    prevented = """(init) => {
      const rest = { key: "ArrowLeft", bubbles: true, cancelable: true, ...init };
      return !document.activeElement.dispatchEvent(new KeyboardEvent("keydown", rest));
    }"""
    assert not page.evaluate(prevented, {"altKey": True})
    assert page.evaluate(prevented, {})
