"""The gallery of other models, and of other servers than the page's own."""

import json
import signal
from urllib.parse import urlsplit

import pytest

from tests.painters import CLASSES
from tests.serving.galleries import TWO, Gallery, StaticPage, answers
from tests.serving.servers import Server

pytestmark = pytest.mark.browser


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
