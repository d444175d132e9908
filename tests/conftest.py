"""A tiny folder of paintings, tiny configurations for runs of a few steps, and a browser."""

import gc
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from artgan_tf.config import Config, resolve
from artgan_tf.data.demo_paintings import CLASS_NAMES
from tests.demo import gallery

# As in the verbs; once imported, JAX would let TensorFlow's warnings through everywhere.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Tests compile much and compute little: JAX compiles in two thirds of the time without optimizing.
QUICK_XLA = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
os.environ.setdefault("XLA_FLAGS", QUICK_XLA)

TABLES: dict[str, dict[str, object]] = {
    "improved": {
        "model.generator": ["8:64", "16:64"],
        "model.encoder": ["64/2", "d 64/2"],
        "model.decoder": ["4:64", "8:64"],
        "model.magnify": False,
    },
    "artgan": {
        "model.latent": ["4:64"],
        "model.generator": ["8:64"],
        "model.encoder": ["64/2 4x4", "d 64/2 4x4"],
        "model.classifier": ["d 64/2 4x4"],
    },
    "critic": {
        "model.generator": ["8:64", "8:64", "16:64"],
        "model.encoder": ["64/2", "d 64/2"],
        "model.decoder": ["4:64", "8:64"],
        "discriminator.augment": [],
        "discriminator.features": "none",
        "train.precision": "float32",
    },
}
PRESETS = {paper: f"{paper}/cifar10" for paper in TABLES} | {"critic": "recommended/cifar10"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run files with many slow tests first, so that all processes of a full run end together."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


def pytest_collection_finish() -> None:
    """Let garbage collections pass over the modules of TensorFlow and JAX, which all stay."""
    gc.freeze()


@pytest.fixture(scope="session")
def paintings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`train` and `val` with three class folders of small PNGs."""
    root = tmp_path_factory.mktemp("paintings")
    for split, start, count in (("train", 0, 120), ("val", 120, 40)):
        images, labels = gallery(0, start, count, 16)
        for index, (image, label) in enumerate(zip(images, labels, strict=True)):
            if label < 3:
                folder = root / split / CLASS_NAMES[label]
                folder.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).save(folder / f"{index:03d}.png")
    return root


def tiny_overrides(paper: str, data: Path | str) -> dict:
    """Dotted overrides with which a paper's preset trains a step in milliseconds."""
    settings: dict[str, object] = {
        "data.spec": f"folder:{data}",
        "data.classes": 0,
        "data.image_size": 16,
        "model.width": 0.125,
        "model.z_size": 8,
        "train.batch_size": 9,
        "train.steps": 6,
        "train.cifar_trick": False,
        "log.history_every": 2,
        "log.validate_every": 3,
        "log.sample_every": 6,
        "log.checkpoint_every": 2,
        "discriminator.dropout": 0.3,
        "discriminator.noise": 0.1,
    }
    return TABLES[paper] | settings


@pytest.fixture
def tiny(paintings: Path):
    """`tiny(paper, **changes)`: a configuration, with `__` for the dot in changes."""

    def build(paper: str, **changes: object) -> Config:
        changed = {key.replace("__", "."): value for key, value in changes.items()}
        return resolve(PRESETS[paper], tiny_overrides(paper, paintings) | changed)

    return build


@pytest.fixture(scope="session")
def trained(paintings: Path, tmp_path_factory: pytest.TempPathFactory):
    """`trained(paper, run_dir)`: a copy of `tiny(paper)`'s run of six steps, trained once."""
    made: dict[str, Path] = {}

    def copy(paper: str, run_dir: Path) -> Path:
        if paper not in made:
            from artgan_tf.training.train import train  # only these tests wait for TensorFlow

            folder = tmp_path_factory.mktemp("trained") / "run"
            train(resolve(PRESETS[paper], tiny_overrides(paper, paintings)), folder)
            made[paper] = folder
        return Path(shutil.copytree(made[paper], run_dir))

    return copy


@pytest.fixture
def tiny_arguments(paintings: Path):
    """The tiny configuration as command-line arguments of `fit`."""

    def build(paper: str, **changes: object) -> list[str]:
        changed = {key.replace("__", "."): value for key, value in changes.items()}
        settings = tiny_overrides(paper, paintings) | changed
        return [PRESETS[paper], "--set", *(f"{k}={_toml(v)}" for k, v in settings.items())]

    return build


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


class Made(dict[str, Any]):
    """A dictionary that makes each value when it is first asked for, by a function of its key."""

    def __init__(self, make: Callable[[str], Any]):
        super().__init__()
        self.make = make

    def __missing__(self, key: str) -> Any:
        self[key] = self.make(key)
        return self[key]


@pytest.fixture(scope="session")
def samplers() -> Made:
    """Tiny samplers by paper."""
    from tests.samplers import tiny_sampler  # only these tests wait for TensorFlow

    return Made(tiny_sampler)


@pytest.fixture(scope="session")
def exports(samplers, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """An exported version of each sampler; tests copy it and must not modify it."""
    from artgan_tf.serving.saved_model import ExportOptions, write

    root = tmp_path_factory.mktemp("exports")

    def made(paper: str) -> Path:
        write(samplers[paper], root / paper / "1", ExportOptions())
        return root / paper / "1"

    return Made(made)


@pytest.fixture(scope="module")
def browser():
    """The machine's Chromium, with module scope, as its event loop conflicts with others."""
    playwright = pytest.importorskip("playwright.sync_api", reason="there is no Playwright")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as started:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        yield started.chromium.launch(executable_path=chromium, args=flags)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A temporary `ARTGAN_CACHE`, also for child processes, instead of the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARTGAN_CACHE", str(folder))
        yield folder
