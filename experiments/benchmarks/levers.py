"""Our train step with one of its optimizations disabled at a time."""

from collections.abc import Callable
from dataclasses import replace

from artgan_tf.config import Config
from experiments.benchmarks.contestants import (
    Batch,
    Contestant,
    clocked,
    compiled,
    first_losses,
    fresh_gan,
    keras_step,
    quiet,
)
from experiments.benchmarks.measuring import Run
from experiments.benchmarks.rivals.plain_keras import KINDS, plain_layers

STEPS = 4  # steps per execution


def without_each(config: Config, batch: Batch) -> dict[str, Contestant]:
    """A contestant for each optimization."""
    return {name: build(config, batch) for name, build in LEVERS.items()}


def with_keras(kind: str) -> Callable[[Config, Batch], Contestant]:
    """Contestant with Keras's own layers of one kind."""

    def build(config: Config, batch: Batch) -> Contestant:
        with plain_layers([kind]):
            return keras_step(config, batch)

    return build


def with_xla(config: Config, batch: Batch) -> Contestant:
    """Contestant compiled with XLA, even on a CPU."""
    return keras_step(replace(config, train=replace(config.train, xla="on")), batch)


def several_steps(config: Config, batch: Batch) -> Contestant:
    """Contestant with several steps per execution, whose time is divided by their number."""
    import tensorflow as tf

    losses = first_losses(fresh_gan(quiet(config)), batch)
    gan, data = fresh_gan(config), (tf.constant(batch.images), tf.constant(batch.labels))

    def loop() -> tf.Tensor:
        def body(i: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return i + 1, gan.train_step(data)["d_loss"]

        return tf.while_loop(lambda i, _: i < STEPS, body, (0, 0.0))[1]

    step = compiled(config, loop)

    def take() -> Run:
        run = clocked(lambda: float(step()))
        return Run(run.wall / STEPS, run.cpu / STEPS)

    return Contestant(take, losses)


LEVERS: dict[str, Callable[[Config, Batch], Contestant]] = {
    **{f"Keras's {kind}": with_keras(kind) for kind in KINDS},
    "XLA": with_xla,
    f"{STEPS} steps an execution": several_steps,
}
