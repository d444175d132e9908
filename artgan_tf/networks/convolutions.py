"""Keras's convolutions, their kernel's gradient computed the way that is faster on a CPU."""

from typing import Any

import keras
from keras import ops

from artgan_tf.networks.fused import on_cpu

# The kernel's channels in times out, over the smaller map's pixels, from which on `taps` pays: by
# 1.1 to 2.3 in float32 and 1.05 to 4.6 in bfloat16, measured on two cores of AMD EPYC (AVX512) for
# 13 layers of both papers; just below, it is a tenth slower.
PAYS = {"float32": 2048, "bfloat16": 128}


def convolve(x: Any, kernel: Any, stride: int) -> Any:
    """SAME convolution of [N, H, W, C] with [K, K, C, F]."""
    side = x.shape[1] and x.shape[1] // stride
    if side and x.shape[1] == stride * side and _by_taps(x, kernel, side, stride):
        from artgan_tf.networks import taps

        return taps.convolve(x, kernel, stride)
    return ops.conv(x, kernel, strides=stride, padding="same")


def transpose_convolve(x: Any, kernel: Any, stride: int) -> Any:
    """SAME transposed convolution of [N, H, W, F] with [K, K, C, F] to [N, s H, s W, C]."""
    if x.shape[1] and _by_taps(x, kernel, x.shape[1], stride):
        from artgan_tf.networks import taps

        return taps.transpose_convolve(x, kernel, stride)
    if keras.backend.backend() == "jax":
        from artgan_tf.networks import transposed

        return transposed.transpose_convolve(x, ops.convert_to_tensor(kernel), stride)
    return ops.conv_transpose(x, kernel, strides=stride, padding="same")


def _by_taps(x: Any, kernel: Any, side: int, stride: int) -> bool:
    """Whether the products of `taps` pay, and hold; `side` is the smaller map's."""
    size, _, channels, filters = kernel.shape
    least = PAYS.get(keras.backend.standardize_dtype(x.dtype))
    if least is None or channels * filters < least * side * side:
        return False
    return x.shape[1] == x.shape[2] and size >= max(2, stride) and on_cpu()


def _usual(layer: Any) -> bool:
    """Whether a layer has SAME padding, one stride, and nothing else out of the ordinary."""
    one_stride = len(set(layer.strides)) == 1 and set(layer.dilation_rate) == {1}
    last = layer.data_format == "channels_last"
    return one_stride and last and layer.padding == "same"


class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with its weights, names and numbers."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        if not _usual(self) or self.groups != 1:
            return super().convolution_op(inputs, kernel)
        return convolve(inputs, kernel, self.strides[0])


class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` with its weights, names and numbers."""

    def call(self, inputs: Any) -> Any:
        if not _usual(self) or self.output_padding is not None:
            return super().call(inputs)
        outputs = transpose_convolve(inputs, self.kernel, self.strides[0])
        if self.bias is not None:  # in this shape Keras adds it by TensorFlow's own operation
            outputs = ops.add(outputs, ops.reshape(self.bias, (1, 1, 1, -1)))
        return self.activation(outputs)
