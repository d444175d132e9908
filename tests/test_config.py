"""Configuration: presets against the papers, overrides, and one sentence for every mistake."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from artgan_tf.config import InputError, flat, from_tree, resolve, to_tree
from artgan_tf.overrides import parse_overrides
from artgan_tf.preset_files import PACKAGED, preset_names

ROOT = Path(__file__).resolve().parents[1]
FIELDS = ["data.classes", "data.image_size", "data.crop", "train.steps", "train.lr_drops"]
FIELDS += ["train.fake_labels", "train.optimizer", "train.lr_discriminator", "train.lr_generator"]
ADAM, RMSPROP = ("adam", 2e-4, 2e-4), ("rmsprop", 1e-3, 1e-4)
IMPROVED = {
    "cifar10": (10, 32, 1.0, 70_000, (30_000,), "tiled", *ADAM),
    "stl10": (10, 64, 0.875, 50_000, (30_000,), "tiled", *ADAM),
    "wikiart-genre": (10, 64, 1.0, 50_000, (30_000,), "tiled", *ADAM),
    "wikiart-artist": (23, 64, 1.0, 50_000, (30_000,), "tiled", *ADAM),
    "wikiart-style": (27, 64, 1.0, 50_000, (30_000,), "tiled", *RMSPROP),
    "oxford-flowers102": (102, 64, 0.875, 30_000, (15_000,), "groups", *ADAM),
    "cub200": (200, 64, 0.875, 30_000, (15_000,), "groups", *ADAM),
}
# The encoder's convolutions with dropout before them.
DROPOUT = {"cifar10": [2, 4], "stl10": [2, 4, 6]}
ARTGAN_CLASSES = {"cifar10": 10, "wikiart-artist": 23, "wikiart-genre": 10, "wikiart-style": 27}
BOTH = {
    "model.z_size": 100,
    "model.width": 1.0,
    "model.autoencoder": True,
    # This project's additions are off in the papers' presets.
    "discriminator.spectral_norm": False,
    "discriminator.augment": (),
}


def check(preset: str, expected: dict[str, Any]) -> None:
    settings = flat(resolve(preset))
    assert {key: settings[key] for key in expected} == expected


def refused(preset: str, overrides: dict[str, Any]) -> str:
    """The error that the settings are refused with."""
    with pytest.raises(InputError) as error:
        resolve(preset, overrides)
    return str(error.value)


# ---- presets ----------------------------------------------------------------------------------
@pytest.mark.parametrize("preset", IMPROVED)
def test_paper_b_presets(preset: str) -> None:
    expected: dict[str, Any] = BOTH | dict(zip(FIELDS, IMPROVED[preset], strict=True))
    expected |= {"model.paper": "improved", "model.magnify": True, "train.batch_size": 100}
    expected |= {"discriminator.dropout": 0.2, "discriminator.noise": 0.05, "data.flip": True}
    expected |= {"train.rho": 0.9} if preset == "wikiart-style" else {"train.beta1": 0.5}
    check(f"improved/{preset}", expected | {"train.cifar_trick": preset == "cifar10"})
    encoder = resolve(f"improved/{preset}").model.encoder
    marked = [index for index, layer in enumerate(encoder) if layer.startswith("d ")]
    assert marked == DROPOUT.get(preset, [1, 2, 4])


@pytest.mark.parametrize("preset", ARTGAN_CLASSES)
def test_paper_a_presets(preset: str) -> None:
    expected = BOTH | {"model.paper": "artgan", "model.magnify": False, "data.image_size": 64}
    expected |= {"train.steps": 0, "train.epochs": 100, "train.lr_drop_epochs": (80,)}
    expected |= {"train.optimizer": "rmsprop", "train.rho": 0.9, "train.batch_size": 128}
    expected |= {"train.lr_discriminator": 1e-3, "train.lr_generator": 1e-3, "train.lr_drops": ()}
    expected |= {"discriminator.dropout": 0.0, "discriminator.noise": 0.0}
    expected |= {"train.fake_labels": "random", "train.cifar_trick": False}
    check(f"artgan/{preset}", expected | {"data.classes": ARTGAN_CLASSES[preset]})


def installed(folder: Path) -> Path:
    """A folder with the package's configuration and presets, as in a wheel."""
    (folder / "artgan_tf").mkdir(parents=True)
    for file in (ROOT / "artgan_tf").glob("*.py"):
        shutil.copy(file, folder / "artgan_tf")
    (folder / "tfrecords_tools").symlink_to(ROOT / "tfrecords_tools")
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    for source, target in build["build"]["targets"]["wheel"]["force-include"].items():
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        (folder / target).parent.mkdir(exist_ok=True)
        copy(ROOT / source, folder / target)
    return folder


