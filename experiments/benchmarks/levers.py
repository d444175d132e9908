"""Our train step without one or the other of what makes it fast, beside the step as it is.

    python -m experiments.benchmarks.levers [PRESET ...] [--batch 100] [--precision mixed_bfloat16]

All take turns on one batch, and compute the same losses first, as in `train_step`.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import tyro

from artgan_tf import cli
from artgan_tf.config import Config
from experiments.benchmarks import measuring, train_step
from experiments.benchmarks.contestants import (
    Batch,
    Contestant,
    batch_of,
    clocked,
    compiled,
    first_losses,
    fresh_gan,
    keras_step,
    quiet,
)
from experiments.benchmarks.plain_keras import KINDS, plain_layers

STEPS = 4  # of one execution


def main(
    presets: tyro.conf.Positional[tuple[str, ...]] = ("improved/cifar10",),
    *,
    width: float = 1.0,
    batch: int = 0,
    precision: str = "float32",
    turns: int = 5,
    without: tuple[str, ...] = (),
    out: Path | None = None,
) -> None:
    """Measure and print.

    Args:
        presets: whose networks.
        width: of them, 1 being the papers'.
        batch: images a step; 0 takes each preset's own.
        precision: float32 or mixed_bfloat16.
        turns: steps of each, after one to compile.
        without: of what; all by default.
        out: a JSON file for all figures.
    """
    cli.start_tensorflow()
    known, figures = measuring.machine() | train_step.versions(), {}
    for preset in presets:
        config = train_step.configuration(preset, width, batch, precision)
        see = batch_of(config)
        field = {train_step.OURS: keras_step(config, see)}
        field |= {name: LEVERS[name](config, see) for name in without or LEVERS}
        figures[preset] = train_step.turned(config, field, turns)
        measuring.print_table(train_step.rows(preset, figures[preset]))
        measuring.save(known | figures, out)


def with_keras(kind: str) -> Callable[[Config, Batch], Contestant]:
    """Keras's own layers of a kind."""

    def build(config: Config, batch: Batch) -> Contestant:
        with plain_layers([kind]):
            return keras_step(config, batch)

    return build


def with_xla(config: Config, batch: Batch) -> Contestant:
    """Compiled by XLA, on a CPU too."""
    return keras_step(replace(config, train=replace(config.train, xla="on")), batch)


def several_steps(config: Config, batch: Batch) -> Contestant:
    """Several steps in one execution, of which one's share is told."""
    import tensorflow as tf

    losses = first_losses(fresh_gan(quiet(config)), batch)
    gan, data = fresh_gan(config), (tf.constant(batch.images), tf.constant(batch.labels))

    def loop() -> tf.Tensor:
        def body(i: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return i + 1, gan.train_step(data)["d_loss"]

        return tf.while_loop(lambda i, _: i < STEPS, body, (0, 0.0))[1]

    step = compiled(config, loop)

    def take() -> measuring.Run:
        run = clocked(lambda: float(step()))
        return measuring.Run(run.wall / STEPS, run.cpu / STEPS)

    return Contestant(take, losses)


LEVERS: dict[str, Callable[[Config, Batch], Contestant]] = {
    **{f"Keras's {kind}": with_keras(kind) for kind in KINDS},
    "XLA": with_xla,
    f"{STEPS} steps an execution": several_steps,
}

if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    cli.main(main, "python -m experiments.benchmarks.levers")
