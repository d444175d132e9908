"""The upsampling identity, the block's two switches, spectral normalization."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf import layers
from artgan_tf.layers import Block, SpectralConv2D, SpectralDense, UpsampleConv2D

SHAPES = [(1, 1, 1, 1, 1), (2, 5, 7, 4, 2), (3, 6, 6, 16, 3)]


def normal(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def values(variables: list[Any]) -> list[Any]:
    return [np.array(variable) for variable in variables]


# ---- upsampling -------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", SHAPES)
def test_upsampling_equals_nearest_then_convolution(shape: tuple[int, ...]) -> None:
    n, height, width, channels, filters = shape
    x = tf.constant(normal(n, height, width, channels))
    fast = UpsampleConv2D(filters)
    slow = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)
    plain = keras.Sequential([keras.layers.UpSampling2D(2, interpolation="nearest"), slow])
    weights = normal(n, 2 * height, 2 * width, filters, seed=2)
    results = []
    for network, layer in ((fast, fast), (plain, slow)):
        network(x)
        layer.kernel.assign(normal(3, 3, channels, filters, seed=1))
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = network(x)
            loss = tf.reduce_sum(y * weights)
        results.append((y, *tape.gradient(loss, [x, layer.kernel.value])))
    for ours, reference, what in zip(*results, ("values", "input", "kernel"), strict=True):
        assert ours.shape == reference.shape
        np.testing.assert_allclose(ours, reference, rtol=1e-4, atol=1e-4, err_msg=what)
    compiled = tf.function(fast, jit_compile=True)
    np.testing.assert_allclose(compiled(x), results[0][0], rtol=1e-5, atol=1e-5)


def test_upsampling_tells_its_shape() -> None:
    layer = UpsampleConv2D(5)
    assert layer(normal(2, 4, 6, 7)).shape == layer.compute_output_shape((2, 4, 6, 7))
    assert layer.compute_output_shape((None, 4, None, 7)) == (None, 8, None, 5)


def test_upsampling_in_bfloat16_rounds_the_summed_kernel_once() -> None:
    layer = UpsampleConv2D(1, dtype="mixed_bfloat16")
    out = layer(np.ones((1, 1, 1, 1), "float32"))
    assert (out.dtype, layer.kernel.dtype) == (tf.bfloat16, "float32")
    kernel = np.array(layer.kernel, dtype="float64")[:, :, 0, 0]
    # One pixel becomes 2x2 equal ones; each output weights them with a 2x2 corner of the kernel.
    corners = [[kernel[1 - i : 3 - i, 1 - j : 3 - j].sum() for j in (0, 1)] for i in (0, 1)]
    rounded = tf.cast(tf.constant(corners, "float32"), tf.bfloat16)
    assert bool(tf.reduce_all(out[0, :, :, 0] == rounded))


# ---- block ------------------------------------------------------------------------------------
def identity_block(norm: dict[str, float] | None, dropout: float) -> Block:
    conv = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones")
    return Block(conv, norm, 0.2, dropout)


@pytest.mark.parametrize("training", [False, True])
def test_dropout_only_when_asked_for(training: bool) -> None:
    block = identity_block(None, dropout=0.4)
    x = np.abs(normal(4, 16, 16, 1)) + 0.1
    np.testing.assert_array_equal(block(x, training=training), x)
    dropped = np.array(block(x, training=training, dropout=True))
    kept = dropped != 0
    assert 0.5 < kept.mean() < 0.7
    np.testing.assert_allclose(dropped[kept], x[kept] / 0.6, rtol=1e-5)


def test_batch_statistics_only_when_training() -> None:
    leaky = np.vectorize(lambda y: y if y > 0 else 0.2 * y)
    block = identity_block({"momentum": 0.9, "epsilon": 1e-3}, dropout=0.0)
    x = 1.0 + 2.0 * normal(4, 8, 8, 1)
    block(x)
    assert block.norm
    before = values(block.variables)
    # Moving statistics start at mean 0 and variance 1, and inference does not change them.
    np.testing.assert_allclose(block(x, dropout=True), leaky(x / np.sqrt(1.001)), rtol=1e-5)
    np.testing.assert_equal(values(block.variables), before)
    expected = leaky((x - x.mean()) / np.sqrt(x.var() + 1e-3))
    np.testing.assert_allclose(block(x, training=True), expected, atol=1e-4)
    np.testing.assert_allclose(block.norm.moving_mean, [0.1 * x.mean()], rtol=1e-4)
    np.testing.assert_allclose(block.norm.moving_variance, [0.9 + 0.1 * x.var()], rtol=1e-4)


# ---- spectral normalization -------------------------------------------------------------------
KINDS = pytest.mark.parametrize("kind", ["dense", "convolution", "strided"])


def spectral(kind: str, updates: int, **kwargs: Any) -> tuple[Any, Any]:
    """A spectral layer after some power iterations, and an input for it."""
    if kind == "dense":
        layer, x = SpectralDense(5, **kwargs), normal(4, 9)
    elif kind == "strided":
        layer, x = SpectralConv2D(7, 4, strides=2, padding="same", **kwargs), normal(2, 6, 6, 3)
    else:
        layer, x = SpectralConv2D(6, 3, use_bias=False, **kwargs), normal(2, 5, 5, 4)
    layer(x)
    layer.kernel.assign(3.0 * layer.kernel)
    update = tf.function(layer.update)
    for _ in range(updates):
        update()
    return layer, x


def largest(kernel: Any) -> float:
    matrix = np.array(kernel, dtype="float64").reshape(-1, kernel.shape[-1])
    return float(np.linalg.svd(matrix, compute_uv=False)[0])


@KINDS
def test_sigma_becomes_the_largest_singular_value(kind: str) -> None:
    layer, x = spectral(kind, updates=300)
    if layer.use_bias:
        layer.bias.assign(normal(*layer.bias.shape, seed=3))
    normalised = np.array(layer.kernel) / largest(layer.kernel)
    np.testing.assert_allclose(layer.normalized(layer.kernel), normalised, rtol=1e-3)
    if kind == "dense":
        expected = x @ normalised
    else:
        expected = tf.nn.conv2d(x, normalised, layer.strides, layer.padding.upper()).numpy()
    expected += np.array(layer.bias) if layer.use_bias else 0.0
    np.testing.assert_allclose(layer(x), expected, rtol=1e-3, atol=1e-3)


@KINDS
def test_only_update_moves_and_only_the_vectors(kind: str) -> None:
    layer, x = spectral(kind, updates=1)
    assert {v.name for v in layer.non_trainable_variables} == {"u", "v"}
    before = values(layer.variables)
    tf.function(layer)(x)
    if kind == "dense":  # Keras's convolutions have no `training`
        layer(x, training=True)
    np.testing.assert_equal(values(layer.variables), before)
    layer.update()
    for variable, old in zip(layer.variables, before, strict=True):
        assert np.array_equal(variable, old) == variable.trainable


@KINDS
def test_gradient_is_that_of_the_normalized_kernel(kind: str) -> None:
    """Against central differences of <A, W / svd(W)>, which do not involve u and v."""
    layer, _ = spectral(kind, updates=500)
    weights = normal(*layer.kernel.shape, seed=5)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(weights * layer.normalized(layer.kernel.value))
    gradient = np.array(tape.gradient(loss, layer.kernel.value))
    kernel = np.array(layer.kernel, dtype="float64")
    for index in list(np.ndindex(*kernel.shape))[::17]:
        step = np.zeros_like(kernel)
        step[index] = 1e-5
        above, below = ((weights * w).sum() / largest(w) for w in (kernel + step, kernel - step))
        np.testing.assert_allclose(gradient[index], (above - below) / 2e-5, rtol=1e-2, atol=1e-3)


def test_update_spectral_norm_finds_nested_layers() -> None:
    blocks = [Block(SpectralConv2D(4, 3), None, 0.2) for _ in range(2)]
    head = SpectralDense(3)
    network = keras.Sequential([*blocks, keras.Sequential([keras.layers.Flatten(), head])])
    network(normal(1, 6, 6, 2))
    spectral_layers = [head, *(block.inner for block in blocks)]
    before = values([layer.u for layer in spectral_layers])
    tf.function(lambda: layers.update_spectral_norm(network))()
    for layer, old in zip(spectral_layers, before, strict=True):
        assert not np.allclose(layer.u, old)


@pytest.mark.parametrize("kind", ["dense", "strided"])
def test_spectral_layers_in_bfloat16(kind: str) -> None:
    exact, x = spectral(kind, updates=100)
    mixed, _ = spectral(kind, updates=0, dtype="mixed_bfloat16")
    mixed.set_weights(exact.get_weights())
    out = mixed(x)
    assert out.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(out, "float32"), exact(x), rtol=0.02, atol=0.05)
