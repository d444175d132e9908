"""A served model of a tiny sampler, and a server that serves it."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.serving.galleries import Gallery
from tests.serving.servers import Server, Service

REFERENCES = ["red", "green", "blue"]  # of each class, two real pictures of one colour


@pytest.fixture(scope="session")
def model(exports, tmp_path_factory) -> Path:
    """The name level of a served model, `artgan`, with version 3 of Improved ArtGAN's generator."""
    name = tmp_path_factory.mktemp("models") / "artgan"
    shutil.copytree(exports["improved"], name / "3")
    carry(name / "3" / "assets.extra")
    return name


def carry(extra: Path) -> None:
    """What an export of a measured run has with it, when real pictures were asked for."""
    facts = json.loads((extra / "artgan.json").read_text(encoding="utf-8"))
    facts |= {"accuracy": {"value": 0.75, "count": 1234}, "references": 2}
    (extra / "artgan.json").write_text(json.dumps(facts), encoding="utf-8")
    sheet = Image.new("RGB", (32, 48))
    for row, colour in enumerate(REFERENCES):
        sheet.paste(colour, (0, 16 * row, 32, 16 * row + 16))
    sheet.save(extra / "references.jpg", quality=95)


@pytest.fixture(scope="session")
def server(model) -> Iterator[Server]:
    """Our own, in a process of its own."""
    with Server(model, "--max-body-mb", "1") as started:
        yield started


@pytest.fixture(scope="session")
def service(request) -> Service:
    """What the contract is tested with: TF Serving where ARTGAN_SERVING_URL says so, or our own.

    ARTGAN_SERVING_URL is that of a model of ours, such as http://localhost:8501/v1/models/artgan.
    """
    url = os.environ.get("ARTGAN_SERVING_URL")
    return Service(url or f"{request.getfixturevalue('server').url}/v1/models/artgan")


@pytest.fixture(scope="session")
def rest(server) -> Service:
    """The interface that the gallery asks, always of our own server."""
    return Service(f"{server.url}/v1/models/artgan")


@pytest.fixture
def gallery(browser, server) -> Iterator[Gallery]:
    """The gallery of our own server, not opened yet."""
    opened = Gallery(browser, server.url)
    yield opened
    opened.page.context.close()
