"""Several replicas give the result of one device with the whole batch."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from artgan_tf import cli
from artgan_tf.config import resolve
from artgan_tf.fit import fit
from artgan_tf.runs.checkpoints import latest_step
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.training.train import train
from tests.conftest import PRESETS, tiny_overrides
from tests.training.states import assert_same_training

# Workers that wait for each other are very slow on shared cores.
PATIENCE = 800  # seconds
pytestmark = pytest.mark.timeout(PATIENCE + 60)
ROOT = Path(__file__).resolve().parents[2]
STEPS = 12
SAME = {
    "train.batch_size": 12,
    "train.steps": STEPS,
    "log.history_every": 1,
    "log.validate_every": 6,
    "log.checkpoint_every": 6,
    "log.sample_every": 12,
}


@pytest.fixture
def settings(paintings, tmp_path):
    """`settings(paper, **changes)`: a file of settings."""

    def write(paper: str, **changes: object) -> Path:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        own = tree(paper, paintings, **changes) | {"preset": PRESETS[paper]}
        file.write_text(json.dumps(own))
        return file

    return write


def started(
    file: Path, run_dir: Path, devices: int = 1, held: Path | str = "", **environment: str
) -> subprocess.Popen:
    return python("tests.training.worker", file, run_dir, devices, held, **environment)


def python(module: str, *arguments: object, **environment: str) -> subprocess.Popen:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    quiet = {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "2"}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | quiet | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen) -> None:
    out, _ = process.communicate(timeout=PATIENCE)
    assert f"finished {STEPS}" in out, out[-3000:]


def cluster(count: int) -> list[str]:
    """TF_CONFIG for each worker, on free ports."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{s.getsockname()[1]}" for s in sockets]
    for each in sockets:
        each.close()
    return [
        json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}})
        for i in range(count)
    ]


def assert_all_hold(ours: list[dict[str, np.ndarray]]) -> None:
    """Replicas have the same values to the last bit, moving statistics included.

    Except the sums for the history's figures, which only the worker that writes it resets.
    """
    first, *others = (
        {name: value for name, value in own.items() if not name.endswith("_means")} for own in ours
    )
    assert any("moving_variance" in name for name in first)
    for other in others:
        assert first.keys() == other.keys()
        assert [name for name in first if not np.array_equal(first[name], other[name])] == []


def replicas(*files: Path) -> list[dict[str, np.ndarray]]:
    """Variables of each replica of the processes that wrote these files."""
    found = []
    for file in files:
        with np.load(file) as values:
            for number in sorted({name.split()[-1] for name in values}):
                own = [name for name in values if name.endswith(f" {number}")]
                found.append({name.split()[0]: values[name] for name in own})
    return found


# Options with random draws, and losses of the whole batch.
OPTIONS = {
    "discriminator__augment": ["colour", "translation", "cutout"],
    "train__energy_weight": 3.0,
    "train__energy_of": ["colours", "shapes"],
}

PENALTY = {  # of the class critic
    "train__gradient_penalty": 0.3,
    "train__penalty_every": 2,
    "discriminator__augment_strength": "adaptive",
}


def tree(paper: str, paintings: Path, **changes: object) -> dict[str, object]:
    own = {key.replace("__", "."): value for key, value in changes.items()}
    return tiny_overrides(paper, paintings) | SAME | own


def on_one_device(paper: str, options: dict[str, object], paintings: Path, run_dir: Path) -> Path:
    """The same run on one device, in this process."""
    own = tree(paper, paintings, train__strategy="one", **options)
    train(resolve(PRESETS[paper], own), run_dir)
    return run_dir


@pytest.mark.slow
def test_two_devices_that_stop_half_way_and_resume(settings, paintings, tmp_path):
    options = OPTIONS | PENALTY
    one = on_one_device("critic", options, paintings, tmp_path / "one")
    stops = [STEPS // 2]
    file = settings("critic", train__strategy="mirrored", stops=stops, **options)
    held = tmp_path / "held.npz"
    ended(started(file, tmp_path / "two", devices=2, held=held))
    assert_same_training(one, tmp_path / "two", STEPS)
    both = replicas(held)
    assert len(both) == 2
    assert_all_hold(both)


@pytest.mark.slow
def test_two_processes(settings, paintings, tmp_path):
    one = on_one_device("improved", OPTIONS, paintings, tmp_path / "one")
    file = settings("improved", train__strategy="multiworker", **OPTIONS)
    held = [tmp_path / "first.npz", tmp_path / "second.npz"]
    workers = [
        started(file, tmp_path / "two", held=own, TF_CONFIG=config)
        for own, config in zip(held, cluster(2), strict=True)
    ]
    for worker in workers:
        ended(worker)
    assert_same_training(one, tmp_path / "two", STEPS)
    assert_all_hold(replicas(*held))


@pytest.mark.slow
def test_a_worker_that_is_killed_and_comes_back(tiny_arguments, tmp_path):
    seldom = {f"log__{action}_every": 40 for action in ("validate", "sample")}
    settings = {"train__batch_size": 12, "log__checkpoint_every": 20} | seldom
    arguments = tiny_arguments("improved", **settings)
    arguments += ["--strategy", "multiworker", "--run-dir", tmp_path / "run", "--steps", 120]
    configs = cluster(2)
    workers = [python("artgan_tf.fit", *arguments, TF_CONFIG=config) for config in configs]
    wait_for(tmp_path / "run" / "checkpoints" / "step-40.npz", workers)
    workers[1].send_signal(signal.SIGKILL)
    workers[1].wait()
    workers[1] = python("artgan_tf.fit", *arguments, TF_CONFIG=configs[1])
    told = [worker.communicate(timeout=PATIENCE)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], told
    assert "Another worker of the cluster is gone. Starting again" in told[0]
    assert latest_step(tmp_path / "run" / "checkpoints") == 120
    steps = [row["step"] for row in RunDirectory(tmp_path / "run").history() if "d_loss" in row]
    assert steps == list(range(2, 121, 2))


def wait_for(file: Path, processes: list[subprocess.Popen]) -> None:
    for _ in range(10 * PATIENCE):
        if file.exists():
            return
        assert all(process.poll() is None for process in processes)
        time.sleep(0.1)
    pytest.fail(f"{file} does not come.")


@pytest.mark.parametrize(
    ("config", "sentence"),
    [("", "set TF_CONFIG in each worker"), ("{", "TF_CONFIG is no JSON: {")],
)
def test_a_cluster_must_be_described(
    config, sentence, tiny_arguments, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("TF_CONFIG", config)
    monkeypatch.setenv("SLURM_STEP_NODELIST", "")
    arguments = [*tiny_arguments("improved"), "--run-dir", str(tmp_path / "run")]
    with pytest.raises(SystemExit) as stopped:
        cli.main(fit, "fit", [*arguments, "--strategy", "multiworker"])
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "run").exists()
