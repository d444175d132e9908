"""Several replicas give the result of one device with the whole batch."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from artgan_tf import cli
from artgan_tf.config import Config
from artgan_tf.fit import fit
from artgan_tf.training.train import train
from tests.training.states import assert_same_training

# Workers that wait for each other are very slow on shared cores.
PATIENCE = 800  # seconds
pytestmark = pytest.mark.timeout(PATIENCE + 60)
ROOT = Path(__file__).resolve().parents[2]
STEPS = 12
SAME = {  # with random draws, and losses of the whole batch
    "train__batch_size": 12,
    "train__steps": STEPS,
    "train__energy_weight": 3.0,
    "train__energy_of": ["colours", "shapes"],
    "discriminator__augment": ["colour", "translation", "cutout"],
    "log__history_every": 1,
    "log__validate_every": 6,
    "log__checkpoint_every": 6,
    "log__sample_every": 12,
}
PENALTY = {  # of the class critic
    "train__gradient_penalty": 0.3,
    "train__penalty_every": 2,
    "discriminator__augment_strength": "adaptive",
}


def started(
    arguments: list[str], run: Path, *, file: Path, devices: int = 1, dies_at: int = 0,
    environment: dict[str, str] | None = None,
) -> subprocess.Popen:  # fmt: skip
    """`fit` in a process of its own; see `worker`."""
    own = json.dumps({"file": str(file), "devices": devices, "dies_at": dies_at})
    quiet = {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "2"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.training.worker", own, *arguments, "--run-dir", str(run)],
        cwd=ROOT,
        env=os.environ | quiet | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen) -> str:
    out, _ = process.communicate(timeout=PATIENCE)
    assert f"Trained {STEPS} steps." in out, out[-3000:]
    return out


def slurm(rank: int, job: int) -> dict[str, str]:
    """The variables of one of two tasks on this machine."""
    step = {"STEP_NODELIST": "127.0.0.1", "STEP_TASKS_PER_NODE": "2", "JOB_ID": str(job)}
    return {f"SLURM_{key}": value for key, value in (step | {"PROCID": str(rank)}).items()}


def job_number() -> int:
    """A job number whose two ports are free."""
    for number in range(4000, 9998, 2):
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", 20_000 + number))
                other.bind(("127.0.0.1", 20_001 + number))
            except OSError:
                continue
            return number
    pytest.skip("no two ports are free")


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


def on_one_device(config: Config, run: Path) -> Path:
    """The same run on one device, in this process."""
    train(config, run)
    return run


@pytest.mark.slow
def test_two_devices(tiny, tiny_arguments, tmp_path):
    settings = SAME | PENALTY
    one = on_one_device(tiny("critic", train__strategy="one", **settings), tmp_path / "one")
    arguments = tiny_arguments("critic", train__strategy="mirrored", **settings)
    held = tmp_path / "held.npz"
    ended(started(arguments, tmp_path / "two", devices=2, file=held))
    assert_same_training(one, tmp_path / "two", STEPS)
    both = replicas(held)
    assert len(both) == 2
    assert_all_hold(both)


@pytest.mark.slow
def test_two_processes_of_which_one_dies_and_comes_back(tiny, tiny_arguments, tmp_path):
    """Two tasks of a SLURM job on one machine."""
    one = on_one_device(tiny("improved", train__strategy="one", **SAME), tmp_path / "one")
    arguments = tiny_arguments("improved", train__strategy="multiworker", **SAME)
    run, held, job = tmp_path / "two", [tmp_path / f"{rank}.npz" for rank in (0, 1)], job_number()

    def task(rank: int, dies_at: int = 0) -> subprocess.Popen:
        environment, file = slurm(rank, job), held[rank]
        return started(arguments, run, file=file, dies_at=dies_at, environment=environment)

    first, second = task(0), task(1, dies_at=STEPS // 2 + 2)
    assert second.wait(PATIENCE) == -signal.SIGKILL
    again = task(1)
    assert "Another worker of the cluster is gone. Starting again" in ended(first)
    ended(again)
    assert_same_training(one, run, STEPS)
    assert_all_hold(replicas(*held))


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