@pytest.mark.parametrize("kind", ["checkout", "installed"])
def test_a_name_is_the_packaged_presets_whatever_lies_here(kind: str, tmp_path: Path) -> None:
    package = ROOT if kind == "checkout" else installed(tmp_path / "site")
    own = tmp_path / "here" / "experiments"
    own.mkdir(parents=True)
    (own / "demo.toml").write_text('extends = "demo"\n[train]\nsteps = 3\n')
    (own / "improved").mkdir()
    shutil.copy(PACKAGED / "improved/cifar10.toml", own / "improved")  # as in a clone: no warning
    (own / "mine.toml").write_text('extends = "improved/cifar10"\n[train]\nsteps = 4\n')
    names = ["demo", "experiments/demo.toml", "mine", "improved/cifar10"]
    told = f"from artgan_tf.config import resolve as r; print(*(r(n).train.steps for n in {names}))"
    command = [sys.executable, "-P", "-W", "default", "-c", told]
    env = os.environ | {"PYTHONPATH": str(package)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=own.parent, env=env)
    assert done.stdout.split() == ["2600", "3", "4", "70000"]
    said = "demo is the packaged preset; for your own say experiments/demo.toml."
    assert done.stderr.count(said) == done.stderr.count("packaged preset") == 1


@pytest.mark.parametrize("preset", preset_names())
def test_every_preset_loads_and_survives_toml(preset: str) -> None:
    config = resolve(preset)
    assert config.preset == preset
    assert from_tree(tomllib.loads(tomli_w.dumps(to_tree(config)))) == config


@pytest.mark.parametrize("key", ["data.spec", "train.init", "log.extractor"])
def test_text_that_no_file_can_hold_is_refused(key: str) -> None:
    """Python's representation of bytes in a path that are not UTF-8."""
    with pytest.raises(InputError, match=rf"^{key} = [^\n]*udce7[^\n]*UTF-8, rename[^\n]*\.$"):
        resolve("demo", {key: "folder:x\udce7"})


def test_the_keys_of_flat_are_those_of_overrides() -> None:
    config = resolve("improved/stl10")
    overrides = {key: value for key, value in flat(config).items() if key != "preset"}
    assert dataclasses.replace(resolve("demo", overrides), preset=config.preset) == config


# ---- overrides --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("train.steps=5_000", 5000),
        ("train.lr_generator=1e-4", 1e-4),
        ("train.cifar_trick=true", True),
        ("train.lr_drops=[1, 20]", [1, 20]),
        ('data.spec="folder:x"', "folder:x"),
        ("data.spec=folder:a/b c=d", "folder:a/b c=d"),
        (r"data.spec=C:\new folder", r"C:\new folder"),
        ("data.val_split=", ""),
        ("discriminator.augment=['colour', 'cutout']", ["colour", "cutout"]),
        (" model.width = 0.5", 0.5),
    ],
)
def test_set_takes_toml_or_a_string(text: str, value: Any) -> None:
    overrides = parse_overrides([text])
    (parsed,) = overrides.values()
    assert (parsed, type(parsed)) == (value, type(value))
    resolve("demo", overrides)


def test_set_needs_an_equals_sign_and_the_last_wins() -> None:
    assert parse_overrides(["train.steps=1", "train.steps=2"]) == {"train.steps": 2}
    with pytest.raises(InputError, match=r"'train\.steps'"):
        parse_overrides(["train.steps"])


# ---- mistakes ---------------------------------------------------------------------------------
NEAR = {"train.step": "did you mean 'steps'", "model.widht": "did you mean 'width'"}
NEAR |= {"data.imagesize": "did you mean 'image_size'", "model.width.x": "width"}
NEAR |= dict.fromkeys(("trian.steps", "width", "model", "preset", ""), "'train'")


