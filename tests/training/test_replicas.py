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


OVERFLOW = """
import keras, numpy as np, tensorflow as tf
from artgan_tf.backend import descend
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sums = tf.distribute.ReductionToOneDevice()
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], cross_device_ops=sums)
with strategy.scope():
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5), initial_scale=8.0)
    optimizer.build(network.trainable_variables)

def step(most):
    number = tf.distribute.get_replica_context().replica_id_in_sync_group
    factor = tf.where(number == 1, most, 1.0)
    images = tf.ones((2, 1))
    descend(optimizer, network, lambda: {"x": factor * tf.reduce_mean(network(images))}, [])

run = tf.function(lambda most: strategy.run(step, (most,)), autograph=False)
before = network.get_weights()
run(tf.constant(float("inf")))
for one, other in zip(network.get_weights(), before):
    np.testing.assert_array_equal(one, other)
assert float(keras.ops.convert_to_numpy(optimizer.dynamic_scale)) == 4.0
run(tf.constant(3.0))
for one, other in zip(network.get_weights(), before):
    np.testing.assert_allclose(one, other - 0.5 * (1 + 3) / 2, rtol=1e-6)
"""


@pytest.mark.slow
def test_an_overflow_on_any_replica_leaves_the_weights_alone():
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [sys.executable, "-c", OVERFLOW]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


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
