"""Compares the train steps of JAX and TensorFlow, each in its own process.

    python -m experiments.benchmarks.backends [PRESET ...] [--width 0.25] [--batch 32]

Both processes live for all turns and wait while the other one computes, so other load on the
machine affects both equally.  A turn is several steps of one D and one G step each, on batches in
memory.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import tyro

from artgan_tf import cli
from artgan_tf.config import resolve
from experiments.benchmarks import measuring
from experiments.benchmarks.measuring import Run, Times

BACKENDS = ("tensorflow", "jax")
PRESETS = ("demo", "improved/cifar10", "artgan/cifar10")
CLASSES = 10


def main(
    presets: tyro.conf.Positional[tuple[str, ...]] = PRESETS,
    *,
    width: float = 0.25,
    batch: int = 32,
    steps: int = 5,
    turns: int = 5,
    out: Path | None = None,
) -> None:
    """Measure and print the results.

    Args:
        presets: presets to compare; `demo` keeps its own width.
        width: width of the networks; 1 is the papers'.
        batch: images per step.
        steps: steps per turn.
        turns: turns of each backend, after one to compile.
        out: a JSON file for all figures.
    """
    known = measuring.machine() | {"width": width, "batch": batch}
    rows, figures = [["images/s", *BACKENDS, "JAX, times faster", "by CPU time"]], {}
    for preset in presets:
        changes: dict[str, Any] = {"train.batch_size": batch, "train.cifar_trick": False}
        changes |= {} if preset == "demo" else {"model.width": width}
        times = compete({"preset": preset, "changes": changes, "steps": steps}, turns)
        rates = {name: measuring.rate(times, name, steps * batch) for name in BACKENDS}
        ratio = measuring.ratio(times, *BACKENDS)
        cpu = {name: median(run.cpu for run in times[name]) / steps for name in BACKENDS}
        figures[preset] = {"rates": rates, "ratio": ratio, "cpu_seconds_a_step": cpu}
        cells = [*(f"{rates[name]:.1f}" for name in BACKENDS), *(f"{x:.2f}" for x in ratio)]
        rows.append([preset, *cells])
    measuring.print_table(rows)
    measuring.save(known | figures | {"load_after": os.getloadavg()}, out)


def compete(settings: dict[str, Any], turns: int) -> Times:
    """Alternate turns of both backends."""
    workers = {name: started(name, settings) for name in BACKENDS}
    times: Times = {name: [] for name in BACKENDS}
    for turn in range(turns + 1):
        for name, worker in workers.items():
            run = asked(worker)
            if turn:
                times[name].append(run)
    for worker in workers.values():
        worker.communicate()
    return times


def started(backend: str, settings: dict[str, Any]) -> subprocess.Popen:
    """Start a process that runs a turn for each line it reads."""
    code = f"from experiments.benchmarks import backends; backends.serve({json.dumps(settings)!r})"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"KERAS_BACKEND": backend},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def asked(worker: subprocess.Popen) -> Run:
    """Time of a worker's turn."""
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write("\n")
    worker.stdin.flush()
    return Run(*json.loads(worker.stdout.readline()))


def serve(settings: str) -> None:
    """Answer each line with the wall time and CPU time of a turn, in seconds."""
    take, steps = prepared(**json.loads(settings))
    for _ in sys.stdin:
        begun, spent = time.perf_counter(), time.process_time()
        take(steps)
        print(json.dumps([time.perf_counter() - begun, time.process_time() - spent]), flush=True)


def prepared(preset: str, changes: dict[str, Any], steps: int) -> tuple[Any, int]:
    """A function that runs train steps of a fresh GAN and waits for them, and their number."""
    cli.start_backend()
    from artgan_tf.papers import build_gan
    from artgan_tf.training.engine import open_engine

    config = resolve(preset, changes)
    engine = open_engine(config)
    gan = build_gan(config, CLASSES)
    gan.compile()
    engine.compile(gan)
    rng = np.random.default_rng(0)
    count, size = config.train.batch_size, config.data.image_size
    images = rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    labels = rng.integers(0, CLASSES, count, dtype=np.int32)

    def take(steps: int) -> None:
        for _ in range(steps):
            engine.train((images, labels))
        gan.train_means.result(engine.take_sums())

    return take, steps


if __name__ == "__main__":
    cli.main(main, "python -m experiments.benchmarks.backends")
