"""`pretrained:NAME`: the package's generators, one packed from a run, and errors."""

import json
import re
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import artgan_tf
from artgan_tf import standing
from artgan_tf.catalogue import models
from artgan_tf.config import InputError
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
from artgan_tf.sampling.pack import pack
from artgan_tf.task import plan
from artgan_tf.training.train import _initialise, train
from tests import gans
from tests.runs.untrained import NAMES, save_untrained
from tests.training.states import state

NAME = "wikiart-genre"
MODEL = f"pretrained:{NAME}"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for pretrained generators, with a copy of one of the package's."""
    shutil.copytree(pretrained.FOLDER / NAME, tmp_path / "pretrained" / NAME)
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "pretrained")
    return pretrained.FOLDER


# ---- the package's ----------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar10", NAME])
def test_it_paints_its_classes(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(standing, "SIZE", 10)  # estimated over few pictures
    monkeypatch.setattr(efficientnet_file, "MODULE", "not_installed")  # only training needs it
    loaded = artgan_tf.load(f"pretrained:{name}")
    images = loaded.generate(loaded.class_names, [7] * 10)
    size = loaded.gan.config.data.image_size
    assert (images.shape, images.dtype) == ((10, size, size, 3), np.uint8)
    assert len(np.unique(images.reshape(10, -1), axis=0)) == 10
    assert images.std() > 30  # not plain grey
    with pytest.raises(InputError, match=r"needs the package .*: pip install"):
        plan("recommended/cifar10-small", {})


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*pretrained.names()} - {"cifar10", NAME}))
def test_it_can_be_loaded(name: str):
    run = RunDirectory(pretrained.locate(f"pretrained:{name}"))
    gan, names = load_gan(run)
    assert gan.num_classes == len(names) >= 10
    assert gan.steps_done == gan.config.train.steps


def test_models_lists_it_with_its_figures_sheet_and_card(capsys):
    models()
    short = capsys.readouterr().out
    figures = r"  figures FID [\d.]+ \(real images [\d.]+\), recall [\d.]+ \(real images [\d.]+\)\n"
    assert len(re.findall(figures, short)) == len(pretrained.names())
    assert len(short.splitlines()) < 50
    assert all(f"pretrained:{name}: " in short for name in pretrained.names())
    models(MODEL)
    told = capsys.readouterr().out
    assert told.startswith(f"{MODEL}: 10 classes at 64x64\n  abstract_painting, ")
    assert "runs/" not in told  # one name each: what sample and serve take
    assert told.count(f"  {MODEL}, ema, step 15,791\n") == 1
    (fid, *_) = (line.split() for line in told.splitlines() if line.startswith("fid_5k_val"))
    assert fid[1:3] == ["fid", "inception-2015"]
    reference, own = map(float, fid[-2:])
    assert reference < own
    for kind in ("sheet", "card"):
        (path,) = re.findall(rf"{kind} +(\S+)", told)
        assert Path(path).is_file()


# ---- what is refused --------------------------------------------------------------------------
def test_models_tells_what_a_bare_name_means():
    with pytest.raises(InputError, match=f"'{NAME}' is not pretrained .did you mean '{MODEL}'"):
        models(NAME)
    with pytest.raises(InputError, match="'runs/demo' is not pretrained: use one that artgan"):
        models("runs/demo")


@pytest.mark.parametrize("harm", [lambda file: file.write_bytes(b"PK"), Path.unlink])
def test_damaged_weights_are_refused(harm: Any, shelf: Path):
    (file,) = (shelf / NAME / "checkpoints").glob("*.npz")
    harm(file)
    for _ in range(2):  # the second time, too
        with pytest.raises(InputError) as caught:
            artgan_tf.load(MODEL)
        assert str(caught.value) == f"{file} is missing or damaged: install the package again."


@pytest.mark.parametrize("card", ["{", "[]", '{"step": 1}'])
def test_a_damaged_card_is_refused(card: str, shelf: Path):
    (shelf / NAME / "card.json").write_text(card)
    with pytest.raises(InputError, match=r"card\.json is damaged: install the package again\.$"):
        pretrained.locate(MODEL)


