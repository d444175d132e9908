"""The train step's benchmark: its contestants compute the same losses, or it ends."""

import importlib.util
import json
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from experiments.benchmarks import levers, train_step
from experiments.benchmarks.contestants import Contestant, batch_of
from experiments.benchmarks.measuring import Run
from experiments.benchmarks.rivals.torch_rival import spec
from tests.gans import tiny


def idle(*losses: float) -> Contestant:
    return Contestant(lambda: Run(1.0, 1.0), (losses[0], losses[1]))


@pytest.mark.slow
def test_all_compute_our_losses() -> None:
    config = tiny("improved", train__batch_size=4)
    torch = Path(sys.executable) if importlib.util.find_spec("torch") else None
    with ExitStack() as stack:
        field = train_step.contestants(config, torch, ("channels-last",), False, stack)
        assert len(field) == (4 if torch else 3)
        assert max(train_step.compare(field).values()) < 1e-4
        for name in field.keys() - {train_step.OURS, "plain Keras"}:
            assert field[name].take().wall > 0


@pytest.mark.slow
def test_without_a_lever_the_losses_are_ours() -> None:
    """Of one kind of Keras's layers; the test above takes all of them at once."""
    config = tiny("improved", train__batch_size=4)
    kind, *_, several = levers.LEVERS
    without = {name: levers.LEVERS[name](config, batch_of(config)) for name in (kind, several)}
    first, other = (contestant.losses for contestant in without.values())
    assert first == pytest.approx(other, rel=1e-4)
    assert without[several].take().wall > 0


def test_other_losses_end_the_benchmark() -> None:
    field = {train_step.OURS: idle(2.0, 3.0), "near": idle(2.0, 3.0003)}
    assert train_step.compare(field)["near"] == pytest.approx(1e-4, rel=0.01)
    for other in (idle(2.0, 3.006), idle(float("nan"), 3.0)):
        with pytest.raises(SystemExit, match="other: losses differ by"):
            train_step.compare(field | {"other": other})


def test_what_pytorch_is_told_is_plain_json() -> None:
    config = train_step.configuration("artgan/cifar10", 1.0, 0, "float32")
    told = json.loads(json.dumps(spec(config)))
    assert (told["image_size"], told["classes"]) == (64, 10)
    assert told["encoder"][0] == [128, 2, 4, False]
