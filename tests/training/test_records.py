"""Records of steps and time of a run that was killed and resumed."""

from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from artgan_tf.runs.directory import RunDirectory
from artgan_tf.training.tensorflow_engine import TensorFlowEngine
from artgan_tf.training.train import train

CLOCK = "artgan_tf.training.expectation"  # not `time`, by which servers of this process run
EVERY = {"log__history_every": 4, "log__checkpoint_every": 3, "log__validate_every": 5}


class Killed(BaseException):
    """Simulates a signal that cannot be caught."""


@pytest.fixture
def kill(monkeypatch):
    """`kill(step)`: kill once in the middle of that step; each earlier step takes a second."""
    step, now = TensorFlowEngine.train, [0.0]

    def until(last: int) -> None:
        def take(self, batch):
            if now[0] == last - 1:
                monkeypatch.setattr(TensorFlowEngine, "train", alone)
                raise Killed
            alone(self, batch)

        def alone(self, batch):
            step(self, batch)
            now[0] += 1.0

        monkeypatch.setattr(TensorFlowEngine, "train", take)
        monkeypatch.setattr(f"{CLOCK}.monotonic", lambda: now[0])
        monkeypatch.setattr(f"{CLOCK}.process_time", lambda: 2 * now[0])  # of two cores

    return until


@pytest.mark.slow
def test_no_point_of_tensorboard_and_no_second_is_lost_whatever_the_intervals(tiny, tmp_path, kill):
    config, run = tiny("artgan", train__steps=11, **EVERY), RunDirectory(tmp_path / "run")
    kill(8)
    with pytest.raises(Killed):
        train(config, run.path)
    assert points(run) == told(run)
    train(config, run.path)
    assert points(run) == told(run)
    assert [step for step, _ in points(run)["d/loss"]] == [4, 8, 11]
    timed = [row for row in run.history() if "seconds" in row]
    assert [row["step"] for row in timed] == [3, 4, 6, 8, 9, 11]
    assert [row["seconds"] for row in timed] == [3.0, 4.0, 6.0, 8.0, 9.0, 11.0]
    assert [row["cpu_seconds"] for row in timed] == [6.0, 8.0, 12.0, 16.0, 18.0, 22.0]
    rates = {row["images_per_second"] for row in run.history() if "d_loss" in row}
    assert rates == {9.0}


def points(run: RunDirectory) -> dict[str, Any]:
    """TensorBoard's points, by tag."""
    board = EventAccumulator(str(run.tensorboard), size_guidance={"scalars": 0})
    board.Reload()
    tags = board.Tags()["scalars"]
    return {tag: [(e.step, pytest.approx(e.value)) for e in board.Scalars(tag)] for tag in tags}


def told(run: RunDirectory) -> dict[str, list[tuple[int, float]]]:
    """The same points in the history."""
    found: dict[str, list[tuple[int, float]]] = {}
    for row in run.history():
        for name, value in row.items():
            if name != "step":
                found.setdefault(name.replace("_", "/", 1), []).append((row["step"], value))
    return found
