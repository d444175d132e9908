"""Optimizers as the papers set them, and the rule that balances G against D on CIFAR-10."""

from typing import Any

import keras
from keras import ops

from artgan_tf.config import Train


def make_optimizer(train: Train, learning_rate: float) -> keras.optimizers.Optimizer:
    """Adam or RMSProp with TF1's epsilons (B6), at the given base rate."""
    if train.optimizer == "adam":
        return keras.optimizers.Adam(
            learning_rate, beta_1=train.beta1, beta_2=train.beta2, epsilon=1e-8
        )
    return RMSProp(train.accumulator, learning_rate, rho=train.rho, epsilon=1e-10)


class RMSProp(keras.optimizers.RMSprop):
    """Keras's, whose mean squares of the gradients start at a given value."""

    def __init__(self, accumulator: float, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.accumulator = accumulator

    def build(self, variables: list[keras.Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        for square in self._velocities:
            square.assign(ops.full(square.shape, self.accumulator))


def trick_steps(real_loss: Any, fake_loss: Any) -> Any:
    """CIFAR-10's rule (B5): 1 G step if t > 0.67, 3 if 0.3 < t <= 0.67, else 5."""
    t = (real_loss + fake_loss) / 2.0
    return ops.where(t > 0.67, 1, ops.where(t > 0.3, 3, 5))
