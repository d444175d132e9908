"""A study of two tiny presets: resuming, tables, and mistakes reported before training."""

import json
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
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
from artgan_tf.comparison.rows import CLASSES, NOTE, rows
from artgan_tf.config import resolve
from artgan_tf.study import study
from tests.conftest import tiny_overrides

ENDED = experiment.ended
METRICS = ["--metrics", "pixel_diversity_12", "fid_33_val", "--extractor", "pixels"]


def preset(folder: Path, name: str, data: Path, paper: str = "improved") -> str:
    """Write a preset of a few steps to a TOML file."""
    settings = tiny_overrides(paper, data) | {"train.steps": 4}
    tree: dict[str, dict[str, object]] = {}
    for key, value in settings.items():
        section, _, entry = key.partition(".")
        tree.setdefault(section, {})[entry] = value
    file = folder / f"{name}.toml"
    file.write_text(tomli_w.dumps({"extends": f"{paper}/cifar10"} | tree))
    resolve(str(file))
    return str(file)


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
def without_starts() -> Iterator[None]:
    """Run verbs in this process; `test_a_step_that_fails_names_its_log` starts a real process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "ended", in_this_process)
        yield


@pytest.fixture(scope="module")
def made(paintings, tmp_path_factory, without_starts) -> Path:
    """A study of both papers, with two seeds for one."""
    folder = tmp_path_factory.mktemp("study")
    first = preset(folder, "plain", paintings)
    second = preset(folder, "older", paintings, "artgan")
    out = folder / "out"
    assert call(first, "--out", out, "--seeds", 0, 1, *METRICS) == 0
    assert call(second, "--out", out, *METRICS) == 0
    return out


@pytest.fixture
def copy(made, tmp_path) -> Path:
    """A copy of that study, to change."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_experiment_has_its_row(made):
    rows = [json.loads(line) for line in (made / pages.RESULTS).read_text().splitlines()]
    assert [(row["preset"], row["seed"]) for row in rows] == [
        ("older", 0),
        ("plain", 0),
        ("plain", 1),
    ]
    for row in rows:
        assert row["steps"] == 4
        assert row["images"] == 36
        assert row["seconds"] > 0
        assert row["cpu_seconds"] > 0
        assert row["hardware"] == hardware.describe()
        assert len(row["config_sha256"]) == 64
        assert (made / row["run"] / NOTE).is_file()
        own = {r["metric"] for r in row["results"] if r["model"] == row["preset"]}
        real = {r["metric"] for r in row["results"] if r["model"] == "real images"}
        assert own == real == {"pixel_diversity_12", "fid_33_val"}
    assert len({row["config_sha256"] for row in rows}) == 3


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_table_is_what_the_runs_measured(made):
    page = (made / pages.PAGE).read_text()
    values = []
    for file in (made / "runs").glob("plain/*/metrics.jsonl"):
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        own = [row["values"] for row in rows if row["model"] != "real images"]
        values += [of["pixel_diversity"] for of in own if "pixel_diversity" in of]
    assert len(values) == 2
    lines = [line for line in page.splitlines() if line.startswith("| plain ") and "±" in line]
    assert any(f"{sum(values) / 2:.4g}\N{NBSP}±" in line for line in lines)
    assert any(line.startswith("| real images") for line in page.splitlines())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_pictures_and_exports_are_there(made):
    for name in (pages.SHEET, pages.CURVES):
        with Image.open(made / name) as picture:
            assert min(picture.size) > 40
    for row in rows(made):
        assert list((row.run / "export").glob("*/1/saved_model.pb"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_is_done_is_not_done_again_and_pages_come_of_the_files(made, copy, monkeypatch):
    monkeypatch.setattr(experiment, "_run", lambda *_: pytest.fail("it is done"))
    assert call(made.parent / "plain.toml", "--out", copy, "--seeds", 0, 1, *METRICS) == 0
    for name in (pages.RESULTS, pages.PAGE, pages.SHEET, pages.CURVES):
        (copy / name).unlink()
    assert call("--out", copy) == 0
    assert (copy / pages.PAGE).read_bytes() == (made / pages.PAGE).read_bytes()
    sheet = (copy / pages.SHEET).read_bytes()
    shutil.rmtree(next(copy.glob(f"runs/plain/*/{CLASSES}")))
    assert call("--out", copy) == 0
    assert (copy / pages.SHEET).read_bytes() == sheet  # with the rows of all runs
    next(copy.glob(f"runs/*/*/{NOTE}")).unlink()
    assert call("--out", copy) == 0
    assert (copy / pages.RESULTS).read_text().count("\n") == 2


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_resumes_where_it_was_stopped_while_it_measured(made, copy):
    first = made.parent / "plain.toml"
    (experiment.Experiment(str(first), 1, copy).run_dir / NOTE).unlink()
    assert call(first, "--out", copy, "--seeds", 1, *METRICS) == 0
    assert (copy / pages.RESULTS).read_text().count("\n") == 3


def test_a_mistake_is_told_before_anything_is_trained(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(experiment, "_run", lambda *_: pytest.fail("trained"))
    assert call("demo", "improved/nothing", "--out", tmp_path / "out") == 2
    assert "improved/nothing" in capsys.readouterr().err
    assert call("demo", "--set", "train.nothing=1", "--out", tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_other_metrics_are_measured_anew_and_nothing_is_trained(made, copy, monkeypatch):
    monkeypatch.setattr(hardware, "describe", lambda: "another machine")
    first = made.parent / "plain.toml"
    run = experiment.Experiment(str(first), 0, copy).run_dir
    state, exported = ((run / name).stat().st_mtime_ns for name in ("config.toml", "export"))
    assert call(first, "--out", copy, "--metrics", "pixel_diversity_9") == 0
    row = json.loads((copy / pages.RESULTS).read_text().splitlines()[1])
    assert row["preset"] == "plain"
    assert row["hardware"] != "another machine"  # which did not train it
    assert "pixel_diversity_9" in {result["metric"] for result in row["results"]}
    assert [(run / name).stat().st_mtime_ns for name in ("config.toml", "export")] == [
        state,
        exported,
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_other_settings_or_data_in_the_same_folder_are_refused(made, paintings, capsys):
    before = {file: file.stat().st_mtime_ns for file in made.rglob("*")}
    first = made.parent / "plain.toml"
    for words, told in (
        (["--set", "train.steps=5"], "train.steps = 4, not 5"),
        (["--set", "discriminator.noise=0.2"], "discriminator.noise = 0.1, not 0.2"),
        (["--data", f"folder:{paintings / 'train'}"], "data.spec = "),
    ):
        assert call(first, "--out", made, *METRICS, *words) == 2
        said = capsys.readouterr().err
        assert told in said
        assert said.endswith("choose another --out.\n")
    assert {file: file.stat().st_mtime_ns for file in made.rglob("*")} == before


def test_two_files_of_one_name_are_refused(paintings, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(experiment, "_run", lambda *_: pytest.fail("trained"))
    files = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        files.append(preset(tmp_path / folder, "mine", paintings))
    text = Path(files[1]).read_text()
    Path(files[1]).write_text(text.replace("steps = 4", "steps = 5"))
    assert call(*files, "--out", tmp_path / "out") == 2
    assert "give their files other names" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


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
        ENDED([sys.executable, "-c", saves], log)
    assert (tmp_path / "log").read_text() == "saved\n"


def test_a_training_that_was_told_to_stop_is_not_measured(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(experiment, "ended", lambda *_: 0)
    assert call("demo", "--out", tmp_path / "out") == 1
    assert "fit of demo, seed 0, was stopped at step 0 of 2600" in capsys.readouterr().err


def test_only_tensorflow_can_export_and_measure(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(experiment, "_run", lambda *_: pytest.fail("trained"))
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert call("demo", "--out", tmp_path / "out") == 2
    assert "Keras's backend jax is only for training" in capsys.readouterr().err


@pytest.mark.slow
def test_a_step_that_fails_names_its_log(paintings, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(experiment, "ended", ENDED)
    wild = preset(tmp_path, "wild", paintings)
    assert call(wild, "--out", tmp_path / "out", "--set", "train.lr_generator=1e30") == 1
    told = capsys.readouterr().err
    assert "fit of wild, seed 0, failed (" in told
    assert "is not finite" in told
    assert "the same command goes on from there" in told
    (log,) = (tmp_path / "out" / "runs").rglob("seed-0.log")
    assert "is not finite" in log.read_text()
