"""`pretrained:NAME`: the package's generators, one packed from a run, and errors."""

import json
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import artgan_tf
from artgan_tf.catalogue import models
from artgan_tf.config import InputError, resolve
from artgan_tf.evaluation.results import REAL
from artgan_tf.frozen import efficientnet_file
from artgan_tf.papers import build_gan
from artgan_tf.runs import pretrained
from artgan_tf.runs.checkpoint_file import write
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.load import load_gan
from artgan_tf.runs.names import network as network_of
from artgan_tf.runs.networks import load_networks
from artgan_tf.sampler import Sampler
from artgan_tf.sampling.pack import pack
from artgan_tf.task import plan
from artgan_tf.training.train import train
from tests import gans
from tests.training.states import state

NAME = "wikiart-genre"
MODEL = f"pretrained:{NAME}"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for pretrained generators, with a copy of one of the package's."""
    folder = tmp_path / "pretrained"
    shutil.copytree(pretrained.FOLDER, folder)
    monkeypatch.setattr(pretrained, "FOLDER", folder)
    return folder


# ---- the package's ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "classes", "size", "steps"),
    [
        ("cifar10", 10, 32, 4_000),
        pytest.param("wikiart-artist", 15, 64, 4_000, marks=pytest.mark.slow),
        pytest.param(NAME, 10, 64, 15_791, marks=pytest.mark.slow),
        pytest.param(f"{NAME}-half", 10, 64, 24_000, marks=pytest.mark.slow),
        pytest.param("wikiart-style", 11, 64, 4_000, marks=pytest.mark.slow),
    ],
)
def test_it_paints_its_classes(name: str, classes: int, size: int, steps: int, loaded):
    sampler = loaded(f"pretrained:{name}")
    assert len(sampler.class_names) == classes
    images = sampler.generate(sampler.class_names, [7] * classes)
    assert (images.shape, images.dtype) == ((classes, size, size, 3), np.uint8)
    assert len(np.unique(images.reshape(classes, -1), axis=0)) == classes
    assert images.std() > 30  # not plain grey
    assert sampler.gan.steps_done == steps


@pytest.fixture(scope="module")
def loaded() -> Callable[[str], Sampler]:
    """Loads a generator once for all tests, which must not change it."""
    return cache(artgan_tf.load)


@pytest.mark.slow
def test_it_fills_a_gan_of_other_classes(loaded):
    config, classes = resolve(f"recommended/{NAME}"), 3
    gan, z = build_gan(config, classes), config.model.z_size
    untrained = [np.array(v) for v in gan.generator.weights]
    partly = load_networks(gan, RunDirectory(pretrained.locate(MODEL)).checkpoints).partly
    ten = loaded(MODEL).gan
    for network in ("generator", "averaged"):
        pairs = zip(getattr(gan, network).weights, ten.averaged.weights, strict=True)
        for (mine, theirs), before in zip(pairs, untrained, strict=True):
            if mine.shape == theirs.shape:
                np.testing.assert_array_equal(mine, theirs)
                continue
            assert mine.path in partly
            assert mine.shape[0] == z + classes
            np.testing.assert_array_equal(mine[:z], theirs[:z])
            if network == "generator":
                np.testing.assert_array_equal(mine[z:], before[z:])
    # G's first layer and seven modulations, twice; D's classes, its critics, and those of four
    # maps, each with its vector of spectral normalisation.
    assert len(partly) == 2 * 8 + 2 + 4 * 2


