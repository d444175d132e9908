"""The first study compares what can be compared: as many images, one change at a time."""

from pathlib import Path

import pytest

from artgan_tf.config import flat, resolve

STUDY = Path(__file__).parents[2] / "experiments" / "first_study"
PRESETS = sorted(file for study in ("genre", "cifar10") for file in STUDY.glob(f"{study}/*.toml"))
CHANGES = {
    "energy": {"train.energy_weight"},
    "fast": {"train.lr_discriminator", "train.lr_generator"},
    "neither": {"model.magnify", "model.autoencoder", "model.generator", "model.decoder"},
    "no-magnification": {"model.magnify", "model.generator"},
    "small-batch": {"train.steps", "train.batch_size", "train.lr_drops"},
}


def changes(file: Path) -> set[str]:
    """Settings in which a preset differs from Improved ArtGAN's as published."""
    published = flat(resolve(str(file.with_name("improved.toml"))))
    return {key for key, value in flat(resolve(str(file))).items() if published[key] != value}


@pytest.mark.parametrize("file", PRESETS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_all_see_as_many_images(file: Path) -> None:
    train = resolve(str(file)).train
    assert train.steps * train.batch_size == 2_000 * 64
    assert [drop / train.steps for drop in train.lr_drops] == [0.8]


@pytest.mark.parametrize(
    "file",
    [file for file in PRESETS if file.stem not in ("artgan", "improved")],
    ids=lambda file: f"{file.parent.name}-{file.stem}",
)
def test_one_thing_is_changed_at_a_time(file: Path) -> None:
    changed = changes(file) - {"preset"}
    if "+" in file.stem:  # the finalists
        parts = (changes(file.with_name(f"{part}.toml")) for part in file.stem.split("+"))
        assert changed | {"preset"} == set().union(*parts)
    elif file.stem in CHANGES:
        assert changed <= CHANGES[file.stem]
        assert changed
    else:
        assert len(changed) == 1


def test_both_data_sets_have_the_same_experiments() -> None:
    genre, cifar10 = (
        {file.stem for file in STUDY.glob(f"{x}/*.toml") if "+" not in file.stem}
        for x in ("genre", "cifar10")
    )
    assert genre - {"trick", "balanced", "fast-d"} == cifar10 - {"no-trick"}  # its classes are even
