"""The fast layers for CPUs: the same weights and the same results as Keras."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf import fast
from artgan_tf.fast import BatchNormalization, Conv2D, Conv2DTranspose
from artgan_tf.fast import tensorflow as on_tensorflow
from artgan_tf.papers import build_gan
from experiments.benchmarks.rivals.plain_keras import plain_layers
from tests.gans import K, batch, tiny

# Relative to the largest value; in bfloat16 two roundings of 2^-9 may differ by one step.
CLOSE = {"float32": 1e-4, "mixed_bfloat16": 1.6e-2}
POLICIES = pytest.mark.parametrize("policy", CLOSE)


def normal(shape: tuple[int, ...], seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def assert_close(
    ours: list[Any], reference: list[Any], tolerance: float, least: float = 1e-6
) -> None:
    """Compare relative to the reference's largest value, or to `least` if that is larger."""
    assert len(ours) == len(reference)
    for one, other in zip(ours, reference, strict=True):
        one, other = (tf.cast(x, "float32").numpy() for x in (one, other))
        scale = max(np.abs(other).max(), least)
        np.testing.assert_allclose(one / scale, other / scale, rtol=0, atol=tolerance)


def results(layer: Any, x: Any, **options: Any) -> list[Any]:
    """Output, gradients of input and weights, and the weights afterwards."""
    x = tf.cast(x, layer.compute_dtype)
    weights = [v.value for v in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, **options)
        loss = tf.reduce_sum(tf.cast(y, "float32") * normal(tuple(y.shape), 7))
    return [y, *tape.gradient(loss, [x, *weights]), *(v.value for v in layer.weights)]


def same_weights(ours: Any, reference: Any, shape: tuple[int, ...]) -> None:
    for layer in (ours, reference):
        layer.build(shape)
    for index, (one, other) in enumerate(zip(ours.weights, reference.weights, strict=True)):
        assert (one.name, one.shape, one.dtype) == (other.name, other.shape, other.dtype)
        values = np.abs(normal(tuple(one.shape), index)) + 0.1
        one.assign(values)
        other.assign(values)


# ---- batch norm -------------------------------------------------------------------------------
@pytest.mark.slow
@POLICIES
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("shape", [(8, 6, 4, 16), (6, 1, 1, 5), (9, 5)])
def test_batch_norm_equals_keras(shape, jit, training, policy):
    settings = {"momentum": 0.9, "epsilon": 1e-3, "dtype": policy}
    pair = BatchNormalization(**settings), keras.layers.BatchNormalization(**settings)
    same_weights(*pair, shape)
    x = 3.0 + 2.0 * normal(shape)

    @tf.function(jit_compile=jit)
    def both() -> list[Any]:
        return [results(layer, x, training=training) for layer in pair]

    ours, reference = both()
    assert_close(ours, reference, CLOSE[policy])
    assert_close(pair[0].weights[2:], pair[1].weights[2:], 1e-5)


def test_batch_norm_honours_a_changed_momentum_and_refuses_other_ranks():
    layer, x = BatchNormalization(momentum=0.9), tf.constant(normal((4, 3, 3, 2)))
    layer(x)
    layer.momentum = 0.0
    layer(x, training=True)
    np.testing.assert_allclose(layer.moving_variance, np.var(x, axis=(0, 1, 2)), rtol=1e-5)
    with pytest.raises(ValueError, match="ndim=4"):
        layer(tf.constant(normal((4, 2))), training=True)


