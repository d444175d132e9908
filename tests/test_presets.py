"""Every preset, and one train step of each network at width 0.05 on data of its shape."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from artgan_tf.config import Config, InputError, resolve
from artgan_tf.data.pipeline import held_out_batches, training_batches
from artgan_tf.data.spec import open_source
from artgan_tf.papers import build_gan
from artgan_tf.preset_files import preset_names
from tests.conftest import TABLES
from tests.data import stand_ins
from tests.tfds_folder import set_data_folder
from tfrecords_tools.convert import convert
from tfrecords_tools.options import Options

OWN = ["recommended/own", "recommended/own-small"]  # for any data
PRESETS = [name for name in preset_names() if "/" in name and name not in OWN]
FACTS = {  # K, training and held-out images, from the papers and the official lists
    "cifar10": (10, 50_000, 10_000),
    "stl10": (10, 5_000, 8_000),
    "oxford-flowers102": (102, 1_020, 1_020),
    "cub200": (200, 5_994, 5_794),
    "wikiart-genre": (10, 45_503, 19_492),
    "wikiart-style": (27, 57_025, 24_421),
    "wikiart-artist": (23, 13_346, 5_706),
}
ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/images.md").read_text(encoding="utf-8")
NARROW = {"model.width": 0.05, "train.batch_size": 10, "data.train_count": 0, "data.val_count": 0}


def of_each_network() -> list[str]:
    """One preset for each pair of networks, whatever their width, and size."""
    found: dict[str, str] = {}
    for name in PRESETS:
        config = resolve(name, NARROW)
        networks = config.model, config.discriminator.features, config.data.image_size
        found.setdefault(str(networks), name)
    return list(found.values())


def data_of(preset: str) -> str:
    named = (name for name in FACTS if preset.split("/")[1].startswith(name))
    return next(named, f"{preset}, whose data FACTS lacks")


def test_every_system_and_data_set_of_the_papers_has_its_presets() -> None:
    tasks = [f"wikiart-{task}" for task in ("genre", "style", "artist")]
    expected = {f"artgan/{name}{small}" for name in ("cifar10", *tasks) for small in ("", "-small")}
    expected |= {f"improved/{name}{kind}" for name in tasks for kind in ("", "-small", "-128")}
    expected |= {"improved/cifar10-small", "improved/oxford-flowers102", "improved/cub200"}
    for name in ("cifar10", "stl10"):
        ablations = ("", "-no-autoencoder", "-no-magnification", "-neither")
        expected |= {f"improved/{name}{kind}" for kind in ablations}
    names, kinds = ("cifar10", *tasks), ("", "-small")
    recommended = {f"recommended/{name}{kind}" for name in names for kind in kinds}
    assert set(PRESETS) == expected | recommended | {"recommended/wikiart-genre-half"}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_facts_of_its_data_are_pinned(preset: str) -> None:
    data = resolve(preset).data
    classes, train_count, val_count = FACTS[data_of(preset)]
    assert (data.classes, data.train_count, data.val_count) == (classes, train_count, val_count)
    assert len(set(data.class_names)) == classes
    kind, _, version = data.spec.partition(":")[0], *data.spec.rpartition(":")[1:]
    assert kind == "tfrecords" or version.count(".") == 2


@pytest.fixture(scope="session")
def wikiart(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`wikiart(config)`: a converted data set with the classes that the configuration expects."""
    made: dict[tuple[int, int], Path] = {}

    def make(config: Config) -> Path:
        key = config.data.classes, config.data.image_size
        if key not in made:
            root = tmp_path_factory.mktemp("wikiart")
            random = np.random.default_rng(0)
            for split in ("train", "val"):
                for name in config.data.class_names:
                    path = root / "images" / split / name / f"{split}.png"
                    path.parent.mkdir(parents=True)
                    Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8)).save(path)
            made[key] = root / "shards"
            convert(Options(root / "images", made[key], size=key[1], workers=1))
        return made[key]

    return make


@pytest.fixture(scope="session")
def tfds_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """TFDS's data folder with stand-ins for the presets' data sets."""
    folder = tmp_path_factory.mktemp("tensorflow_datasets")
    specs = {resolve(preset).data.spec for preset in PRESETS}
    for spec in sorted(spec for spec in specs if spec.startswith("tfds:")):
        stand_ins.write_stand_in(spec.removeprefix("tfds:"), 20, folder)
    return folder


