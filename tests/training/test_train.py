"""`train`: rules of the run directory, the history, and reasons to stop."""

import json
import shutil
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import artgan_tf
from artgan_tf.config import InputError, RunError
from artgan_tf.gan import GAN
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.sampler import Sampler
from artgan_tf.training import health, loop
from artgan_tf.training.schedule import schedule
from artgan_tf.training.tensorflow_engine import TensorFlowEngine
from artgan_tf.training.train import train
from tests.training.states import assert_same_state, state

NAMES = ("waits", "soon")


SLOW = [pytest.param(paper, marks=pytest.mark.slow) for paper in ("improved", "critic")]


@pytest.mark.parametrize("paper", ["artgan", *SLOW])
def test_run_directory_holds_what_it_should(paper, trained, tmp_path):
    trained(paper, tmp_path / "run")
    rows = RunDirectory(tmp_path / "run").history()
    assert [row["step"] for row in rows if "d_loss" in row] == [2, 4, 6]
    assert [row["step"] for row in rows if "val_accuracy" in row] == [3, 6]
    assert {p.name for p in (tmp_path / "run").iterdir()} >= {
        "config.toml", "classes.txt", "history.jsonl", "losses.png", "checkpoints", "samples",
        "tensorboard",
    }  # fmt: skip
    assert sorted(p.name for p in (tmp_path / "run" / "checkpoints").glob("*.npz")) == [
        "step-2.npz", "step-4.npz", "step-6.npz",
    ]  # fmt: skip
    assert (tmp_path / "run" / "samples" / "step_000006.png").is_file()


@pytest.mark.slow
def test_a_run_that_lost_its_last_checkpoint_ends_as_it_did(trained, tiny, tmp_path):
    """test_resume.py does this with a real SIGKILL for the other models."""
    straight, resumed = (trained("artgan", tmp_path / name) for name in ("straight", "resumed"))
    (resumed / "checkpoints" / "step-6.npz").unlink()
    assert train(tiny("artgan"), resumed).trained
    assert_same_state(state(straight), state(resumed))


@pytest.mark.slow
def test_a_grid_is_of_the_weights_of_its_step_which_alone_are_settled(tiny, tmp_path, monkeypatch):
    settled: list[int] = []
    refresh = Sampler.refresh

    def noted(self):
        settled.append(self.gan.steps_done)
        refresh(self)

    monkeypatch.setattr(Sampler, "refresh", noted)
    monkeypatch.setattr(loop, "FIRST", 3600.0)  # no first grid, even on a slow machine
    result = train(tiny("improved", log__sample_every=4), tmp_path / "run")
    assert settled == [4, 6]  # not before the first step, which would have to wait
    assert result.picture is not None
    grid = np.asarray(artgan_tf.load(tmp_path / "run").grid()).astype(int)
    assert np.abs(grid - np.asarray(Image.open(result.picture))).max() <= 1


@pytest.mark.slow
def test_a_first_grid_waits_for_no_step_and_changes_nothing(trained, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "FIRST", 1e-9)
    train(tiny("artgan"), tmp_path / "soon")
    trained("artgan", tmp_path / "waits")  # its six steps end before a first grid
    grids = {n: sorted(p.name for p in (tmp_path / n / "samples").iterdir()) for n in NAMES}
    assert grids["waits"] == ["step_000006.png"]
    assert grids["soon"] == ["step_000002.png", "step_000006.png"]
    assert_same_state(*(state(tmp_path / name) for name in NAMES))
    train(tiny("artgan", train__steps=9), tmp_path / "soon")  # has a first grid
    assert len(list((tmp_path / "soon" / "samples").iterdir())) == 3


@pytest.mark.slow
def test_what_begins_is_told_before_the_first_step(tiny, tmp_path):
    told: list[str] = []
    train(tiny("artgan", train__steps=2), tmp_path / "run", tell=told.append)
    data, network, device, run = told
    assert data.startswith(
        "data      3 classes (landscape, portrait, still life): 36 training pictures"
    )
    assert network.startswith("network   ArtGAN, 16x16: G ")
    assert device.endswith(", float32")
    assert run == f"run       {tmp_path / 'run'}: artgan/cifar10, 2 steps of 9"
    train(tiny("artgan", train__steps=3), tmp_path / "run", tell=told.append)
    assert told[-1].endswith("3 steps of 9, from step 2 on")


