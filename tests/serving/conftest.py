"""Fixtures: an exported tiny sampler, a server for it, and the gallery."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from artgan_tf.sampler import Sampler
from tests.serving.galleries import Gallery
from tests.serving.servers import Server, Service

REFERENCES = ["red", "green", "blue"]  # colour of the two real pictures of each class


@pytest.fixture(scope="session")
def model(exports, tmp_path_factory) -> Path:
    """Name level of the model `artgan`, whose version 3 is Improved ArtGAN's generator."""
    name = tmp_path_factory.mktemp("models") / "artgan"
    shutil.copytree(exports["improved"], name / "3")
    carry(name / "3" / "assets.extra")
    return name


def carry(extra: Path) -> None:
    """Add what an export of an evaluated run with real pictures has: accuracy and references."""
    facts = json.loads((extra / "artgan.json").read_text(encoding="utf-8"))
    facts |= {"accuracy": {"value": 0.75, "count": 1234}, "references": 2}
    (extra / "artgan.json").write_text(json.dumps(facts), encoding="utf-8")
    sheet = Image.new("RGB", (32, 48))
    for row, colour in enumerate(REFERENCES):
        sheet.paste(colour, (0, 16 * row, 32, 16 * row + 16))
    sheet.save(extra / "references.jpg", quality=95)


@pytest.fixture(scope="session")
def server(model) -> Iterator[Server]:
    """Our server, in a separate process."""
    with Server(model, "--max-body-mb", "1") as started:
        yield started


@pytest.fixture(scope="session")
def service(request) -> Service:
    """The server under test for the contract: TF Serving if ARTGAN_SERVING_URL is set, else ours.

    ARTGAN_SERVING_URL is the URL of one of our models, such as
    http://localhost:8501/v1/models/artgan.
    """
    url = os.environ.get("ARTGAN_SERVING_URL")
    return Service(url or f"{request.getfixturevalue('server').url}/v1/models/artgan")


@pytest.fixture(scope="session")
def rest(server) -> Service:
    """The REST interface that the gallery uses, always of our server."""
    return Service(f"{server.url}/v1/models/artgan")


@contextmanager
def faded(sampler: Sampler, factor: float) -> Iterator[None]:
    """Multiply a sampler's weights by a factor for a while."""
    kept = sampler.generator.get_weights()
    sampler.generator.set_weights([value * factor for value in kept])
    try:
        yield
    finally:
        sampler.generator.set_weights(kept)


@pytest.fixture
def gallery(browser, server) -> Iterator[Gallery]:
    """The gallery of our server, not opened yet."""
    opened = Gallery(browser, server.url)
    yield opened
    opened.page.context.close()
