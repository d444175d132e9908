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
from artgan_tf.serving.app import Settings
from artgan_tf.serving.limits import Limits
from artgan_tf.serving.model_dir import find_model
from artgan_tf.serving.servable import Servable
from artgan_tf.serving.versions import Versions
from tests.conftest import Made
from tests.serving.galleries import Gallery
from tests.serving.servers import Service, running

REFERENCES = ["red", "green", "blue"]  # colour of the two real pictures of each class


@pytest.fixture(scope="session")
def model(exports, tmp_path_factory) -> Path:
    """Name level of the model `artgan`, whose version 3 is Improved ArtGAN's generator.

    It also has what an export of an evaluated run with real pictures has.
    """
    name = tmp_path_factory.mktemp("models") / "artgan"
    extra = Path(shutil.copytree(exports["improved"], name / "3")) / "assets.extra"
    facts = json.loads((extra / "artgan.json").read_text(encoding="utf-8"))
    facts |= {"accuracy": {"value": 0.75, "count": 1234}, "references": 2}
    (extra / "artgan.json").write_text(json.dumps(facts), encoding="utf-8")
    sheet = Image.new("RGB", (32, 48))
    for row, colour in enumerate(REFERENCES):
        sheet.paste(colour, (0, 16 * row, 32, 16 * row + 16))
    sheet.save(extra / "references.jpg", quality=95)
    return name


@pytest.fixture(scope="session")
def servables(exports, model) -> Made:
    """The loaded export of each sampler; Improved ArtGAN's is `model`'s version."""

    def loaded(paper: str) -> Servable:
        if paper == "improved":
            return Servable(model / "3", "artgan", 3, warm=False)
        return Servable(exports[paper], paper, 1, warm=False)

    return Made(loaded)


@pytest.fixture(scope="session")
def server(model, servables) -> Iterator[str]:
    """URL of our server for `model`, which takes a megabyte a request."""
    versions = Versions(find_model(model), 1, lambda *_: servables["improved"])
    versions.poll()
    with running(versions, Settings(Limits(body=2**20))) as url:
        yield url


@pytest.fixture(scope="session")
def service(request) -> Service:
    """The server under test for the contract: TF Serving if ARTGAN_SERVING_URL is set, else ours.

    ARTGAN_SERVING_URL is the URL of one of our models, such as
    http://localhost:8501/v1/models/artgan.
    """
    return Service(os.environ.get("ARTGAN_SERVING_URL") or request.getfixturevalue("rest").url)


@pytest.fixture(scope="session")
def rest(server) -> Service:
    """The REST interface that the gallery uses, always of our server."""
    return Service(f"{server}/v1/models/artgan")


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
    opened = Gallery(browser, server)
    yield opened
    opened.page.context.close()
