"""Fused batch norm, and kernel gradients as matrix products, for TensorFlow on a CPU.

TensorFlow computes a kernel gradient in one operation, which is slow for a large kernel and a small
map: for 512 -> 1024 channels, a 4x4 kernel, a 4x4 map and a batch of 128 it takes 800 ms of CPU
time, or 870 ms in bfloat16. One matrix product for each kernel position (i, j),

    dW[i, j] = sum over n, p, q of x[n, s p + i, s q + j]' dy[n, p, q]    (x padded, stride s)

takes 350 ms and 190 ms in total.
"""

from typing import Any

import tensorflow as tf


def batch_norm(x: Any, gamma: Any, beta: Any, epsilon: float) -> tuple[Any, Any, Any]:
    """Normalize float32 or bfloat16 maps [N, H, W, C] by their own statistics.

    Returns them, their mean and their biased variance, both [C].
    """
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x, scale=gamma, offset=beta, mean=(), variance=(), epsilon=epsilon
    )
    # The operation returns sum (x - mean)^2 / (n - 1); Keras uses sum (x - mean)^2 / n.
    count = tf.cast(tf.size(x) / x.shape[-1], "float32")
    return outputs, mean, variance * ((count - 1.0) / count)


def convolve(x: Any, kernel: Any, stride: int) -> Any:
    """SAME convolution of [N, s P, s P, C] by [K, K, C, F] to [N, P, P, F], with stride s <= K."""
    return _convolution(_shrink, x, kernel, stride)


def transpose_convolve(x: Any, kernel: Any, stride: int) -> Any:
    """SAME transposed convolution of [N, P, P, F] by [K, K, C, F] to [N, s P, s P, C]."""
    return _convolution(_enlarge, x, kernel, stride)


def _convolution(forward: Any, x: Any, kernel: Any, stride: int) -> Any:
    """Either convolution: its input gradient is the other one, its kernel gradient is below."""

    @tf.custom_gradient
    def convolution(x: Any, kernel: Any) -> tuple[Any, Any]:
        def gradient(dy: Any) -> tuple[Any, Any]:
            shrinks, size = forward is _shrink, kernel.shape[0]
            dx = (_enlarge if shrinks else _shrink)(dy, kernel, stride)
            large, small = (x, dy) if shrinks else (dy, x)
            return dx, kernel_gradient(large, small, size, stride)

        return forward(x, kernel, stride), gradient

    return convolution(x, tf.convert_to_tensor(kernel))  # a variable would not count as an input


def kernel_gradient(large: Any, small: Any, size: int, stride: int) -> Any:
    """The gradient [K, K, C, F] of a SAME convolution's kernel, with K at least the stride s.

    `large` [N, s P, s P, C] is its input, `small` [N, P, P, F] the gradient of its output.
    """
    side, channels, filters = small.shape[1], large.shape[-1], small.shape[-1]
    phases, small = _phases(large, side, size, stride), tf.reshape(small, (-1, filters))
    products = []
    for i in range(size):
        for j in range(size):
            top, left = i // stride, j // stride
            part = phases[i % stride][j % stride][:, top : top + side, left : left + side]
            part = tf.reshape(part, (-1, channels))
            products.append(tf.matmul(part, small, transpose_a=True))
    return tf.reshape(tf.stack(products), (size, size, channels, filters))


def _phases(large: Any, side: int, size: int, stride: int) -> Any:
    """Split the padded input into every s-th row and column: [s][s] contiguous maps.

    One transposition does this, because slices with a stride are slow.
    """
    grown, before = side + (size - 1) // stride, (size - stride) // 2
    after = stride * (grown - side) - before
    large = tf.pad(large, [[0, 0], [before, after], [before, after], [0, 0]])
    if stride == 1:
        return [[large]]
    channels = large.shape[-1]
    large = tf.reshape(large, (-1, stride, grown, stride, channels))
    large = tf.transpose(large, (1, 3, 0, 2, 4))
    return tf.reshape(large, (stride, stride, -1, grown, grown, channels))


def _shrink(large: Any, kernel: Any, stride: int) -> Any:
    return tf.nn.conv2d(large, kernel, stride, "SAME")


def _enlarge(small: Any, kernel: Any, stride: int) -> Any:
    n, side = tf.shape(small)[0], stride * small.shape[1]
    return tf.nn.conv2d_transpose(
        small, kernel, (n, side, side, kernel.shape[2]), stride, padding="SAME"
    )