def step(config: Config) -> None:
    """One train step and one test step from the real pipeline: all losses are finite."""
    source = open_source(config.data)
    assert source.class_names == config.data.class_names
    gan = build_gan(config, len(source.class_names))
    gan.compile()
    size, count = config.data.image_size, config.train.batch_size
    batches = training_batches(source.train, config.data, count, seed=0)
    batch = next(iter(batches))
    assert batch[0].shape == (count, size, size, 3)
    losses = gan.train_step(batch)
    assert all(np.isfinite(float(value)) for value in losses.values()), losses
    gan.test_step(next(iter(held_out_batches(source.val, config.data, count))))


def test_the_demo_is_for_the_demo_data(recwarn: pytest.WarningsRecorder) -> None:
    source = open_source(resolve("demo").data)
    assert (source.train.count, source.val.count) == (5_000, 1_000)
    assert not recwarn.list


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["demo", *of_each_network()])
def test_a_train_step_on_data_of_its_shape(
    preset: str, wikiart: Any, tfds_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_data_folder(tfds_folder, monkeypatch)
    config = resolve(preset, NARROW)
    if config.data.spec.startswith("tfrecords"):
        config = resolve(preset, NARROW | {"data.spec": f"tfrecords:{wikiart(config)}"})
    step(config)


@pytest.mark.parametrize(
    "preset", [name for name in PRESETS if resolve(name).data.spec[:4] == "tfds"]
)
def test_its_splits_are_those_of_the_data_set(
    preset: str, tfds_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_data_folder(tfds_folder, monkeypatch)
    source = open_source(resolve(preset, NARROW).data)
    assert (source.train.count, source.val.count) == (20, 20)


# ---- data that does not match the preset ----------------------------------------------------
CIFAR10 = tuple(resolve("improved/cifar10").data.class_names)
RENAMED = ("airplane", "automobile", "raven", *CIFAR10[3:])
COUNTS = {"data.train_count": 12, "data.val_count": 12}
REFUSALS = [
    ({}, {}, ["12 train images, not 50000", "data.classes=0"]),
    ({}, {"data.train_count": 12}, ["12 held-out images, not 10000"]),
    ({"names": CIFAR10[:9]}, COUNTS, ["9 classes", "expects 10"]),
    ({"names": RENAMED}, COUNTS, ["Class 2", "'raven'", "'bird'"]),
    ({"splits": ("train", "dev")}, COUNTS, ["no split 'test'", "train, dev"]),
    ({"version": "3.0.1"}, COUNTS, ["3.0.2", "there: 3.0.1", "--data"]),
]


def doctored(
    names: tuple[str, ...] = CIFAR10,
    splits: tuple[str, ...] = ("train", "test"),
    version: str = "3.0.2",
) -> None:
    """Write a data set that claims to be CIFAR-10."""
    label = tfds.features.ClassLabel(names=list(names))
    counts = dict.fromkeys(splits, (12, 0))
    stand_ins.write("cifar10", label, counts, version=tfds.core.Version(version))


@pytest.mark.parametrize(("doctoring", "overrides", "parts"), REFUSALS)
def test_doctored_data_is_refused_in_a_sentence(
    doctoring: dict, overrides: dict, parts: list, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_data_folder(tmp_path, monkeypatch)
    doctored(**doctoring)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", no_network)
    with pytest.raises(InputError) as caught:
        open_source(resolve("improved/cifar10", overrides).data)
    for part in parts:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def no_network(self: Any) -> None:
    raise ConnectionError("no route to host")


def test_the_data_that_the_preset_is_for_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_data_folder(tmp_path, monkeypatch)
    doctored()
    source = open_source(resolve("improved/cifar10", COUNTS).data)
    assert (source.train.count, source.val.count) == (12, 12)


def test_a_copy_of_wikiart_that_lacks_files_is_told_of_and_taken(wikiart: Any) -> None:
    spec = f"tfrecords:{wikiart(resolve('improved/wikiart-genre'))}"
    with pytest.warns(UserWarning, match="has 10 train images, not 45503"):
        open_source(resolve("improved/wikiart-genre", {"data.spec": spec}).data)


# ---- the user's own data --------------------------------------------------------------------
@pytest.mark.slow
def test_a_data_set_of_ones_own_takes_one_toml(
    paintings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "experiments").mkdir()
    toml = re.search(r"```toml\n(.*?)```", PAGE, re.S)
    assert toml
    shown = toml[1].replace("folder:paintings", f"folder:{paintings}")
    (tmp_path / "experiments" / "mine.toml").write_text(shown)
    monkeypatch.chdir(tmp_path)
    smaller = TABLES["critic"] | {"model.width": 0.05, "data.image_size": 16}
    config = resolve("mine", smaller | {"train.batch_size": 9})
    assert open_source(config.data).class_names == ("landscape", "portrait", "still life")
    assert build_gan(config, 3).num_classes == 3
