"""Every preset: its facts, its networks, and train steps on data of its shape."""

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
NARROW = {"model.width": 0.05, "train.batch_size": 10, "data.train_count": 0, "data.val_count": 0}


def of_each_network() -> list[str]:
    """One preset for each pair of networks, whatever their width, and size."""
    found: dict[str, str] = {}
    for name in PRESETS:
        config = resolve(name, NARROW)
        found.setdefault(f"{config.model} {config.data.image_size}", name)
    return list(found.values())


def data_of(preset: str) -> str:
    named = (name for name in FACTS if preset.split("/")[1].startswith(name))
    return next(named, f"{preset}, whose data FACTS lacks")


@pytest.mark.parametrize("preset", PRESETS)
def test_the_facts_of_its_data_are_pinned(preset: str) -> None:
    data = resolve(preset).data
    assert (data.classes, data.train_count, data.val_count) == FACTS[data_of(preset)]
    assert len(set(data.class_names)) == data.classes
    kind, _, version = data.spec.partition(":")[0], *data.spec.rpartition(":")[1:]
    assert kind == "tfrecords" or version.count(".") == 2


@pytest.mark.slow
@pytest.mark.parametrize("preset", of_each_network())
def test_its_networks_fit_together(preset: str) -> None:
    config = resolve(preset, NARROW | {"discriminator.features": "none"})
    assert build_gan(config, config.data.classes).built


@pytest.fixture(scope="session")
def wikiart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Genres, converted."""
    root = tmp_path_factory.mktemp("wikiart")
    random = np.random.default_rng(0)
    for split in ("train", "val"):
        for name in resolve("improved/wikiart-genre").data.class_names:
            path = root / "images" / split / name / f"{split}.png"
            path.parent.mkdir(parents=True)
            Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8)).save(path)
    convert(Options(root / "images", root / "shards", size=64, workers=1))
    return root / "shards"


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
@pytest.mark.parametrize(
    "preset",
    ["demo", "artgan/wikiart-genre", "improved/cifar10", "improved/cub200", "recommended/cifar10"],
)
def test_a_train_step_on_data_of_its_shape(preset, wikiart, tfds_folder, monkeypatch) -> None:
    set_data_folder(tfds_folder, monkeypatch)
    monkeypatch.setattr("artgan_tf.data.demo.TRAIN", 100)
    of_wikiart = {"data.spec": f"tfrecords:{wikiart}"} if "wikiart" in preset else {}
    step(resolve(preset, NARROW | of_wikiart))


@pytest.mark.parametrize("preset", ["cifar10", "stl10", "oxford-flowers102", "cub200"])
def test_its_splits_are_those_of_the_data_set(preset, tfds_folder, monkeypatch) -> None:
    set_data_folder(tfds_folder, monkeypatch)
    source = open_source(resolve(f"improved/{preset}", NARROW).data)
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
    doctoring, overrides, parts, tmp_path, monkeypatch
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


def test_a_copy_of_wikiart_that_lacks_files_is_told_of_and_taken(wikiart: Path) -> None:
    config = resolve("improved/wikiart-genre", {"data.spec": f"tfrecords:{wikiart}"})
    with pytest.warns(UserWarning, match="has 10 train images, not 45503"):
        open_source(config.data)


# ---- the user's own data --------------------------------------------------------------------
def test_a_data_set_of_ones_own_takes_one_toml(paintings, tmp_path, monkeypatch) -> None:
    page = (ROOT / "docs/images.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```toml\n(.*?)```", page, re.S)
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments/mine.toml").write_text(shown.replace(":paintings", f":{paintings}"))
    monkeypatch.chdir(tmp_path)
    assert open_source(resolve("mine").data).class_names == ("landscape", "portrait", "still life")
