"""Keras's layers, computed faster on a CPU: same weights and names, numbers equal up to rounding.

* `BatchNormalization`: TensorFlow's fused operation in place of some ten, in training.
* `Conv2D`, `Conv2DTranspose`: kernel gradients as products of matrices, where these are faster.
* Transposed convolutions under JAX: another way to write the kernel gradient (`fast/jax.py`).
* `DepthwiseConv2D` under JAX: a sum of products in place of a grouped convolution.

With TensorFlow on a GPU, and for unusual settings, Keras's own layers compute. JAX does the same on
a GPU as on a CPU; there it has not been measured.
"""

from typing import Any

import keras
from keras import ops

# The least product of a kernel's channels, in times out, per pixel of the smaller map for which
# products of matrices compute its gradient: faster by 1.1 to 2.3 in float32 and 1.05 to 4.6 in
# bfloat16, measured on two cores of AMD EPYC (AVX512) for 13 layers of both papers; just below,
# they are a tenth slower.
PAYS = {"float32": 2048, "bfloat16": 128}


def on_cpu() -> bool:
    """Whether TensorFlow computes, and without a GPU."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, fused for maps [N, H, W, C] in float32 or bfloat16."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if training and self.trainable and mask is None and self._fuses(inputs):
            return self._fused(inputs)
        return super().call(inputs, training=training, mask=mask)

    def _fuses(self, inputs: Any) -> bool:
        plain = self.center and self.scale and not (self.synchronized or self.renorm)
        last = self.axis in (-1, 3) and len(inputs.shape) == 4
        known = keras.backend.standardize_dtype(inputs.dtype) in ("float32", "bfloat16")
        return plain and last and known and on_cpu()

    def _fused(self, inputs: Any) -> Any:
        from artgan_tf.fast import tensorflow

        outputs, mean, variance = tensorflow.batch_norm(inputs, self.gamma, self.beta, self.epsilon)
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + now * (1.0 - self.momentum))
        return ops.cast(outputs, self.compute_dtype)


class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with a fast kernel gradient."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        side, stride = inputs.shape[1] or 0, self.strides[0]
        fits = _usual(self) and self.groups == 1 and side and side % stride == 0
        if not fits or not _pays(inputs, kernel, side // stride, stride):
            return super().convolution_op(inputs, kernel)
        from artgan_tf.fast import tensorflow

        return tensorflow.convolve(inputs, kernel, stride)


class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` with a fast kernel gradient."""

    def call(self, inputs: Any) -> Any:
        if not _usual(self) or self.output_padding is not None:
            return super().call(inputs)
        outputs = transpose_convolve(inputs, self.kernel, self.strides[0])
        if self.bias is not None:  # in this shape Keras adds it by TensorFlow's own operation
            outputs = ops.add(outputs, ops.reshape(self.bias, (1, 1, 1, -1)))
        return self.activation(outputs)


class DepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` with SAME padding and a bias."""

    def call(self, inputs: Any) -> Any:
        if keras.backend.backend() != "jax":
            return super().call(inputs)
        from artgan_tf.fast import jax

        outputs = jax.depthwise_convolve(inputs, self.kernel, self.strides[0])
        return self.activation(outputs + self.bias)


def transpose_convolve(x: Any, kernel: Any, stride: int) -> Any:
    """SAME transposed convolution of [N, H, W, F] with [K, K, C, F] to [N, s H, s W, C]."""
    if x.shape[1] and _pays(x, kernel, x.shape[1], stride):
        from artgan_tf.fast import tensorflow

        return tensorflow.transpose_convolve(x, kernel, stride)
    if keras.backend.backend() == "jax":
        from artgan_tf.fast import jax

        return jax.transpose_convolve(x, ops.convert_to_tensor(kernel), stride)
    return ops.conv_transpose(x, kernel, strides=stride, padding="same")


def _pays(x: Any, kernel: Any, side: int, stride: int) -> bool:
    """Whether products of matrices can compute the kernel gradient, and faster.

    Args:
        side: of the smaller map.
    """
    size, _, channels, filters = kernel.shape
    least = PAYS.get(keras.backend.standardize_dtype(x.dtype))
    if least is None or channels * filters < least * side * side:
        return False
    return x.shape[1] == x.shape[2] and size >= max(2, stride) and on_cpu()


def _usual(layer: Any) -> bool:
    """Whether a layer has SAME padding, one stride, channels last and no dilation."""
    one_stride = len(set(layer.strides)) == 1 and set(layer.dilation_rate) == {1}
    last = layer.data_format == "channels_last"
    return one_stride and last and layer.padding == "same"
