"""Keras's depthwise convolution, computed tap by tap under JAX.

XLA has no fast grouped convolution on a CPU: 144 channels, 3x3, 32x32, 32 images took 90 ms of
computing, its gradient to the input 190.  The products of each tap, summed, take 5 and 25.  A GPU
computes them too; what grouped convolutions would take there is not measured.
"""

from typing import Any

import keras
from keras import ops


class DepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` with SAME padding, a bias, its weights, names and numbers."""

    def call(self, inputs: Any) -> Any:
        if keras.backend.backend() != "jax":
            return super().call(inputs)
        return self.activation(by_taps(inputs, self.kernel, self.strides[0]) + self.bias)


def by_taps(x: Any, kernel: Any, stride: int) -> Any:
    """SAME depthwise convolution of [N, H, W, C] with [K, K, C, 1]."""
    taps = kernel.shape[0]
    (top, bottom, height), (left, right, width) = (_same(n, taps, stride) for n in x.shape[1:3])
    x = ops.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    return sum(
        x[:, i : i + height : stride, j : j + width : stride] * kernel[i, j, :, 0]
        for i in range(taps)
        for j in range(taps)
    )


def _same(length: int, taps: int, stride: int) -> tuple[int, int, int]:
    """Padding before and after, and how far the taps go."""
    reach = stride * ((length - 1) // stride) + 1
    padding = max(reach - 1 + taps - length, 0)
    return padding // 2, padding - padding // 2, reach