def test_models_lists_it_with_its_figures_sheet_and_card(capsys):
    models()
    short = capsys.readouterr().out
    assert "  figures FID 35.5 (real images 23.3), recall 0.427 (real images 0.674)\n" in short
    assert "  figures FID 25.2 (real images 10.2), recall 0.366 (real images 0.7)\n" in short
    assert len(short.splitlines()) < 50
    for name in pretrained.names():
        assert f"pretrained:{name}: " in short
        models(f"pretrained:{name}")
    told = capsys.readouterr().out
    assert f"{MODEL}: 10 classes at 64x64\n  abstract_painting, " in told
    assert "runs/" not in told  # one name each: what sample and serve take
    assert told.count(f"  {MODEL}, ema, step 15,791\n") == 1
    for name in ("cifar10", "wikiart-artist", "wikiart-style"):
        assert told.count(f"  pretrained:{name}, ema, step 4,000\n") == 1
    about = told.partition(f"{MODEL}: 10 classes")[2].partition("\npretrained:")[0]
    (fid, *_) = (line.split() for line in about.splitlines() if line.startswith("fid_5k_val"))
    assert fid[1:3] == ["fid", "inception-2015"]
    assert [float(figure) for figure in fid[-2:]] == [23.34, 35.52]  # reference and model
    for kind in ("sheet", "card"):
        (path,) = re.findall(rf"{kind} +(\S+)", about)
        assert Path(path).is_file()


