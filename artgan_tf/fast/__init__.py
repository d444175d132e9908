"""Keras's layers, computed faster on a CPU: same weights and names, results equal up to rounding.

* `BatchNormalization`: in training, TensorFlow's fused operation replaces about ten.
* `Conv2D`, `Conv2DTranspose`: kernel gradients are matrix products, if these are faster.
* Transposed convolutions with JAX: another formula for the kernel gradient (`fast/jax.py`).
* `DepthwiseConv2D` with JAX: a sum of products replaces a grouped convolution.

With TensorFlow on a GPU, and for unusual settings, Keras's own code runs. With JAX the same code
runs on GPUs and CPUs; it has not been measured on GPUs.
"""

from typing import Any

import keras
from keras import ops

# Matrix products compute a kernel gradient if input channels times output channels, per pixel of
# the smaller map, reach this threshold. Above it they were 1.1 to 2.3 times faster in float32 and
# 1.05 to 4.6 times in bfloat16, measured on two cores of AMD EPYC (AVX512) for 13 layers of both
# papers; just below it they are a tenth slower.
PAYS = {"float32": 2048, "bfloat16": 128}


def on_cpu() -> bool:
    """Whether the backend is TensorFlow without a GPU."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, fused for maps [N, H, W, C] of float32 or bfloat16."""

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
        if self.bias is not None:  # this shape lets Keras use TensorFlow's own bias operation
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
    """SAME transposed convolution of [N, H, W, F] by [K, K, C, F], stride s -> [N, s H, s W, C]."""
    if x.shape[1] and _pays(x, kernel, x.shape[1], stride):
        from artgan_tf.fast import tensorflow

        return tensorflow.transpose_convolve(x, kernel, stride)
    if keras.backend.backend() == "jax":
        from artgan_tf.fast import jax

        return jax.transpose_convolve(x, ops.convert_to_tensor(kernel), stride)
    return ops.conv_transpose(x, kernel, strides=stride, padding="same")


def _pays(x: Any, kernel: Any, side: int, stride: int) -> bool:
    """Whether matrix products can compute the kernel gradient, and are faster.

    The input is [N, H, W, channels], the kernel [K, K, in, out], the smaller map has this side.
    """
    size, _, channels, filters = kernel.shape
    least = PAYS.get(keras.backend.standardize_dtype(x.dtype))
    if least is None or channels * filters < least * side * side:
        return False
    return x.shape[1] == x.shape[2] and size >= max(2, stride) and on_cpu()


def _usual(layer: Any) -> bool:
    """Whether a layer has SAME padding, equal strides, channels last and no dilation."""
    one_stride = len(set(layer.strides)) == 1 and set(layer.dilation_rate) == {1}
    last = layer.data_format == "channels_last"
    return one_stride and last and layer.padding == "same"
