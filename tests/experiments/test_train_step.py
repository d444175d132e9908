"""The train step's benchmark: its contestants compute the same losses, or it ends."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from experiments.benchmarks import levers, train_step
from experiments.benchmarks.contestants import Contestant, batch_of, fresh_gan, keras_step, quiet
from experiments.benchmarks.measuring import Run
from experiments.benchmarks.rivals.plain_keras import plain_layers
from experiments.benchmarks.rivals.session_step import session_step
from experiments.benchmarks.rivals.torch_rival import hand_over, spec, torch_step
from tests.gans import tiny

PAPERS = pytest.mark.parametrize("paper", ["improved", "artgan"])
PRESETS = pytest.mark.parametrize("preset", ["improved/wikiart-genre", "artgan/cifar10"])


def idle(*losses: float) -> Contestant:
    return Contestant(lambda: Run(1.0, 1.0), (losses[0], losses[1]))


@pytest.mark.slow
def test_plain_layers_and_sessions_compute_our_losses() -> None:
    config = tiny("improved", train__batch_size=4, train__precision="mixed_bfloat16")
    batch = batch_of(config)
    field = {train_step.OURS: keras_step(config, batch)}
    with plain_layers():
        field |= {"plain": keras_step(config, batch), "sessions": session_step(config, batch)}
    assert max(train_step.compare(field).values()) < 1e-4
    for contestant in field.values():
        assert contestant.take().wall > 0


@pytest.mark.slow
def test_without_a_lever_the_losses_are_ours() -> None:
    config = tiny("improved", train__batch_size=4)
    batch = batch_of(config)
    without = {name: lever(config, batch) for name, lever in levers.LEVERS.items()}
    found = train_step.compare({train_step.OURS: keras_step(config, batch)} | without)
    assert found.keys() >= levers.LEVERS.keys()
    assert max(found.values()) < 1e-4
    assert all(contestant.take().wall > 0 for contestant in without.values())


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="there is no PyTorch")
@PAPERS
def test_pytorch_computes_our_losses(paper: str, tmp_path: Path) -> None:
    config = tiny(paper, train__batch_size=4)
    batch = batch_of(config)
    field = {train_step.OURS: keras_step(config, batch)}
    hand_over(tmp_path, config, fresh_gan(quiet(config)), batch)
    with torch_step(Path(sys.executable), tmp_path, "channels-last", "float32") as field["torch"]:
        assert field["torch"].take().wall > 0
    assert train_step.compare(field)["torch"] < 1e-4


def test_other_losses_end_the_benchmark() -> None:
    field = {train_step.OURS: idle(2.0, 3.0), "near": idle(2.0, 3.0003)}
    assert train_step.compare(field)["near"] == pytest.approx(1e-4, rel=0.01)
    for other in (idle(2.0, 3.006), idle(float("nan"), 3.0)):
        with pytest.raises(SystemExit, match="other: losses differ by"):
            train_step.compare(field | {"other": other})


@PRESETS
def test_what_pytorch_is_told_is_plain_json(preset: str) -> None:
    told = json.loads(json.dumps(spec(train_step.configuration(preset, 1.0, 0, "float32"))))
    assert (told["image_size"], told["classes"]) == (64, 10)
    assert told["encoder"][0] == ([128, 2, 4, False] if "artgan" in preset else [128, 2, 3, False])
