"""Trainings with NaN, or on a full disk."""

import os
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
    """A list of (first, last): the disk is full while the history of these steps is written."""
    replacing, append = files.replacing, files.append
    intervals: list[tuple[int, int]] = []
    now = [0]

    def refuse(path: Path) -> None:
        run = path.parent if path.parent.name == "run" else path.parent.parent
        if run.name == "run" and any(first <= now[0] <= last for first, last in intervals):
            raise OSError(28, os.strerror(28), str(path))

    def replaced(path: Path) -> AbstractContextManager[Path]:
        refuse(path)
        return replacing(path)

    def appended(path: Path, content: bytes) -> None:
        if path.name == "history.jsonl":
            now[0] = int(content.rpartition(b'"step": ')[2].partition(b",")[0])
        with files.telling(path):
            refuse(path)
        append(path, content)

    monkeypatch.setattr(files, "replacing", replaced)
    monkeypatch.setattr(files, "append", appended)
    return intervals


EVERY = {"log__history_every": 1, "log__checkpoint_every": 2, "log__validate_every": 3}


@pytest.mark.slow
def test_a_disk_that_is_full_for_a_while_costs_nothing_and_one_that_stays_full_ends_the_run(
    tiny, tmp_path, full, capsys
):
    run = RunDirectory(tmp_path / "run")
    config = tiny("artgan", train__steps=8, log__sample_every=4, **EVERY)
    full += [(3, 5), (8, 8)]
    with pytest.raises(
        RunError, match=r"the disk is full\. The same command goes on from step 6\.$"
    ):
        train(config, run.path)
    said = capsys.readouterr().err
    assert "the disk is full. It is tried again at the next interval." in said
    assert [row["step"] for row in run.history() if "d_loss" in row] == list(range(1, 8))
    assert not list(run.path.rglob(".tmp-*"))
    full.clear()
    assert train(config, run.path).finished
    assert [row["step"] for row in run.history() if "d_loss" in row] == list(range(1, 9))
    assert latest_step(run.checkpoints) == 8
