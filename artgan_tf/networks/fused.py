"""Keras's batch normalisation, its training pass computed by one operation on a CPU.

Keras 3 writes batch norm as some ten operations on the whole feature map, which a CPU carries out
one after another.  On a GPU XLA fuses them, so there Keras's own layer runs, as it does with any
other backend.
"""

from typing import Any

import keras
from keras import ops


def on_cpu() -> bool:
    """Whether TensorFlow computes, and on no GPU: where the operations chosen here pay."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, with its weights, names and numbers.

    In training, maps [N, H, W, C] in float32 or bfloat16 take `FusedBatchNormV3`; all else, and
    inference, takes Keras's way.
    """

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
        import tensorflow as tf

        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma,
            offset=self.beta,
            mean=(),
            variance=(),
            epsilon=self.epsilon,
        )
        # The operation gives sum (x - mean)^2 / (n - 1), Keras averages sum (x - mean)^2 / n.
        count = ops.cast(tf.size(inputs) / inputs.shape[-1], "float32")
        self._average(self.moving_mean, mean)
        self._average(self.moving_variance, variance * ((count - 1.0) / count))
        return ops.cast(outputs, self.compute_dtype)

    def _average(self, moving: Any, now: Any) -> None:
        moving.assign(moving * self.momentum + now * (1.0 - self.momentum))
