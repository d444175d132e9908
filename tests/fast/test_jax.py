"""JAX's transposed and depthwise convolutions compared with TensorFlow's."""

import numpy as np
import pytest
import tensorflow as tf

jax = pytest.importorskip("jax", reason="there is no JAX")


@pytest.mark.parametrize(("size", "stride"), [(4, 2), (3, 1), (5, 2), (3, 2), (2, 2)])
def test_transposed_values_and_gradients(size, stride):
    from artgan_tf.fast.jax import transpose_convolve

    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, 4, 3)).astype(np.float32)
    kernel = rng.normal(size=(size, size, 5, 3)).astype(np.float32)
    side = 4 * stride
    weight = rng.normal(size=(2, side, side, 5)).astype(np.float32)

    tensors = tf.constant(x), tf.constant(kernel)
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        wanted = tf.nn.conv2d_transpose(*tensors, (2, side, side, 5), stride, "SAME")
        loss = tf.reduce_sum(wanted * weight)
    gradients = tape.gradient(loss, tensors)

    np.testing.assert_allclose(transpose_convolve(x, kernel, stride), wanted, atol=1e-4)
    found = jax.grad(lambda *a: (transpose_convolve(*a, stride) * weight).sum(), (0, 1))(x, kernel)
    for mine, theirs in zip(found, gradients, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)


@pytest.mark.parametrize(
    ("size", "stride", "height", "width"),
    [(3, 1, 8, 6), (3, 2, 8, 6), (5, 2, 8, 6), (3, 2, 7, 5), (5, 2, 7, 5), (5, 1, 1, 2)],
)
def test_depthwise_values(size, stride, height, width):
    from artgan_tf.fast.jax import depthwise_convolve

    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, height, width, 4)).astype(np.float32)
    kernel = rng.normal(size=(size, size, 4, 1)).astype(np.float32)
    wanted = tf.nn.depthwise_conv2d(x, kernel, (1, stride, stride, 1), "SAME")
    np.testing.assert_allclose(depthwise_convolve(x, kernel, stride), wanted, atol=1e-5)