# ---- kernel gradients -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("size", "kernel", "stride"),
    [(8, 3, 2), (2, 4, 2), (6, 5, 1), (4, 2, 1), (6, 3, 3)],
)
@pytest.mark.parametrize("transposed", [False, True])
@POLICIES
def test_kernel_gradient_equals_keras(size, kernel, stride, transposed, policy, monkeypatch):
    monkeypatch.setattr(fast, "PAYS", {"float32": 0, "bfloat16": 0})
    calls = counted(monkeypatch)
    settings = {"strides": stride, "padding": "same", "dtype": policy}
    kinds: Any = (Conv2DTranspose, keras.layers.Conv2DTranspose)
    if not transposed:
        kinds = (Conv2D, keras.layers.Conv2D)
    pair = [kind(5, kernel, **settings) for kind in kinds]
    side = size // stride if transposed else size
    same_weights(pair[0], pair[1], (3, side, side, 4))
    x = normal((3, side, side, 4))
    assert_close(results(pair[0], x), results(pair[1], x), CLOSE[policy])
    assert len(calls) == fast.on_cpu()
    if policy == "float32":  # in bfloat16 XLA rounds each formulation differently
        compiled = tf.function(lambda: results(pair[0], x), jit_compile=True)
        assert_close(compiled(), results(pair[1], x), CLOSE[policy])


def counted(monkeypatch: Any) -> list[int]:
    """A list that grows with each of our kernel gradients."""
    real = on_tensorflow.kernel_gradient
    calls: list[int] = []

    def counting(*arguments: Any) -> Any:
        calls.append(1)
        return real(*arguments)

    monkeypatch.setattr(on_tensorflow, "kernel_gradient", counting)
    return calls


@pytest.mark.parametrize(
    ("shape", "kernel", "settings"),
    [
        ((2, 7, 7, 3), 3, {"strides": 2, "padding": "same"}),  # 7 is not a multiple of 2
        ((2, 8, 6, 3), 3, {"strides": 2, "padding": "same"}),
        ((2, 6, 6, 3), 1, {"padding": "same"}),
        ((2, 6, 6, 3), 3, {"padding": "valid"}),
        ((2, 6, 6, 3), 2, {"strides": 3, "padding": "same"}),
        ((2, 6, 6, 4), 3, {"padding": "same", "groups": 2}),
        ((2, 6, 6, 3), 3, {"padding": "same", "dilation_rate": 2}),
    ],
)
def test_other_convolutions_go_keras_way(shape, kernel, settings, monkeypatch):
    monkeypatch.setattr(fast, "PAYS", {"float32": 0})
    calls = counted(monkeypatch)
    pair = Conv2D(4, kernel, **settings), keras.layers.Conv2D(4, kernel, **settings)
    same_weights(*pair, shape)
    ours, reference = (results(layer, normal(shape)) for layer in pair)
    assert_close(ours, reference, 1e-5)
    assert not calls


# ---- the step ---------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("paper", ["improved", "artgan", "critic"])
def test_losses_and_gradients_of_a_step_are_those_of_keras_layers(paper, monkeypatch):
    """Even with layers that upsample before they convolve."""
    monkeypatch.setattr(fast, "PAYS", {"float32": 0})
    ours = losses_and_gradients(paper)
    with plain_layers():
        plain = losses_and_gradients(paper)
    # A bias before batch norm has no gradient but rounding, here 1e-6; the least other is 0.06.
    assert_close(ours, plain, 1e-4, least=0.1)


def losses_and_gradients(paper: str) -> list[Any]:
    """Losses and gradients from equal weights and draws, and the moving statistics afterwards."""
    keras.utils.set_random_seed(3)
    gan = build_gan(tiny(paper), K)
    images, y = batch()
    real, fake_y = gan.from_uint8(images), gan.fake_labels(len(y))
    parts = [v.value for net in (gan.discriminator, gan.generator) for v in net.trainable_variables]

    with tf.GradientTape() as tape:
        fake = gan.draw(fake_y)
        of_g = gan.generator_terms(real, y, fake, fake_y)
        terms = gan.discriminator_terms(real, y, fake, fake_y)
        terms |= {f"g_{name}": term for name, term in of_g.items()}
    found = tape.gradient(list(terms.values()), parts)
    moving = [v for net in (gan.discriminator, gan.generator) for v in net.non_trainable_variables]
    return [*terms.values(), *found, *(v.value for v in moving if "moving" in v.path)]
