"""The gallery in a browser, the pictures it should show, and the page without its server."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from artgan_tf.serving.app import GALLERY
from tests.serving.servers import Service

PNG = "data:image/png;base64,"
WAIT = 60_000  # milliseconds, long enough for a busy machine
TWO = "/#class=rings&class=Éclair&seeds=5&count=2"  # two pictures of each of two classes
MOST = 10**15 - 1  # the largest seed that the page accepts
SCREENSHOTS = os.environ.get("ARTGAN_SCREENSHOTS")  # folder for screenshots of the states
FAULTS = """() => {
  const seen = (e) => e.checkVisibility({ opacityProperty: false, visibilityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  const dialog = document.querySelector("dialog[open]");
  const names = (e) => e.ariaLabel || e.textContent.trim() || e.title || e.labels?.[0]?.textContent
    || e.querySelector("img")?.alt;
  const told = (e) => e.outerHTML.slice(0, 90);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  const over = (e, box) => e.getBoundingClientRect().right > box.right + 1;
  const inside = (dialog ?? document.body).getBoundingClientRect();
  const controls = all(dialog ? "dialog :is(a, button, input, select, summary)"
    : "a, button, input, select, summary");
  return [
    ...controls.filter((e) => !names(e)).map((e) => `no name: ${told(e)}`),
    ...controls.filter((e) => over(e, inside)).map((e) => `beyond the edge: ${told(e)}`),
    ...all("img[src]").filter((e) => e.complete && !e.naturalWidth).map((e) => `broken: ${e.alt}`),
    ...all("img:not([alt])").map((e) => `no words: ${told(e)}`),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: ${id}`),
    ...(document.documentElement.scrollWidth > innerWidth ? ["wider than the screen"] : []),
    ...(dialog && dialog.scrollWidth > dialog.clientWidth ? ["the dialog is too wide"] : []),
  ];
}"""  # returns what is wrong with the page in its current state


class Gallery:
    """An open page.

    Args:
        browser: Playwright's browser.
        url: URL of the page, with query and fragment.
        options: options of the browser's context, such as the viewport.
    """

    def __init__(self, browser: Any, url: str, **options: Any):
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page = browser.new_context(**options).new_page()
        self.page.set_default_timeout(WAIT)
        self.page.on("pageerror", lambda error: self.said.append(error.message))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.url = url

    def open(self, rest: str = "") -> "Gallery":
        self.page.goto(self.url + rest)
        return self

    def painted(self, count: int, within: str = "#grid") -> dict[str, str]:
        """Wait for this many pictures and return their data URIs by alternative text."""
        self.page.locator(f"{within} img[src]").nth(count - 1).wait_for()
        images = self.page.locator(f"{within} img[src]")
        found = images.evaluate_all("all => all.map((image) => [image.alt, image.src])")
        assert len(found) == count
        return dict(found)

    def shown(self, words: str) -> str:
        """Wait for a picture with these words in the dialog and return its data URI."""
        image = self.page.locator("#shown img").and_(self.page.get_by_alt_text(words, exact=True))
        image.wait_for()
        return str(image.get_attribute("src"))

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def wait(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for()

    def state(self, name: str) -> None:
        """Check the page in its current state: all has a name and fits, and nothing is broken."""
        if SCREENSHOTS:
            self.page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")
        assert self.page.evaluate(FAULTS) == [], name
        said = [line for line in self.said if not line.startswith("Failed to load resource")]
        assert said == [], name  # apart from the browser's messages on failed requests

    def address(self) -> str:
        """Return the address as the page has it; Playwright's `page.url` lags behind."""
        return str(self.page.evaluate("location.href"))

    def focused(self, selector: str) -> bool:
        return self.page.evaluate("selector => document.activeElement.matches(selector)", selector)


def answers(service: Service, signature: str, *rows: dict) -> list[str]:
    """Return pictures from the REST interface as data URIs, as the page writes them."""
    body = {"signature_name": signature, "instances": rows}
    return [PNG + found["b64"] for found in service.predict(body).json()["predictions"]]


@contextmanager
def static_page() -> Iterator[str]:
    """Serve the gallery's folder with Python's own web server, and yield the URL."""
    handler = partial(SimpleHTTPRequestHandler, directory=GALLERY)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def tell(gallery: Gallery, classes: list[str], *signatures: str) -> None:
    """Give the model other class names and only the facts that every model has."""
    told = {"name": "artgan", "class_names": classes, "signatures": signatures}
    gallery.page.route("**/models.json", lambda route: route.fulfill(json={"models": [told]}))
