"""Untrained runs of both papers."""

import shutil
from pathlib import Path

import pytest

from artgan_tf.evaluation import measure
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.report import page
from artgan_tf.runs.load import load
from artgan_tf.sampler import Sampler
from tests.evaluation.material import Counted, make_run, opened


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the page, which takes longer than the metrics of a tiny run."""
    monkeypatch.setattr(page, "write_report", lambda folder, *_: folder / "report.html")


@pytest.fixture(scope="session")
def improved(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of Improved ArtGAN; tests must not write to it."""
    return make_run(tmp_path_factory.mktemp("runs") / "improved", "improved", paintings)


@pytest.fixture
def run(improved: Path, tmp_path: Path) -> Path:
    """A writable copy of the run."""
    return shutil.copytree(improved, tmp_path / "run")


@pytest.fixture(scope="session")
def artgan(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of ArtGAN; tests must not write to it."""
    return make_run(tmp_path_factory.mktemp("runs") / "artgan", "artgan", paintings)


@pytest.fixture(scope="session")
def sampler(improved: Path) -> Sampler:
    """Sampler of the run of Improved ArtGAN; tests must not change it."""
    return load(improved)


@pytest.fixture
def loaded(sampler: Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run of Improved ArtGAN, as `measure` loads any, without loading it again."""
    monkeypatch.setattr(measure, "load", lambda *_: sampler)


@pytest.fixture
def counted() -> Counted:
    """An extractor that counts."""
    return Counted()


@pytest.fixture
def data(paintings: Path, tmp_path: Path, cache: Path, counted: Counted) -> Reference:
    """36 training images and 12 held-out ones; their classifier is trained once for all tests."""
    found = opened(paintings, cache, tmp_path / "work", counted.extractor)
    found.features.cache = tmp_path / "cache"
    return found
