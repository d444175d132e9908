"""`train`: rules of the run directory, the history, and reasons to stop."""

import os
import warnings
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import artgan_tf
from artgan_tf.config import InputError, RunError
from artgan_tf.gan import GAN
from artgan_tf.hardware import cores
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.sampler import Sampler
from artgan_tf.sampling.models import open_model
from artgan_tf.training import loop
from artgan_tf.training.schedule import schedule
from artgan_tf.training.tensorflow_engine import TensorFlowEngine
from artgan_tf.training.train import train
from tests.training.states import assert_same_state, state

NAMES = ("waits", "soon")


@pytest.mark.slow
@pytest.mark.parametrize("paper", ["artgan", "improved"])
def test_run_directory_holds_what_it_should(paper, trained, tmp_path):
    trained(paper, tmp_path / "run")
    rows = RunDirectory(tmp_path / "run").history()
    assert [row["step"] for row in rows if "d_loss" in row] == [2, 4, 6]
    validations = [row for row in rows if "val_accuracy" in row]
    assert [row["step"] for row in validations] == [3, 6]
    assert all(0 <= row["val_overfitting"] <= 1 for row in validations)
    assert {p.name for p in (tmp_path / "run").iterdir()} >= {
        "config.toml", "classes.txt", "history.jsonl", "losses.png", "checkpoints", "samples",
        "tensorboard",
    }  # fmt: skip
    assert sorted(p.name for p in (tmp_path / "run" / "checkpoints").glob("*.npz")) == [
        "step-2.npz", "step-4.npz", "step-6.npz",
    ]  # fmt: skip
    assert (tmp_path / "run" / "samples" / "step_000006.png").is_file()


@pytest.mark.slow
def test_a_run_whose_last_checkpoints_are_lost_ends_as_it_did(trained, tiny, tmp_path):
    """test_resume.py does this with a real SIGKILL for another model."""
    straight, resumed = (trained("artgan", tmp_path / name) for name in ("straight", "resumed"))
    folder = resumed / "checkpoints"
    (folder / "step-6.npz").unlink()
    damaged = (folder / "step-4.npz").read_bytes()[:-200]
    (folder / "step-4.npz").write_bytes(damaged)
    with pytest.warns(UserWarning, match=r"step-4\.npz cannot be used: .*step-2\.npz"):
        assert train(tiny("artgan"), resumed).trained
    assert_same_state(state(straight), state(resumed))
    assert (folder / "damaged-4.npz").read_bytes() == damaged
    assert {*folder.glob("step-*")} == {folder / f"step-{step}.npz" for step in (2, 4, 6)}


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
def test_a_first_grid_of_a_fresh_run_waits_for_no_step_and_changes_nothing(
    trained, tiny, tmp_path, monkeypatch
):
    trained("artgan", tmp_path / "waits")  # its six steps end before a first grid
    trained("improved", tmp_path / "soon")
    monkeypatch.setattr(loop, "FIRST", 1e-9)
    told: list[str] = []
    train(tiny("artgan"), tmp_path / "soon", fresh=True, tell=told.append)
    (aside,) = tmp_path.glob("soon.*")
    assert (aside / "checkpoints" / "step-6.npz").exists()
    (picture,) = (line for line in told if line.startswith("picture"))
    first = tmp_path / "soon" / "samples" / "step_000002.png"
    assert picture == f"picture   {first}; the next at step 6"
    grids = {n: sorted(p.name for p in (tmp_path / n / "samples").iterdir()) for n in NAMES}
    assert grids["waits"] == ["step_000006.png"]
    assert grids["soon"] == ["step_000002.png", "step_000006.png"]
    assert_same_state(*(state(tmp_path / name) for name in NAMES))


@pytest.mark.slow
def test_a_finished_run_is_left_alone_and_more_steps_resume_it(trained, tiny, tmp_path):
    """Its data's note is from another version, its number of cores from another machine, and a
    second training is refused and changes nothing.
    """
    run, longer = trained("artgan", tmp_path / "run"), tiny("artgan", train__steps=8)
    assert not train(tiny("artgan"), run).trained
    note = run / "data.json"
    kept = note.read_bytes()
    note.write_text("{")
    with pytest.raises(InputError, match=r"data\.json is damaged"):
        train(longer, run)
    note.unlink()
    (run / "cores.txt").write_text("97\n")
    directory, told = RunDirectory(run), list[str]()
    rows = directory.history()
    for fresh in (False, True):
        with directory.held(), pytest.raises(InputError, match=rf"by process {os.getpid()} on "):
            train(longer, run, fresh=fresh)
    assert directory.history() == rows
    with directory.held(), warnings.catch_warnings():
        warnings.simplefilter("error")
        open_model(run)  # readers are not locked out
    with pytest.warns(UserWarning, match=r"on 97 cores and continues on \d+"):
        more = train(longer, run, tell=told.append)
    assert (more.trained, more.step) == (True, 8)
    assert not (run / ".lock-holder").exists()
    assert note.read_bytes() == kept
    assert (run / "cores.txt").read_text() == f"{cores()}\n"  # the next time nothing is told
    data, network, device, line = told
    assert data.startswith(
        "data      3 classes (landscape, portrait, still life): 36 training pictures"
    )
    assert network.startswith("network   ArtGAN, 16x16: G ")
    assert device.endswith(", float32")
    assert line == f"run       {run}: artgan/cifar10, 8 steps of 9, from step 6 on"


def test_other_settings_are_refused_with_key_old_and_new_value(trained, tiny, tmp_path):
    trained("artgan", tmp_path / "run")
    with pytest.raises(InputError, match=r"train.batch_size = 9, not 10"):
        train(tiny("artgan", train__batch_size=10), tmp_path / "run")


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
def test_nan_stops_the_run_before_it_is_recorded(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(TensorFlowEngine, "ahead", True)
    config = tiny("artgan", train__steps=60, train__lr_discriminator=1e30, train__lr_generator=1e30)
    with pytest.raises(RunError, match=r"is not finite, the state is saved in .*not-finite"):
        train(config, tmp_path / "run")
    assert list((tmp_path / "run" / "checkpoints").glob("not-finite-*.npz"))
    rows = RunDirectory(tmp_path / "run").history()
    assert all(np.isfinite(value) for row in rows for value in row.values())


def test_a_mistake_leaves_no_half_made_run_behind(tiny, tmp_path):
    for changes in ({"model__generator": ["8:64"]}, {"train__init": str(tmp_path / "none")}):
        with pytest.raises(InputError):
            train(tiny("improved", **changes), tmp_path / "run")
        assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_out_of_memory_is_one_sentence(tiny, tmp_path, monkeypatch):
    def exhausted(self, data):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(GAN, "train_step", exhausted)
    with pytest.raises(RunError, match=r"batch 9, width 0.125, float32: lower --batch-size"):
        train(tiny("improved"), tmp_path / "run")


def test_epochs_become_steps(tiny):
    config = tiny(
        "artgan", train__steps=0, train__epochs=10, train__lr_drop_epochs=[8], train__batch_size=128
    )
    assert schedule(config, 50_000) == (3906, (3125,))
    with pytest.raises(InputError, match="fewer than a batch"):
        schedule(config, 100)
    with pytest.raises(InputError, match="fewer than a batch"):
        schedule(
            tiny("artgan", train__steps=0, train__epochs=1, train__batch_size=128), 40
        )  # less than half
