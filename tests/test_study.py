"""A study of tiny presets: its steps, resuming, tables, and mistakes told before training."""

import json
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TextIO

import keras
import pytest
import tomli_w
from PIL import Image

from artgan_tf import cli, hardware
from artgan_tf.comparison import experiment, pages
from artgan_tf.comparison.rows import CLASSES, NOTE, RESULTS, rows
from artgan_tf.config import resolve
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.study import study
from tests.conftest import tiny_overrides

METRICS = ["--metrics", "pixel_diversity_12", "fid_33_val", "--extractor", "pixels"]


def preset(folder: Path, name: str, data: Path, steps: int = 4) -> Path:
    """Write a preset of a few steps to a TOML file."""
    tree: dict[str, dict[str, object]] = {}
    for key, value in (tiny_overrides("improved", data) | {"train.steps": steps}).items():
        section, _, entry = key.partition(".")
        tree.setdefault(section, {})[entry] = value
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.toml"
    file.write_text(tomli_w.dumps({"extends": "improved/cifar10"} | tree))
    resolve(str(file))
    return file


def call(*arguments: object) -> int:
    return run_verb(study, "study", *arguments)


def run_verb(function: Callable, name: str, *arguments: object) -> int:
    """Run a verb; returns its exit code."""
    try:
        cli.main(function, name, [str(argument) for argument in arguments])
    except SystemExit as exit_:
        return int(exit_.code or 0)
    return 0


def in_this_process(command: list[str], log: TextIO) -> int:
    """Replaces `experiment.ended`, without starting TensorFlow for each verb."""
    _, _, module, *arguments = command
    verb = module.rpartition(".")[2]
    with redirect_stdout(log), redirect_stderr(log):
        return run_verb(getattr(import_module(module), verb), verb, *arguments)


@pytest.fixture(scope="module")
def made(paintings, tmp_path_factory) -> Path:
    """A study of two presets, with two seeds for one; all come from the steps of one experiment."""
    folder = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "ended", in_this_process)
        first, out = preset(folder, "plain", paintings), folder / "out"
        assert call(first, "--out", out, "--seeds", 1, *METRICS) == 0
    for name, seed in (("plain", 0), ("older", 0)):
        run = shutil.copytree(out / "runs/plain/seed-1", out / f"runs/{name}/seed-{seed}")
        changed = {"preset": name, "seed": seed}
        note = json.loads((run / NOTE).read_text())
        (run / NOTE).write_text(json.dumps(note | changed))
        settings = (run / "config.toml").read_text().replace("seed = 1", f"seed = {seed}")
        (run / "config.toml").write_text(settings.replace('"plain"', f'"{name}"'))
    assert call("--out", out) == 0
    return out