@pytest.mark.parametrize(("key", "near"), NEAR.items())
def test_an_unknown_key_is_named_with_a_near_one(key: str, near: str) -> None:
    told = refused("demo", {key: 1})
    assert repr(key) in told
    assert near in told


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data.image_size", 7), ("data.crop", 1.5), ("model.width", float("inf")),
        ("model.paper", "other"), ("discriminator.dropout", 1.0), ("discriminator.noise", -0.1),
        ("discriminator.augment", ["blur"]), ("train.batch_size", 1), ("train.seed", 2**31),
        ("train.lr_generator", float("nan")), ("train.lr_drops", [0]), ("train.energy_of", []),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_named(key: str, value: Any) -> None:
    assert refused("demo", {key: value}).startswith(key)


def test_epochs_replace_the_steps_of_a_preset(tmp_path: Path) -> None:
    train = resolve("demo", {"train.epochs": 3}).train
    assert (train.epochs, train.steps) == (3, 0)
    for head in ("", 'extends = "demo"\n'):
        own = write(tmp_path / "own.toml", f"{head}[train]\nepochs = 3")
        child = write(tmp_path / "child.toml", f'extends = "{own}"\n[train]\nsteps = 7')
        assert [resolve(path).train.steps for path in (own, child)] == [0, 7]
    assert resolve("artgan/cifar10", {"train.epochs": 3, "train.steps": 5}).train.steps == 5


def test_an_unknown_preset_is_named_beside_the_nearest() -> None:
    told = refused("improved/cifar1O", {})
    assert "'improved/cifar1O' (did you mean 'improved/cifar10'" in told


# ---- extends ----------------------------------------------------------------------------------
def write(path: Path, text: str) -> str:
    path.write_bytes(text.encode("latin-1"))
    return path.as_posix()


def test_extends_chains_and_the_nearest_wins(tmp_path: Path) -> None:
    head = 'extends = "improved/stl10"'
    one = write(tmp_path / "one.toml", f"{head}\n[train]\nsteps = 7\nseed = 1")
    two = write(tmp_path / "two.toml", f'extends = "{one}"\n[train]\nsteps = 8\nlr_drops = [2]')
    config, base = resolve(two, {"train.batch_size": 6}), resolve("improved/stl10")
    train = dataclasses.replace(base.train, steps=8, seed=1, lr_drops=(2,), batch_size=6)
    assert config == dataclasses.replace(base, train=train, preset=config.preset)


@pytest.mark.parametrize("names", ["a", "abc"])
def test_a_circle_is_an_error(tmp_path: Path, names: str) -> None:
    for name, following in zip(names, names[1:] + names[0], strict=True):
        write(tmp_path / f"{name}.toml", f'extends = "{tmp_path.as_posix()}/{following}.toml"')
    told = refused(f"{tmp_path.as_posix()}/a.toml", {})
    assert "circle" in told
    assert all(f"{name}.toml" in told for name in names)


@pytest.mark.parametrize(
    "text",
    [
        "steps = ", 'extends = "nowhere"', "extends = 3", 'extends = ["demo"]', "model = 5",
        "[model]\nx = 1", "#\xe9",
    ],
)  # fmt: skip
def test_a_broken_preset_is_an_input_error(tmp_path: Path, text: str) -> None:
    assert refused(write(tmp_path / "broken.toml", text), {"model.z_size": 5})


# ---- upper bounds -----------------------------------------------------------------------------
NUMBERS = [
    key
    for key, value in flat(resolve("demo")).items()
    if isinstance(value, int | float) and not isinstance(value, bool)
]


@pytest.mark.parametrize("key", [*NUMBERS, "train.lr_drops", "train.lr_drop_epochs"])
def test_every_number_has_an_upper_bound_that_says_why(key: str) -> None:
    assert len(NUMBERS) > 25
    for value in (2**130, 1e39):
        told = refused("demo", {key: [value] if key.startswith("train.lr_drop") else value})
        assert re.match(rf"{key}\S* = \S+ is invalid: ", told)
    fractions = "less than" in told  # needs no reason
    assert fractions or "integer" in told or re.search(r", \w+", told)
    if isinstance(flat(resolve("demo"))[key], int):
        told = refused("demo", {key: 2**127})
        assert re.search(r"should be at most [\d,]+, \w+ \w+", told)
