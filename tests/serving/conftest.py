"""A served model of a tiny painter, and a server that serves it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.galleries import Gallery
from tests.serving.servers import Server, Service


@pytest.fixture(scope="session")
def model(exports, tmp_path_factory) -> Path:
    """The name level of a served model, `artgan`, with version 3 of paper B's generator."""
    name = tmp_path_factory.mktemp("models") / "artgan"
    shutil.copytree(exports["improved"], name / "3")
    return name


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
