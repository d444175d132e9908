"""The traced train step: its multiplications, which set its speed on any machine, and tracing."""

from collections.abc import Callable
from math import prod
from typing import Any

import pytest
import tensorflow as tf

from artgan_tf.gan import GAN
from experiments.benchmarks import costs
from tests.gans import K, batch, built

N = 2


def counted(paper: str) -> tuple[GAN, dict[str, float]]:
    """A tiny GAN, and the multiplications per image of both steps and of its networks."""
    gan = built(paper)
    real, y = tf.zeros((N, 16, 16, 3)), tf.zeros(N, tf.int32)
    z, classes = tf.zeros((N, 8)), tf.zeros((N, K))
    g, d = gan.generator, gan.discriminator
    codes = d(real)[1]
    parts: dict[str, Callable[[], Any]] = {
        "D step": lambda: gan.discriminator_step(real, y, y),
        "G step": lambda: gan.generator_step(real, y, y),
        "G": lambda: g(z, classes),
        "D": lambda: d(real),
        "decoder": lambda: (g if paper == "artgan" else d).decode(codes),
    }
    graphs = {
        name: tf.function(part, autograph=False).get_concrete_function().graph
        for name, part in parts.items()
    }
    return gan, {name: costs.multiplications(graph) / N for name, graph in graphs.items()}


def first(block: Any, side: int) -> int:
    """Multiplications per image of a block on a map of this side (or without a map)."""
    return prod(block.inner.kernel.shape) * side * side


@pytest.mark.slow
def test_paper_b_computes_what_its_losses_need_and_no_more() -> None:
    """A forward pass, the input's gradient and the kernels' gradient cost one share each."""
    gan, n = counted("improved")
    picture, noise = first(gan.discriminator.encoder[0], 8), first(gan.generator.project, 1)
    # Fakes pass G once and no decoder; gradients of the pictures, real or fake, are not needed.
    assert n["D step"] == n["G"] + 3 * (2 * n["D"] + n["decoder"]) - 2 * picture
    # Gradients pass D without kernel gradients, and stop at z.
    assert n["G step"] == 3 * n["G"] - noise + 2 * (n["D"] + n["decoder"])


@pytest.mark.slow
def test_paper_a_computes_what_its_losses_need_and_no_more() -> None:
    gan, n = counted("artgan")
    picture = first(gan.discriminator.encoder[0], 8)
    assert n["D step"] == n["G"] + 3 * 2 * n["D"] - 2 * picture
    # Fakes pass D forward and backward, real images only forward and not to its units; then Dec,
    # whose gradients stop at the codes.  For zNet's first layer the profiler counts its output map.
    codes, z = first(gan.generator.decoder[0], 4), first(gan.generator.latent[0], 4)
    units = prod(gan.discriminator.logits.kernel.shape)
    through_d = 2 * n["D"] + (n["D"] - units)
    assert n["G step"] == 3 * n["G"] - z + through_d + 3 * n["decoder"] - codes


@pytest.mark.slow
def test_keras_fit_traces_the_step_once(monkeypatch: pytest.MonkeyPatch) -> None:
    traces: list[int] = []
    gan = built("artgan")
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
