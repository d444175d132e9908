"""Counts the operations of the traced train step, which guards its speed on any machine."""

from collections.abc import Callable
from math import prod
from typing import Any

import pytest
import tensorflow as tf

from artgan_tf.config import resolve
from artgan_tf.gan import GAN
from artgan_tf.papers import build_gan
from experiments.benchmarks import costs
from tests.gans import batch, built

K, N = 10, 2


def counted(preset: str) -> tuple[GAN, dict[str, float]]:
    """A narrow GAN, and the multiplications per image of both steps and of its networks."""
    changes = {"model.width": 0.25, "train.batch_size": N, "train.cifar_trick": False}
    gan = build_gan(resolve(preset, changes), K)
    gan.compile()
    size = gan.config.data.image_size
    real, y = tf.zeros((N, size, size, 3)), tf.zeros(N, tf.int32)
    z, classes = tf.zeros((N, gan.config.model.z_size)), tf.zeros((N, K))
    g, d = gan.generator, gan.discriminator
    codes = d(real)[1]
    parts: dict[str, Callable[[], Any]] = {
        "D step": lambda: gan.discriminator_step(real, y, y),
        "G step": lambda: gan.generator_step(real, y, y),
        "G": lambda: g(z, classes),
        "D": lambda: d(real),
        "decoder": lambda: (g if gan.config.model.paper == "artgan" else d).decode(codes),
    }
    graphs = {
        name: tf.function(part, autograph=False).get_concrete_function().graph
        for name, part in parts.items()
    }
    return gan, {name: costs.multiplications(graph) / N for name, graph in graphs.items()}


def first(block: Any, side: int) -> int:
    """Multiplications per image of a block on a map of this side (or without a map)."""
    return prod(block.inner.kernel.shape) * side * side


# ---- multiplications --------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("preset", ["improved/cifar10", "improved/wikiart-genre"])
def test_paper_b_computes_what_its_losses_need_and_no_more(preset: str) -> None:
    """A forward pass, the input's gradient and the kernels' gradient cost one share each."""
    gan, n = counted(preset)
    layer, size = gan.discriminator.encoder[0], gan.config.data.image_size
    picture = first(layer, size // layer.inner.strides[0])
    noise = first(gan.generator.project, 1)
    # Fakes pass G once and no decoder; gradients of the pictures, real or fake, are not needed.
    assert n["D step"] == n["G"] + 3 * (2 * n["D"] + n["decoder"]) - 2 * picture
    # Gradients pass D without kernel gradients, and stop at z.
    assert n["G step"] == 3 * n["G"] - noise + 2 * (n["D"] + n["decoder"])


@pytest.mark.slow
def test_paper_a_computes_what_its_losses_need_and_no_more() -> None:
    gan, n = counted("artgan/cifar10")
    layer, size = gan.discriminator.encoder[0], gan.config.data.image_size
    assert n["D step"] == n["G"] + 3 * 2 * n["D"] - 2 * first(layer, size // 2)
    # Fakes pass D forward and backward, real images only forward and not to its units; then Dec,
    # whose gradients stop at the codes.  For zNet's first layer the profiler counts its output map.
    codes, z = first(gan.generator.decoder[0], 8), first(gan.generator.latent[0], 4)
    units = prod(gan.discriminator.logits.kernel.shape)
    through_d = 2 * n["D"] + (n["D"] - units)
    assert n["G step"] == 3 * n["G"] - z + through_d + 3 * n["decoder"] - codes


# ---- tracing ----------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("paper", ["improved", "artgan", "critic"])
def test_a_run_traces_its_step_once(paper: str, monkeypatch: pytest.MonkeyPatch) -> None:
    traces: list[int] = []
    gan = built(paper)
    step = type(gan).train_step

    def counting(self: GAN, data: Any) -> Any:
        traces.append(1)
        return step(self, data)

    monkeypatch.setattr(type(gan), "train_step", counting)
    batches = tf.data.Dataset.from_tensors(batch()).repeat(5)
    history = gan.fit(batches, epochs=2, verbose=0).history
    assert len(history["d_loss"]) == 2
    assert int(gan.d_optimizer.iterations) == 10
    assert len(traces) == 1
    scores = gan.evaluate(batches, verbose=0, return_dict=True)
    assert 0.0 <= scores["accuracy"] <= 1.0
    assert scores["reconstruction"] > 0
