"""The gallery with other models, with other servers than the page's own, and with failures."""

import io
import json
import re
import signal
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from tests.samplers import CLASSES
from tests.serving.galleries import TWO, Gallery, StaticPage, answers
from tests.serving.servers import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AWAY = "does not answer. Is it running?"


def test_what_a_model_lacks_is_not_shown(gallery, rest):
    told = {"name": "artgan", "class_names": CLASSES, "signatures": ["serving_default"]}
    gallery.page.route("**/models.json", lambda route: route.fulfill(json={"models": [told]}))
    gallery.open(f"{TWO}&at=rings&seed=5")
    (plain,) = answers(rest, "serving_default", {"label": 0, "seed": 5})
    assert gallery.shown("rings, no. 5") == plain
    for part in ("#morph", "#way", "#neighbours-section", "#see", "#judge", "#references-section"):
        assert gallery.page.locator(part).is_hidden()
    gallery.state("little model")


def test_a_tf_serving_tells_no_class_names(gallery):
    gallery.page.route("**/models.json", lambda route: route.fulfill(status=404, body="no"))
    gallery.open("/?model=artgan#count=1").painted(3)
    assert "class 2, no. 0" in gallery.painted(3)
    assert gallery.page.locator("#sheet").is_hidden()  # only our server makes sheets
    gallery.open("/")
    gallery.wait("add ?model=NAME to this page's address")
    gallery.open("/?server=localhost:8501")
    gallery.wait("?server= takes an address such as http://host:8501.")


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


def test_a_page_of_its_own_survives_its_server(browser, model):
    with StaticPage() as static:
        with Server(model, "--cors", static.url) as server:
            url = f"{static.url}/?server={server.url}&model=artgan"
            gallery = Gallery(browser, url).open(TWO.removeprefix("/"))
            pictures = gallery.painted(4)
            origins = {urlsplit(asked).netloc for asked in gallery.asked} - {""}
            assert origins == {urlsplit(static.url).netloc, urlsplit(server.url).netloc}
            gallery.state("page of its own")
            server.stop(signal.SIGKILL)
        gallery.page.click("#random")
        gallery.wait(f"The server at {server.url} {AWAY}")
        assert gallery.painted(4) == pictures
        gallery.page.reload()
        gallery.wait(f"The server at {server.url} {AWAY}")
        gallery.page.context.close()


def test_class_names_may_lie_beside_the_page(browser, server, exports):
    facts = json.loads((exports["improved"] / "assets.extra" / "artgan.json").read_text())
    gallery = Gallery(browser, f"{server.url}/?model=artgan#count=1")
    page = gallery.page
    page.route("**/gallery/models.json", lambda route: route.fulfill(status=404, body="no"))
    page.route(f"{server.url}/models.json", lambda route: route.fulfill(json=facts))
    assert f"{CLASSES[2]}, no. 0" in gallery.open().painted(3)
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
