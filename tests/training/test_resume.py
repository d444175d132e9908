"""A run that is killed and restarted equals an undisturbed run."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from artgan_tf.runs.checkpoints import latest_step
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
def test_a_run_that_was_stopped_and_killed_equals_an_undisturbed_one(
    tiny, tiny_arguments, tmp_path
):
    """Bit for bit, with dropout, noise and augmentation on.

    `test_jax_devices.py` has JAX's, without the kill.
    """
    own: dict[str, object] = {
        "discriminator__augment": ["colour", "translation"],
        "discriminator__augment_strength": "adaptive",
        "train__gradient_penalty": 0.3,
        "log__checkpoint_every": 40,
        "log__validate_every": 20,
        "log__sample_every": 1000,
    }
    arguments, run = tiny_arguments("critic", **own), tmp_path / "run"
    process = fit(arguments, run, 100_000)
    wait_for(lambda: (run / "history.jsonl").exists() and losses(run), process)
    stopped = assert_ctrl_c_saves(process, run)

    process = fit(arguments, run, 100_000)
    saved = run / "checkpoints" / f"step-{stopped // 40 * 40 + 40}.npz"
    wait_for(saved.exists, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    last = latest_step(run / "checkpoints") + 10
    RunDirectory(run).append_history({"step": last + 1, "d_loss": 1.0})  # a crash could leave this

    for path in (run, tmp_path / "straight"):
        train(tiny("critic", train__steps=last, **own), path)
    assert_same_state(state(tmp_path / "straight"), state(run))
    # The row at which a run stopped and the one after it cover fewer steps.
    mine, theirs = (
        [row for row in losses(path) if row["step"] not in (stopped, stopped + 1)]
        for path in (tmp_path / "straight", run)
    )
    assert mine == theirs


def assert_ctrl_c_saves(process: subprocess.Popen, run: Path) -> int:
    """Press Ctrl-C, and return the step at which the run stopped."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "the same command goes on" in out
    assert "None" not in out
    assert "saving ..." in err
    names = [line.split()[0] for line in out.splitlines()[:5]]
    assert names == ["Training", "data", "network", "device", "run"]
    stopped = int(out.split("Stopped at step ")[1].split()[0])
    assert (run / "samples" / f"step_{stopped:06d}.png").exists()
    assert (run / "checkpoints" / f"step-{stopped}.npz").exists()
    return stopped


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
def test_a_finished_run_whose_last_checkpoint_is_damaged_trains_its_end_again(
    trained, tiny, tmp_path
):
    run = trained("improved", tmp_path / "run")
    file = run / "checkpoints" / "step-6.npz"
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.warns(UserWarning, match=r"Using \S+step-4\.npz"):
        result = train(tiny("improved"), run)
    assert (result.trained, result.step) == (True, 6)
    assert not train(tiny("improved"), run).trained