@pytest.mark.parametrize("name", ["nothing", "", "../pretrained/wikiart-genre", "wikiart-genre/"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str):
    known = rf"^There is no pretrained:{name}(?: \(did .*\))?: [^\n]*{NAME}, [^\n]*\.$"
    with pytest.raises(InputError, match=known):
        artgan_tf.load(f"pretrained:{name}")


def test_what_is_made_of_it_is_kept_apart_from_a_run_of_the_same_name(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTGAN_RUNS", str(tmp_path))
    assert pretrained.workplace(MODEL) == tmp_path / "pretrained" / NAME
    assert pretrained.workplace(tmp_path / "run") == tmp_path / "run"
    assert pretrained.locate(str(tmp_path / "run")) == tmp_path / "run"


# ---- one of a run -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run and a shelf, with `pretrained:tiny` made of the run."""
    folder = tmp_path_factory.mktemp("packed")
    run = save_untrained("critic", folder / "run").path
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
def test_a_packed_run_holds_two_networks_in_float16_and_its_results(packed, tmp_path):
    assert pretrained.names() == ["tiny"]
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
    # One of the first format has the same names, and replaces what was packed before.
    run = Path(shutil.copytree(packed, tmp_path / "run"))
    gans.save_first_format(load_gan(RunDirectory(run))[0], run / "checkpoints" / "step-6.npz")
    for step in (5, 9):
        (tiny / "checkpoints" / f"step-{step}.npz").write_bytes(b"weights that were packed before")
    again = state(pack(run, "tiny"))
    assert [file.name for file in (tiny / "checkpoints").iterdir()] == ["step-6.npz"]
    assert again.keys() == kept
    for key in kept:
        np.testing.assert_array_equal(again[key], found[key], err_msg=key)


@pytest.mark.slow
def test_a_run_without_figures_is_packed_and_listed_without_any(packed, tmp_path, capsys):
    run = Path(shutil.copytree(packed, tmp_path / "run"))
    (run / "metrics.jsonl").unlink()
    assert (pack(run, "tiny") / "metrics.jsonl").read_text() == ""
    models()
    assert "figures" not in capsys.readouterr().out


@pytest.mark.slow
def test_a_packed_run_paints_as_the_run_does(packed):
    run, copy = artgan_tf.load(packed), artgan_tf.load("pretrained:tiny")
    assert copy.class_names == run.class_names == tuple(NAMES)
    assert copy.gan.steps_done == run.gan.steps_done == 6
    one, other = (p.generate([0, 1, 2] * 5, range(15)).astype(int) for p in (run, copy))
    assert np.abs(one - other).max() <= 3


@pytest.mark.slow
def test_training_starts_from_a_run_of_other_classes(packed, tiny, paintings, tmp_path):
    folder = paintings / "train" / "portrait"  # images alone: one class
    slow = {"train__lr_generator": 1e-12, "train__lr_discriminator": 1e-12, "train__steps": 1}
    config = tiny("critic", train__init=str(packed), data__spec=f"folder:{folder}", **slow)
    with pytest.warns(UserWarning, match=r"another number of classes: [^\n]*anew \(in \d+ arrays"):
        train(config, tmp_path)
    before, after = state(packed), state(tmp_path)
    kernels = [s["generator/blocks/0/modulate/kernel"] for s in (before, after)]
    assert [kernel.shape[0] for kernel in kernels] == [8 + 3, 8 + 1]
    np.testing.assert_allclose(kernels[1][:8], kernels[0][:8], atol=1e-6)
    alike = [k for k in before if network_of(k) == "generator" and "moving" not in k]
    alike = [key for key in alike if before[key].shape == after[key].shape]
    assert len(alike) > 5
    for key in alike:
        np.testing.assert_allclose(after[key], before[key], atol=1e-6, err_msg=key)


def test_as_many_classes_but_other_ones_are_told_of(packed, tiny):
    settings = tiny("critic", train__init=str(packed)).train
    gan, _ = load_gan(RunDirectory(packed))
    with pytest.warns(UserWarning, match=r"classes \(oak, elm, ash\): each of elm, oak, ash "):
        _initialise(gan, settings, ["elm", "oak", "ash"])
    with warnings.catch_warnings(action="error"):
        _initialise(gan, settings, NAMES)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("paper", "changes"),
    [*(("critic", {"model__modulation": m}) for m in (["class", "latent"], ["class"], [])),
     ("improved", {}), ("artgan", {})], ids=str,
)  # fmt: skip
def test_it_fills_a_gan_of_other_classes(paper, changes, tmp_path):
    config = gans.tiny(paper, **changes)
    first, other = build_gan(config, 3), build_gan(config, 1)
    arrays = Checkpoints(first, tmp_path).arrays()
    packed = {key: array for key, array in arrays.items() if network_of(key) != "generator"}
    write(tmp_path / "step-1.npz", packed)
    untrained = [np.array(v) for v in other.generator.weights]
    partly = load_networks(other, tmp_path).partly
    for network in ("generator", "averaged"):
        pairs = zip(getattr(other, network).weights, first.averaged.weights, strict=True)
        for (mine, theirs), before in zip(pairs, untrained, strict=True):
            if mine.shape == theirs.shape:
                np.testing.assert_array_equal(mine, theirs)
                continue
            assert mine.path in partly
            pair = enumerate(zip(mine.shape, theirs.shape, strict=True))
            (axis,) = (place for place, (one, two) in pair if one != two)
            three = (np.moveaxis(np.array(weight), axis, 0) for weight in (mine, theirs, before))
            mine, theirs, before = three
            rest = len(mine) - 1  # the rows of z, if there are any
            assert len(theirs) == rest + 3
            np.testing.assert_array_equal(mine[:rest], theirs[:rest])
            if network == "generator":
                np.testing.assert_array_equal(mine[rest:], before[rest:])
