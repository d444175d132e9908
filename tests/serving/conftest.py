"""Tiny painters of both papers, an export of one of them, and a server that serves it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest

from artgan_tf.config import resolve
from artgan_tf.painter import Painter
from artgan_tf.papers import build_gan
from artgan_tf.serving.export import Options, write
from tests.conftest import TABLES
from tests.serving.servers import Server, Service

CLASSES = ["rings", 'waves & "quotes"', "Éclair"]


def tiny_painter(paper: str) -> Painter:
    """Random weights: what matters here is that they are the same everywhere."""
    keras.utils.set_random_seed(1)
    settings = TABLES[paper] | {
        "data.image_size": 16,
        "model.width": 0.125,
        "model.z_size": 8,
    }
    if paper == "improved":
        settings |= {"model.magnify": True, "model.generator": ["8:64", "16:64", "32:64"]}
    gan = build_gan(resolve(f"{paper}/cifar10", settings), len(CLASSES))
    return Painter(gan, CLASSES, "raw")


@pytest.fixture(scope="session")
def painters() -> dict[str, Painter]:
    return {paper: tiny_painter(paper) for paper in ("improved", "artgan")}


@pytest.fixture(scope="session")
def exports(painters, tmp_path_factory) -> dict[str, Path]:
    """A version of each, which tests copy and leave as it is."""
    root = tmp_path_factory.mktemp("exports")
    for paper, painter in painters.items():
        write(painter, root / paper / "1", Options())
    return {paper: root / paper / "1" for paper in painters}


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