@pytest.fixture
def copy(made, tmp_path) -> Path:
    """A copy of that study, to change."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


@pytest.fixture
def carried_out(monkeypatch) -> list[list[str]]:
    """The command lines that a study starts, from the verb on; none is carried out."""
    commands: list[list[str]] = []

    def recorded(command: list[str], log: TextIO) -> int:
        commands.append([command[2].removeprefix("artgan_tf."), *command[3:]])
        return 0

    monkeypatch.setattr(experiment, "ended", recorded)
    return commands


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_experiment_has_its_row(made):
    found = [json.loads(line) for line in (made / RESULTS).read_text().splitlines()]
    named = [(row["preset"], row["seed"]) for row in found]
    assert named == [("older", 0), ("plain", 0), ("plain", 1)]
    for row in found:
        assert row["steps"] == 4
        assert row["images"] == 36
        assert row["seconds"] > 0
        assert row["cpu_seconds"] > 0
        assert row["hardware"] == hardware.describe()
        own = {r["metric"] for r in row["results"] if r["model"] == row["preset"]}
        real = {r["metric"] for r in row["results"] if r["model"] == "real images"}
        assert own == real == {"pixel_diversity_12", "fid_33_val"}
    assert len({row["config_sha256"] for row in found}) == 3
    trained = made / found[2]["run"]
    assert RunDirectory(trained).config().train.seed == 1
    assert list(trained.glob("export/*/1/saved_model.pb"))


@pytest.mark.slow
def test_the_pages_show_what_the_runs_measured(made):
    page = (made / pages.PAGE).read_text().splitlines()
    *_, row = rows(made)
    measured = {result.metric: result for result in row.results if result.model == "plain"}
    value = measured["pixel_diversity_12"].values["pixel_diversity"]
    lines = [line for line in page if line.startswith("| plain ") and "±" in line]
    assert any(f" {value:.4g}\N{NBSP}±\N{NBSP}0 (2\N{NBSP}seeds) " in line for line in lines)
    for name in ("| older ", "| real images"):
        assert any(line.startswith(name) for line in page)
    for name in (pages.SHEET, pages.CURVES):
        with Image.open(made / name) as picture:
            assert min(picture.size) > 40


@pytest.mark.slow
def test_what_is_done_is_not_done_again_and_pages_come_of_the_files(made, copy, carried_out):
    for name in (RESULTS, pages.PAGE, pages.SHEET, pages.CURVES):
        (copy / name).unlink()
    assert call(made.parent / "plain.toml", "--out", copy, "--seeds", 0, 1, *METRICS) == 0
    assert (copy / pages.PAGE).read_bytes() == (made / pages.PAGE).read_bytes()
    sheet = (copy / pages.SHEET).read_bytes()
    shutil.rmtree(copy / "runs/plain/seed-0" / CLASSES)
    (copy / "runs/older/seed-0" / NOTE).unlink()
    assert call("--out", copy) == 0
    assert (copy / pages.SHEET).read_bytes() == sheet  # with the rows of all runs
    assert (copy / RESULTS).read_text().count("\n") == 3  # a run begun again keeps its row
    assert carried_out == []


@pytest.mark.slow
def test_other_figures_of_a_run_and_copies_of_it_are_not_in_its_row(made, copy):
    """Of other checkpoints, weights or data, or of the run before it was begun again."""
    file = copy / "runs/plain/seed-0/metrics.jsonl"
    last = json.loads(file.read_text().splitlines()[-1])
    by_other_data = {"data": "folder:other", "data_sha256": "0"}
    for other in ({"step": 2}, {"weights": "raw"}, by_other_data, {}):
        if not other:
            shutil.copytree(file.parent, file.parent.with_name("seed-0.20261129-204823"))
            file = file.parent.with_name("seed-0.20261129-204823") / file.name
        line = json.dumps(last | {"values": {"fid": 12345.0}} | other)
        file.write_text(f"{file.read_text()}{line}\n")
    assert call("--out", copy) == 0
    assert (copy / pages.PAGE).read_bytes() == (made / pages.PAGE).read_bytes()
    assert "12345" not in (copy / RESULTS).read_text()


@pytest.mark.slow
def test_the_row_of_a_deleted_run_stays(copy, carried_out):
    stored, page = (copy / RESULTS).read_bytes(), (copy / pages.PAGE).read_text()
    drawn = [(copy / name).read_bytes() for name in (pages.SHEET, pages.CURVES)]
    shutil.rmtree(copy / "runs/older")
    assert call("--out", copy) == 0
    assert (copy / RESULTS).read_bytes() == stored
    assert [(copy / name).read_bytes() for name in (pages.SHEET, pages.CURVES)] == drawn
    changed = set((copy / pages.PAGE).read_text().splitlines()) ^ set(page.splitlines())
    assert changed == {
        "The pictures and curves are older than the tables: some runs are gone since."
    }
    (copy / RESULTS).write_bytes(stored[: len(stored) // 2])
    assert call("demo", "--out", copy) == 2  # before anything is trained
    assert carried_out == []


def test_a_folder_without_a_study_is_refused(tmp_path, capsys):
    assert call("--out", tmp_path / "typo") == 2
    assert f"{tmp_path / 'typo'} holds no study: name the presets" in capsys.readouterr().err


def test_a_training_that_counts_epochs_is_measured_at_its_end_only(tmp_path, monkeypatch, capsys):
    run = tmp_path / "out" / "runs" / "demo" / "seed-0"

    def stopped(command: list[str], log: TextIO) -> int:
        run.mkdir(parents=True)
        (run / "data.json").write_text('{"train": {"a": {"images": 500}, "b": {"images": 140}}}')
        return 0

    monkeypatch.setattr(experiment, "ended", stopped)
    settings = ("--set", "train.epochs=3", "train.steps=0", "train.batch_size=64")
    assert call("demo", "--out", tmp_path / "out", *settings) == 1
    assert "fit of demo, seed 0, was stopped at step 0 of 30" in capsys.readouterr().err


@pytest.mark.slow
def test_it_resumes_where_it_was_stopped_while_it_measured(made, copy, carried_out):
    (copy / "runs/plain/seed-1" / NOTE).unlink()
    assert call(made.parent / "plain.toml", "--out", copy, "--seeds", 1, *METRICS) == 0
    assert [command[0] for command in carried_out] == ["fit", "sample", "evaluate"]
    assert "--overwrite" in carried_out[1]
    assert (copy / RESULTS).read_text().count("\n") == 3


@pytest.mark.slow
def test_other_metrics_are_measured_anew_and_nothing_is_trained(
    made, copy, carried_out, monkeypatch
):
    monkeypatch.setattr(hardware, "describe", lambda: "another machine")
    asked, run = ("--metrics", "pixel_diversity_9"), copy / "runs/plain/seed-1"
    assert call(made.parent / "plain.toml", "--out", copy, "--seeds", 1, *asked) == 0
    assert carried_out == [["evaluate", str(run), *asked]]
    note = json.loads((run / NOTE).read_text())
    assert note["metrics"] == ["pixel_diversity_9"]
    assert note["hardware"] != "another machine"  # which did not train it


@pytest.mark.slow
def test_other_settings_or_data_in_the_same_folder_are_refused(made, paintings, capsys):
    before = {file: file.stat().st_mtime_ns for file in made.rglob("*")}
    for words, told in (
        (["--set", "train.steps=5"], "train.steps = 4, not 5"),
        (["--set", "discriminator.noise=0.2"], "discriminator.noise = 0.1, not 0.2"),
        (["--data", f"folder:{paintings / 'train'}"], "data.spec = "),
    ):
        assert call(made.parent / "plain.toml", "--out", made, *METRICS, *words) == 2
        said = capsys.readouterr().err
        assert told in said
        assert said.endswith("choose another --out.\n")
    assert {file: file.stat().st_mtime_ns for file in made.rglob("*")} == before


# ---- mistakes ---------------------------------------------------------------------------------
def test_a_mistake_is_told_before_anything_is_trained(
    paintings, tmp_path, capsys, carried_out, monkeypatch
):
    out = tmp_path / "out"
    alike = [preset(tmp_path / folder, "mine", paintings, n) for folder, n in (("a", 4), ("b", 5))]
    for words, told in (
        (["demo", "improved/nothing"], "improved/nothing"),
        (["demo", "--set", "train.nothing=1"], "train.nothing"),
        (alike, "give their files other names"),
    ):
        assert call(*words, "--out", out) == 2
        assert told in capsys.readouterr().err
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert call("demo", "--out", out) == 2
    assert "Keras's backend jax is only for training" in capsys.readouterr().err
    assert not out.exists()
    assert carried_out == []


def test_a_step_that_fails_names_its_log(tmp_path, capsys, monkeypatch):
    """`fit` in a process of its own does not find what was there when the study began."""
    monkeypatch.setattr("artgan_tf.study.checked", lambda *_, **__: None)
    assert call("demo", "--data", "folder:/no/where", "--out", tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert "fit of demo, seed 0, failed (There is no folder '/no/where'" in told
    assert "the same command goes on from there" in told
    (log,) = (tmp_path / "out" / "runs").rglob("seed-0.log")
    assert str(log) in told
    assert "error: There is no folder" in log.read_text()


def test_a_step_that_fails_on_a_full_disk_says_so_without_its_log(tmp_path, monkeypatch, capsys):
    """Then its own sentence does not fit into the log."""
    usage = SimpleNamespace(free=4096)
    monkeypatch.setattr(experiment.shutil, "disk_usage", lambda path: usage)
    monkeypatch.setattr(experiment, "ended", lambda *_: 1)
    assert call("demo", "--out", tmp_path / "out") == 1
    assert "fit of demo, seed 0, failed (the disk is full): see" in capsys.readouterr().err


def test_ctrl_c_lets_the_training_save(tmp_path):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background process ignores it
    saves = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try:\n os.kill(os.getppid(), signal.SIGINT)\n os.kill(os.getpid(), signal.SIGINT)\n"
        "except KeyboardInterrupt:\n time.sleep(1)\n print('saved')"
    )
    with (tmp_path / "log").open("w") as log, pytest.raises(KeyboardInterrupt):
        experiment.ended([sys.executable, "-c", saves], log)
    assert (tmp_path / "log").read_text() == "saved\n"


def test_a_training_that_was_told_to_stop_is_not_measured(tmp_path, carried_out, capsys):
    assert call("demo", "--out", tmp_path / "out") == 1
    assert "fit of demo, seed 0, was stopped at step 0 of 2600" in capsys.readouterr().err
    assert [command[0] for command in carried_out] == ["fit"]
