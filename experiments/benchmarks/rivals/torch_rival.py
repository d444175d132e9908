"""PyTorch as a contestant: a separate process, which waits while others compute."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from artgan_tf.config import Config
from artgan_tf.tables import parse_layers, parse_stages, scale
from experiments.benchmarks.contestants import CLASSES, Batch, Contestant
from experiments.benchmarks.measuring import Run

ROOT = Path(__file__).parents[3]
LAYOUTS = ("contiguous", "channels-last", "compiled", "compiled-channels-last")


def spec(config: Config) -> dict[str, Any]:
    """The parts of the configuration that PyTorch needs, as plain values."""
    model, train, artgan = config.model, config.train, config.model.paper == "artgan"
    stages = {
        name: [astuple(stage) for stage in parse_stages(getattr(model, name), model.width)]
        for name in ("latent", "generator", "decoder")
    }
    layers = {
        name: [astuple(layer) for layer in parse_layers(getattr(model, name), model.width)]
        for name in ("encoder", "classifier")
    }
    of_paper = {
        "biases": artgan,
        "epsilon": 1e-5 if artgan else 1e-3,
        "units": CLASSES + artgan,
        "pixel_range": (0.0, 1.0) if artgan else (-1.0, 1.0),
        "start": scale(512, model.width),
        "classes": CLASSES,
        "image_size": config.data.image_size,
        "dropout": config.discriminator.dropout,
        "noise": config.discriminator.noise,
    }
    return vars(model) | vars(train) | stages | layers | of_paper


def hand_over(folder: Path, config: Config, gan: Any, batch: Batch) -> None:
    """Write PyTorch's inputs: the configuration, Keras's weights and the batch."""
    (folder / "spec.json").write_text(json.dumps(spec(config)), encoding="utf-8")
    arrays = batch._asdict()
    for key, network in (("d", gan.discriminator), ("g", gan.generator)):
        for index, variable in enumerate(network.trainable_variables):
            arrays[f"{key}_{index:03d}"] = variable.numpy()
    for key in ("labels", "fake_labels"):
        arrays[key] = arrays[key].astype(np.int64)
    np.savez(folder / "arrays.npz", **arrays)


@contextmanager
def torch_step(python: Path, folder: Path, layout: str, precision: str) -> Iterator[Contestant]:
    """The contestant, for as long as its process lives."""
    with torch_process(python, "torch_step", str(folder), layout, precision) as (first, take):
        yield Contestant(take, tuple(first["losses"]))


@contextmanager
def torch_process(
    python: Path, module: str, *arguments: str
) -> Iterator[tuple[dict[str, Any], Callable[[], Run]]]:
    """Run a module in PyTorch's environment; gives its first answer and a timer of turns."""
    command = [str(python), "-m", f"experiments.benchmarks.rivals.{module}", *arguments]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    # Otherwise its threads spin while they wait, which takes several times as long on shared cores.
    environment = {"OMP_WAIT_POLICY": "PASSIVE"} | os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        try:
            yield answer(process), lambda: turn(process)
        finally:
            process.stdin.close()  # type: ignore[union-attr]


def turn(process: Any) -> Run:
    """Time of a turn, measured by its own process."""
    process.stdin.write("\n")
    process.stdin.flush()
    return Run(**answer(process))


def answer(process: Any) -> dict[str, Any]:
    """Read a line of JSON; if there is none, end the benchmark: the error is printed above."""
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{process.args[0]} ended; it needs PyTorch.")
    return json.loads(line)
