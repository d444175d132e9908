"""Trainings with NaN, a full disk, damage, or a second training in their directory."""

import os
import warnings
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from artgan_tf.config import InputError, RunError
from artgan_tf.runs.checkpoints import latest_step
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.sampling.models import open_model
from artgan_tf.serving.saved_model import ExportOptions, export_run
from artgan_tf.training.train import train
from tfrecords_tools.common import files

LATE = {"log__history_every": 1000, "log__validate_every": 1000, "log__sample_every": 1000}


@pytest.mark.slow
def test_what_is_not_finite_never_becomes_a_checkpoint(tiny, tmp_path):
    """The history's means are not checked before the end."""
    rates = {"train__lr_generator": 1e30, "train__lr_discriminator": 1e30}
    run, config = tmp_path / "run", tiny("improved", train__steps=9, **LATE, **rates)
    with pytest.raises(RunError, match=r"Step \d+: \S+ .*is not finite.*not-finite-\d"):
        train(config, run)
    assert not list((run / "checkpoints").glob("step-*.npz"))
    for use in (open_model, lambda path: export_run(path, ExportOptions())):
        with pytest.raises(InputError, match="holds no checkpoint yet"):
            use(run)


# ---- disks ------------------------------------------------------------------------------------
@pytest.fixture
def full(monkeypatch):
    """`full(first, last)`: the disk is full while the history of these steps is written."""
    replacing, append = files.replacing, files.append
    interval = [10**9, 0]

    def refuse(path: Path) -> None:
        run = path.parent if path.parent.name == "run" else path.parent.parent
        if interval[0] <= interval[2] <= interval[1] and run.name == "run":
            raise OSError(28, os.strerror(28), str(path))

    interval.append(0)

    def replaced(path: Path) -> AbstractContextManager[Path]:
        refuse(path)
        return replacing(path)

    monkeypatch.setattr(files, "replacing", replaced)

    def appended(path: Path, content: bytes) -> None:
        if path.name == "history.jsonl":
            interval[2] = int(content.rpartition(b'"step": ')[2].partition(b",")[0])
        with files.telling(path):
            refuse(path)
        append(path, content)

    monkeypatch.setattr(files, "append", appended)

    def between(first: int, last: int) -> None:
        interval[:2] = first, last

    return between


EVERY = {"log__history_every": 1, "log__checkpoint_every": 2, "log__validate_every": 3}


@pytest.mark.slow
def test_a_disk_that_is_full_for_a_while_costs_nothing(tiny, tmp_path, full, capsys):
    run = RunDirectory(tmp_path / "run")
    full(3, 5)
    train(tiny("artgan", train__steps=8, log__sample_every=4, **EVERY), run.path)
    said = capsys.readouterr().err
    assert "the disk is full. It is tried again at the next interval." in said
    assert [row["step"] for row in run.history() if "d_loss" in row] == list(range(1, 9))
    assert latest_step(run.checkpoints) == 8


@pytest.mark.slow
def test_a_disk_that_stays_full_ends_a_run_that_goes_on_once_there_is_room(tiny, tmp_path, full):
    run, config = RunDirectory(tmp_path / "run"), tiny("artgan", train__steps=6, **EVERY)
    full(3, 6)
    with pytest.raises(
        RunError, match=r"the disk is full\. The same command goes on from step 2\.$"
    ):
        train(config, run.path)
    assert not list(run.path.rglob(".tmp-*"))
    full(100, 0)
    assert train(config, run.path).finished
    assert [row["step"] for row in run.history() if "d_loss" in row] == list(range(1, 7))


# ---- two at once ------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_second_training_is_refused_and_the_first_loses_nothing(trained, tiny, tmp_path):
    run, longer = RunDirectory(trained("artgan", tmp_path / "run")), tiny("artgan", train__steps=8)
    rows = run.history()
    for fresh in (False, True):
        with run.held(), pytest.raises(InputError, match=rf"written by process {os.getpid()} on "):
            train(longer, run.path, fresh=fresh)
    assert run.history() == rows
    with run.held(), warnings.catch_warnings():
        warnings.simplefilter("error")
        open_model(run.path)  # readers are not locked out
    assert train(longer, run.path).step == 8
    assert not (run.path / ".lock-holder").exists()
