"""Costs of each preset, counted in the real graph: parameters, multiplications, batch norms.

    python -m experiments.benchmarks.costs [PRESET ...]

Multiplications are those of convolutions and matrix products in a whole training step (D step
and one G step, forward and backward), counted by TensorFlow's profiler, divided by the batch size.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any, NamedTuple
from unittest import mock

import tyro

from artgan_tf import cli
from artgan_tf.config import Config, resolve
from artgan_tf.preset_files import preset_names

HEADS = (
    "parameters of G, D",
    "million multiplications an image",
    "million images a run",
    "multiplications a run",
    "calls of batch norm a step (their channels)",
)
COUNTED = ("Conv", "MatMul")
BATCH = 20  # the count per image does not depend on it


def main(presets: tyro.conf.Positional[tuple[str, ...]] = ()) -> None:
    """Print a table of the presets named, or of all."""
    cli.start_tensorflow()
    print("| preset |", " | ".join(HEADS), "|")
    print("| --- " * (len(HEADS) + 1) + "|")
    for preset in presets or preset_names():
        print(f"| `{preset}` |", " | ".join(row(preset)), "|")


def row(preset: str) -> tuple[str, ...]:
    """A preset's cells of the table in `experiments/presets.md`."""
    config = resolve(preset)
    found, images = cost(config), images_of(config)
    return (
        f"{found.generator:,}, {found.discriminator:,}",
        f"{found.multiplications / 1e6:,.0f}",
        f"{images / 1e6:.2g}",
        f"{found.multiplications * images:.1e}",
        f"{len(found.channels)} ({sum(found.channels):,})",
    )


class Cost(NamedTuple):
    """Costs of a preset.

    Attributes:
        generator, discriminator: number of trainable parameters.
        multiplications: multiplications per image in a training step.
        channels: number of channels in each call of batch norm in a step.
    """

    generator: int
    discriminator: int
    multiplications: float
    channels: list[int]


def images_of(config: Config) -> int:
    """Number of training images in a whole run."""
    train = config.train
    return train.steps * train.batch_size or round(train.epochs * config.data.train_count)


def cost(config: Config) -> Cost:
    """Costs of a preset's networks and training step."""
    from artgan_tf.papers import build_gan

    config = resolve(config.preset, {"train.batch_size": BATCH, "train.cifar_trick": False})
    classes = config.data.classes or 10
    gan = build_gan(config, classes)
    gan.compile()
    counts = [_trainable(network) for network in (gan.generator, gan.discriminator)]
    with _batch_norms() as channels:
        graph = step_graph(gan, BATCH)
    return Cost(counts[0], counts[1], multiplications(graph) / BATCH, channels)


@contextmanager
def _batch_norms() -> Iterator[list[int]]:
    """Collects the channels of each call of batch norm in training while the step is traced."""
    from artgan_tf.fast import BatchNormalization

    calls: list[int] = []
    call = BatchNormalization.call

    def counting(self, inputs, training=None, mask=None):
        if training:
            calls.append(inputs.shape[-1])
        return call(self, inputs, training=training, mask=mask)

    with mock.patch.object(BatchNormalization, "call", counting):
        yield calls


def step_graph(gan: Any, batch: int) -> Any:
    """The graph of a compiled GAN's train step."""
    import tensorflow as tf

    size = gan.config.data.image_size
    signature = (
        tf.TensorSpec((batch, size, size, 3), tf.uint8),
        tf.TensorSpec((batch,), tf.int32),
    )
    step = tf.function(lambda images, labels: gan.train_step((images, labels)), autograph=False)
    return step.get_concrete_function(*signature).graph


def multiplications(graph: Any) -> float:
    """Multiplications in a graph's convolutions and matrix products that are executed."""
    import tensorflow as tf

    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder.float_operation()
    options |= {"output": "none", "max_depth": 1000}
    counted = {op.name for op in needed(graph) if op.type.startswith(COUNTED)}
    nodes, total = [profiler.profile(graph, cmd="scope", options=options)], 0
    while nodes:
        node = nodes.pop()
        total += node.float_ops if node.name in counted else 0
        nodes += node.children
    return total / 2  # the profiler counts multiplications and additions


def needed(graph: Any) -> set[Any]:
    """Operations that outputs or changes of state depend on; TensorFlow prunes the rest.

    A convolution's gradient adds both its operations, even if the kernel's gradient is not used.
    """
    found, left = set(), [*(tensor.op for tensor in graph.outputs), *graph.control_outputs]
    while left:
        op = left.pop()
        if op not in found:
            found.add(op)
            left += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
    return found


def _trainable(network: Any) -> int:
    return sum(prod(variable.shape) for variable in network.trainable_variables)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    cli.main(main, "python -m experiments.benchmarks.costs")