@pytest.mark.slow
def test_same_seed_gives_the_same_history_and_another_seed_another(trained, tiny, tmp_path):
    trained("artgan", tmp_path / "a")
    train(tiny("artgan", train__steps=2), tmp_path / "b")
    train(tiny("artgan", train__steps=2, train__seed=2), tmp_path / "c")

    def losses(name):
        return RunDirectory(tmp_path / name).history()[0]["d_loss"]

    assert losses("a") == losses("b")
    assert losses("a") != losses("c")


@pytest.mark.slow
def test_finished_run_is_left_alone_and_more_steps_resume_it(trained, tiny, tmp_path):
    trained("artgan", tmp_path / "run")
    assert not train(tiny("artgan"), tmp_path / "run").trained
    more = train(tiny("artgan", train__steps=8, log__sample_every=4), tmp_path / "run")
    assert (more.trained, more.step) == (True, 8)


def test_other_settings_are_refused_with_key_old_and_new_value(trained, tiny, tmp_path):
    trained("artgan", tmp_path / "run")
    with pytest.raises(InputError, match=r"train.batch_size = 9, not 10"):
        train(tiny("artgan", train__batch_size=10), tmp_path / "run")


@pytest.mark.slow
def test_a_run_goes_on_with_changed_data_only_when_told_to(tiny, paintings, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(paintings, folder)

    def again(steps, **settings):
        config = tiny("artgan", train__steps=steps, data__spec=f"folder:{folder}", **settings)
        return train(config, tmp_path / "run").step

    assert again(2) == 2
    shutil.copy(folder / "train/portrait/001.png", folder / "train/portrait/new.png")
    with pytest.raises(InputError, match="it now has 13 train images of portrait, not 12") as told:
        again(3)
    assert "--set data.on_change=accept" in str(told.value)
    assert again(3, data__on_change="accept") == 3
    assert again(4) == 4  # it keeps these images from then on


@pytest.mark.slow
def test_a_damaged_note_of_the_data_is_named_and_a_missing_one_written(trained, tiny, tmp_path):
    trained("artgan", tmp_path / "run")
    file = tmp_path / "run" / "data.json"
    kept = file.read_bytes()
    file.write_text("{")
    with pytest.raises(InputError, match=r"data\.json is damaged"):
        train(tiny("artgan", train__steps=8), tmp_path / "run")
    file.unlink()
    assert train(tiny("artgan", train__steps=8), tmp_path / "run").step == 8
    assert file.read_bytes() == kept


@pytest.mark.slow
def test_fresh_moves_the_old_run_aside(trained, tiny, tmp_path):
    trained("artgan", tmp_path / "run")
    train(tiny("artgan", train__batch_size=10, train__steps=1), tmp_path / "run", fresh=True)
    aside = [p for p in tmp_path.iterdir() if p.name.startswith("run.")]
    assert len(aside) == 1
    assert (aside[0] / "checkpoints" / "step-6.npz").exists()


def test_directory_that_is_no_run_is_refused(tiny, tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(InputError, match="not a run"):
        train(tiny("improved"), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.slow
def test_a_row_is_told_while_the_next_step_is_computed(trained, tiny, tmp_path, monkeypatch):
    """With an engine that runs ahead: rows are the same, and every save comes after its row."""
    seldom = {f"log__{action}_every": 4 for action in ("validate", "sample", "checkpoint")}
    trained("artgan", tmp_path / "waits")
    events: list[Any] = []
    monkeypatch.setattr(TensorFlowEngine, "ahead", True)
    for owner, name in ((TensorFlowEngine, "train"), (RunDirectory, "append_history")):
        note(monkeypatch, owner, name, events)
    train(tiny("artgan", **seldom), tmp_path / "ahead")
    told = [e if e == "step" else e["step"] for e in events if e == "step" or "d_loss" in e]
    assert told == ["step", "step", "step", 2, "step", 4, "step", "step", 6]
    one, other = (RunDirectory(tmp_path / name).history() for name in ("waits", "ahead"))
    losses = [[row["d_loss"] for row in rows if "d_loss" in row] for rows in (one, other)]
    assert losses[0] == losses[1]


def note(monkeypatch, owner: type, name: str, events: list) -> None:
    """Make a method of (self, row) record each call: a row, or a step."""
    method = getattr(owner, name)

    def noted(self, given):
        events.append(given if isinstance(given, dict) else "step")
        return method(self, given)

    monkeypatch.setattr(owner, name, noted)


@pytest.mark.slow
@pytest.mark.parametrize(("paper", "ahead"), [("artgan", False), ("critic", True)])
def test_nan_stops_the_run_and_keeps_the_last_good_state(paper, ahead, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(TensorFlowEngine, "ahead", ahead)
    config = tiny(paper, train__steps=60, train__lr_discriminator=1e30, train__lr_generator=1e30)
    with pytest.raises(RunError, match=r"is not finite, the state is saved in .*not-finite"):
        train(config, tmp_path / "run")
    folder = tmp_path / "run" / "checkpoints"
    assert list(folder.glob("not-finite-*.npz"))
    text = (tmp_path / "run" / "history.jsonl").read_text() if (
        tmp_path / "run" / "history.jsonl"
    ).exists() else ""  # fmt: skip
    assert all(np.isfinite(v) for line in text.splitlines() for v in json.loads(line).values())


@pytest.mark.slow
def test_collapse_warns_once_or_stops(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(health, "COLLAPSED_LOSS", 1e9)
    monkeypatch.setattr(health, "COLLAPSED_STEPS", 4)
    assert train(tiny("artgan", train__steps=10), tmp_path / "warns").finished
    assert capsys.readouterr().out.count("D's loss has been below") == 1
    config = tiny("artgan", train__steps=10, train__on_collapse="stop")
    with pytest.raises(RunError, match="Step 4: D's loss has been below"):
        train(config, tmp_path / "stops")
    assert (tmp_path / "stops" / "checkpoints" / "step-4.npz").exists()


def test_a_mistake_leaves_no_half_made_run_behind(tiny, tmp_path):
    for changes in ({"model__generator": ["8:64"]}, {"train__init": str(tmp_path / "none")}):
        with pytest.raises(InputError):
            train(tiny("improved", **changes), tmp_path / "run")
        assert not (tmp_path / "run").exists()


def test_out_of_memory_is_one_sentence(tiny, tmp_path, monkeypatch):
    def exhausted(self, data):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(GAN, "train_step", exhausted)
    with pytest.raises(RunError, match=r"batch 9, width 0.125, float32: lower --batch-size"):
        train(tiny("improved"), tmp_path / "run")


@pytest.mark.slow
def test_init_starts_from_other_weights_even_with_other_classes(trained, tiny, tmp_path, paintings):
    trained("improved", tmp_path / "first")
    start = {"train__init": str(tmp_path / "first"), "train__steps": 1}
    slow = {"train__lr_generator": 1e-12, "train__lr_discriminator": 1e-12}
    train(tiny("improved", **start, **slow), tmp_path / "same")
    first, same = (artgan_tf.load(tmp_path / name) for name in ("first", "same"))
    kernels = [p.gan.generator.trainable_variables for p in (first, same)]
    for one, other in zip(*kernels, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)

    folder = str(paintings / "train" / "portrait")  # only images: one class
    one_class = tiny("improved", **start, **slow, data__spec=f"folder:{folder}")
    train(one_class, tmp_path / "other")
    other = artgan_tf.load(tmp_path / "other")
    before, after = (p.gan.generator.project.inner.kernel.numpy() for p in (first, other))
    np.testing.assert_allclose(before[:8], after[:8], atol=1e-6)
    assert after.shape == (9, before.shape[1])


def test_epochs_become_steps(tiny):
    config = tiny(
        "artgan", train__steps=0, train__epochs=10, train__lr_drop_epochs=[8], train__batch_size=128
    )
    assert schedule(config, 50_000) == (3906, (3125,))
    with pytest.raises(InputError, match="fewer than a batch"):
        schedule(config, 100)


def test_sampler_paints_by_name_and_seed_whatever_else_is_in_the_batch(trained, tmp_path):
    sampler = artgan_tf.load(trained("artgan", tmp_path / "run"))
    alone = sampler.generate(["portrait"], [7])
    among = sampler.generate(["landscape", "portrait", "still life"], [1, 7, 7])
    np.testing.assert_array_equal(alone[0], among[1])
    assert alone.dtype == np.uint8
    assert not np.array_equal(among[0], among[1])
    with pytest.raises(InputError, match="no class 'cubism'"):
        sampler.generate(["cubism"], [1])
    with pytest.raises(InputError, match="no class 3"):
        sampler.generate([3], [1])