@pytest.mark.slow
def test_only_training_needs_the_package_of_frozen_features(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(efficientnet_file, "MODULE", "not_installed")
    assert artgan_tf.load("pretrained:cifar10").generate(["frog"], [7]).std() > 0
    with pytest.raises(InputError, match=r"needs the package .*: pip install"):
        plan("recommended/cifar10-small", {})
    with pytest.raises(InputError, match=r"needs the package .*: pip install"):
        build_gan(resolve("recommended/cifar10-small"), 10).compile()


# ---- what is refused --------------------------------------------------------------------------
@pytest.mark.parametrize(
    "harm", [lambda file: file.write_bytes(file.read_bytes()[:-1]), Path.unlink]
)
def test_damaged_weights_are_refused(harm: Any, shelf: Path):
    (file,) = (shelf / NAME / "checkpoints").glob("*.npz")
    harm(file)
    for _ in range(2):  # the second time, too
        with pytest.raises(InputError) as caught:
            artgan_tf.load(MODEL)
        assert str(caught.value) == f"{file} is missing or damaged: install the package again."


@pytest.mark.parametrize("card", ["", "{", "[]", "{}", '{"step": 1}'])
def test_a_damaged_card_is_refused(card: str, shelf: Path):
    (shelf / NAME / "card.json").write_text(card)
    with pytest.raises(InputError, match=r"card\.json is damaged: install the package again\.$"):
        pretrained.locate(MODEL)


@pytest.mark.parametrize("name", ["nothing", "", "../pretrained/wikiart-genre", "wikiart-genre/"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str):
    with pytest.raises(
        InputError,
        match=rf"^There is no pretrained:{name}(?: \(did .*\))?: [^\n]*{NAME}, [^\n]*\.$",
    ):
        artgan_tf.load(f"pretrained:{name}")


# ---- places -----------------------------------------------------------------------------------
def test_what_is_made_of_it_lies_beside_ones_own_runs(tmp_path, monkeypatch):
    monkeypatch.delenv("ARTGAN_RUNS", raising=False)
    assert pretrained.workplace(MODEL) == Path("runs") / NAME
    monkeypatch.setenv("ARTGAN_RUNS", str(tmp_path))
    assert pretrained.workplace(MODEL) == tmp_path / NAME
    assert pretrained.workplace(tmp_path / "run") == tmp_path / "run"
    assert pretrained.locate(str(tmp_path / "run")) == tmp_path / "run"


# ---- one of a run -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def made(trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run and a shelf, with `pretrained:tiny` made of the run."""
    folder = tmp_path_factory.mktemp("packed")
    run = trained("critic", folder / "run")
    rows = [{"model": REAL, "weights": ""}, {"model": "runs/a", "weights": "ema"}]
    (run / "metrics.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretrained, "FOLDER", folder / "shelf")
        pack(run, "tiny")
    return folder


@pytest.fixture
def packed(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run; its shelf is the package's during the test."""
    monkeypatch.setattr(pretrained, "FOLDER", made / "shelf")
    return made / "run"


@pytest.mark.slow
def test_a_packed_run_holds_two_networks_in_float16_and_its_results(packed):
    assert "tiny" in pretrained.names()
    tiny = pretrained.locate("pretrained:tiny")
    found, whole = state(tiny), state(packed)
    kept = {key for key in whole if network_of(key) in ("averaged", "discriminator")}
    assert found.keys() == kept
    with Image.open(tiny / pretrained.SHEET) as sheet:
        assert sheet.width > 10 * sheet.height / 3  # ten seeds of three classes
    for key in kept:
        assert found[key].dtype == np.float16
        np.testing.assert_allclose(found[key], whole[key], rtol=1e-3, atol=1e-6, err_msg=key)
    lines = (tiny / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["model"] for line in lines] == [REAL, "pretrained:tiny"]


@pytest.mark.slow
def test_a_run_of_the_first_format_is_packed_by_the_newest_names(packed, tmp_path):
    whole = state(pretrained.locate("pretrained:tiny"))
    run = Path(shutil.copytree(packed, tmp_path / "run"))
    gan, _ = load_gan(RunDirectory(run))
    gans.save_first_format(gan, run / "checkpoints" / "step-6.npz")
    found = state(pack(run, "old"))
    assert found.keys() == whole.keys()
    for key in whole:
        np.testing.assert_array_equal(found[key], whole[key], err_msg=key)


@pytest.mark.slow
def test_it_replaces_what_was_packed_before(packed):
    before = pretrained.FOLDER / "tiny" / "checkpoints" / "step-5.npz"
    before.write_bytes(b"older weights")
    pack(packed, "tiny")
    assert [file.name for file in before.parent.iterdir()] == ["step-6.npz"]


@pytest.mark.slow
def test_a_packed_run_paints_as_the_run_does(packed):
    run, copy = artgan_tf.load(packed), artgan_tf.load("pretrained:tiny")
    assert copy.class_names == run.class_names
    assert copy.gan.steps_done == run.gan.steps_done == 6
    one, other = (p.generate([0, 1, 2] * 5, range(15)).astype(int) for p in (run, copy))
    assert np.abs(one - other).max() <= 3


@pytest.mark.slow
def test_training_starts_from_a_run_of_other_classes(packed, tiny, paintings, tmp_path):
    folder = paintings / "train" / "portrait"  # images alone: one class
    slow = {"train__lr_generator": 1e-12, "train__lr_discriminator": 1e-12, "train__steps": 1}
    config = tiny("critic", train__init=str(packed), data__spec=f"folder:{folder}", **slow)
    train(config, tmp_path / "other")
    run, other = artgan_tf.load(packed), artgan_tf.load(tmp_path / "other")
    assert len(other.class_names) == 1
    for one, two in zip(*(p.gan.generator.trainable_variables for p in (run, other)), strict=True):
        if one.shape == two.shape:
            np.testing.assert_allclose(two, one, atol=1e-6)
    kernels = [p.gan.generator.blocks[0].modulate.kernel for p in (run, other)]
    assert [kernel.shape[0] for kernel in kernels] == [8 + 3, 8 + 1]
    first, second = (np.array(kernel)[:8] for kernel in kernels)
    np.testing.assert_allclose(second, first, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("modulation", [["class"], []])
def test_other_classes_with_any_modulation(modulation, tmp_path):
    """The preset's own, classes and latents, is that of the test before."""
    config = gans.tiny("critic", model__modulation=modulation)
    first, other = build_gan(config, 3), build_gan(config, 1)
    first.compile()
    write(tmp_path / "step-1.npz", Checkpoints(first, tmp_path).arrays())
    partly = load_networks(other, tmp_path).partly
    pairs = zip(other.averaged.weights, first.averaged.weights, strict=True)
    by_class = [(mine, theirs) for mine, theirs in pairs if mine.shape != theirs.shape]
    assert by_class
    for mine, theirs in by_class:
        assert mine.path in partly
        assert mine.shape[0] == theirs.shape[0] - 2
