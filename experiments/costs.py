"""What each preset costs: parameters, multiplications and images, counted from the real graph.

    python -m experiments.costs [PRESET ...]

Multiplications are those of convolutions and matrix products in one whole training step (D step
and one G step, forward and backward), as TensorFlow's profiler counts them, over the batch size.
"""

import os
from math import prod
from typing import Any

import tyro

from artgan_tf import cli
from artgan_tf.config import Config, resolve
from artgan_tf.preset_files import preset_names

COUNTED = ("Conv", "MatMul")
BATCH = 20  # the count per image does not depend on it


def main(presets: tyro.conf.Positional[tuple[str, ...]] = ()) -> None:
    """Print a table of all presets, or of those named."""
    cli.start_tensorflow()
    print("| preset | G | D | multiplications an image | images a run | multiplications a run |")
    print("| --- | --- | --- | --- | --- | --- |")
    for preset in presets or preset_names():
        config = resolve(preset)
        generator, discriminator, each = cost(config)
        images = images_of(config)
        print(
            f"| `{preset}` | {generator:,} | {discriminator:,} | {each / 1e6:,.0f} million "
            f"| {images / 1e6:.2g} million | {each * images:.1e} |"
        )


def images_of(config: Config) -> int:
    """Training images that a whole run sees."""
    train = config.train
    return train.steps * train.batch_size or round(train.epochs * config.data.train_count)


def cost(config: Config) -> tuple[int, int, float]:
    """Trainable parameters of G and of D, and multiplications an image of a training step."""
    from artgan_tf.papers import build_gan

    config = resolve(config.preset, {"train.batch_size": BATCH, "train.cifar_trick": False})
    classes = config.data.classes or 10
    gan = build_gan(config, classes)
    gan.compile()
    counts = [_trainable(network) for network in (gan.generator, gan.discriminator)]
    return counts[0], counts[1], multiplications(step_graph(gan, BATCH)) / BATCH


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
    """Those of a graph's convolutions and matrix products, as far as they are carried out."""
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
    return total / 2  # a multiplication and an addition each


def needed(graph: Any) -> set[Any]:
    """The operations that outputs or changes of state depend on; TensorFlow leaves out the rest.

    A gradient of a convolution brings both its operations, its kernel's even where nobody asks.
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
    cli.main(main, "python -m experiments.costs")
