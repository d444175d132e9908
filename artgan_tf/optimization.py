"""Optimizers with the papers' settings."""

from typing import Any

import keras
from keras import ops

from artgan_tf.config import Train


def make_optimizer(train: Train, learning_rate: float) -> keras.optimizers.Optimizer:
    """The configured Adam or RMSProp with a base learning rate and TensorFlow 1's epsilons."""
    if train.optimizer == "adam":
        return keras.optimizers.Adam(
            learning_rate, beta_1=train.beta1, beta_2=train.beta2, epsilon=1e-8
        )
    return RMSProp(train.accumulator, learning_rate, rho=train.rho, epsilon=1e-10)


class RMSProp(keras.optimizers.RMSprop):
    """Keras's RMSProp, whose mean squares of the gradients start at `accumulator`, not at 0."""

    def __init__(self, accumulator: float, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.accumulator = accumulator

    def build(self, variables: list[keras.Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        for square in self._velocities:  # Keras has no public name for them
            square.assign(ops.full(square.shape, self.accumulator))
