"""The gallery with other models, with other servers than the page's own, and with failures."""

import json
import re
from urllib.parse import urlsplit

import pytest

from artgan_tf.serving.app import Settings
from artgan_tf.serving.model_dir import find_model
from artgan_tf.serving.versions import Versions
from tests.samplers import CLASSES
from tests.serving.galleries import TWO, Gallery, answers, static_page, tell
from tests.serving.servers import running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AWAY = "does not answer. Is it running?"


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


def test_it_asks_for_no_more_pictures_at_once_than_the_server_takes(gallery):
    page, asked = gallery.page, []

    def limited(route):
        route.fulfill(json=route.fetch().json() | {"max_instances": 3})

    page.route("**/gallery/models.json", limited)
    page.on("request", lambda request: asked.append(request.post_data_json or {}))
    gallery.open(TWO).painted(4)
    assert [len(body["instances"]) for body in asked if body] == [3, 1]


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
