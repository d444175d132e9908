"""A run that is killed and restarted equals an undisturbed run."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from artgan_tf.runs.directory import RunDirectory
from artgan_tf.training.loop import Interruption
from artgan_tf.training.tensorflow_engine import TensorFlowEngine
from artgan_tf.training.train import train
from tests.training.states import assert_same_state, state


def fit(arguments: list[str], run_dir: Path, steps: int) -> subprocess.Popen:
    command = [sys.executable, "-m", "artgan_tf.fit", *arguments]
    command += ["--run-dir", str(run_dir), "--steps", str(steps)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, process: subprocess.Popen, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def losses(run_dir: Path) -> list[dict]:
    timing = ("seconds", "cpu_seconds", "images_per_second")
    return [
        {k: v for k, v in r.items() if k not in timing} for r in RunDirectory(run_dir).history()
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_run_goes_on_bit_for_bit(tiny, tiny_arguments, tmp_path):
    """n steps equal k steps, SIGKILL, n - k steps, with dropout, noise and augmentation on.

    `test_jax.py` has JAX's, without the kill.
    """
    own: dict[str, object] = {
        "discriminator__augment": ["colour", "translation"],
        "discriminator__augment_strength": "adaptive",
        "train__gradient_penalty": 0.3,
    }
    arguments = tiny_arguments("critic", **own)
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    train(tiny("critic", train__steps=40, **own), straight)

    process = fit(arguments, killed, 40)
    wait_for((killed / "checkpoints" / "step-6.npz").exists, process, 300)
    process.send_signal(signal.SIGKILL)
    process.wait()
    history = RunDirectory(killed)
    history.append_history({"step": 10_000, "d_loss": 1.0})  # a crash could leave this behind
    assert not (killed / "checkpoints" / "step-40.npz").exists()

    assert fit(arguments, killed, 40).wait() == 0
    assert_same_state(state(straight), state(killed))
    assert losses(straight) == losses(killed)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_to_stop_and_ctrl_c_after_it_ends_at_once(number, capfd):
    before = signal.getsignal(number)
    with Interruption() as interruption:
        assert not interruption.requested
        signal.raise_signal(number)
        assert interruption.requested
        assert "saving ..." in capfd.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(number) == before


@pytest.mark.slow
def test_ctrl_c_ends_a_script_after_saving(tiny, tmp_path, monkeypatch):
    config, run, step = tiny("artgan"), tmp_path / "run", TensorFlowEngine.train

    def pressed(engine, batch):
        step(engine, batch)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(TensorFlowEngine, "train", pressed)
    with pytest.raises(KeyboardInterrupt, match="step 1 of 6; the same call goes on there"):
        train(config, run)
    assert (run / "checkpoints" / "step-1.npz").is_file()


@pytest.mark.slow
def test_ctrl_c_saves_and_the_same_command_goes_on(tiny_arguments, tmp_path):
    arguments = tiny_arguments("improved", log__checkpoint_every=100_000)
    run_dir = tmp_path / "run"
    process = fit(arguments, run_dir, 100_000)
    wait_for(lambda: (run_dir / "history.jsonl").exists() and losses(run_dir), process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "the same command goes on" in out
    stopped = int(out.split("Stopped at step ")[1].split()[0])
    assert "None" not in out
    assert "saving ..." in err
    assert (run_dir / "samples" / f"step_{stopped:06d}.png").exists()
    names = [line.split()[0] for line in out.splitlines()[:5]]
    assert names == ["Training", "data", "network", "device", "run"]
    assert (run_dir / "checkpoints" / f"step-{stopped}.npz").exists()
    again = fit(arguments, run_dir, stopped + 3)
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    steps = [row["step"] for row in losses(run_dir) if "d_loss" in row]
    assert steps == sorted(set(steps))
    assert steps[-1] == stopped + 3
