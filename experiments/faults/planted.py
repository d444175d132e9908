"""`fit` with a planted value: `python -m experiments.faults.planted PLACE VALUE STEP ARGUMENTS`.

PLACE is `batch`, `loss`, or the name of a variable.
"""

import sys
from typing import Any

from artgan_tf import cli, fit


def plant(place: str, value: float, step: int) -> None:
    """Patch the engine so that it sets the value at that step."""
    cli.start_tensorflow()
    import numpy as np
    import tensorflow as tf

    from artgan_tf.gan import GAN
    from artgan_tf.runs import names
    from artgan_tf.training.tensorflow_engine import TensorFlowEngine

    compile_, train, before = TensorFlowEngine.compile, TensorFlowEngine.train, GAN.from_uint8
    spoil = tf.Variable(0.0)

    def compiled(self: Any, gan: GAN) -> None:
        self.gan = gan
        compile_(self, gan)

    def trained(self: Any, batch: Any) -> None:
        here = self.gan.steps_done + 1 == step
        spoil.assign(value if here and place == "batch" else 0.0)
        train(self, batch)
        if here and place == "loss":
            self.gan.train_means.sums.assign(self.gan.train_means.sums + value)
        elif here and place != "batch":
            variable = names.variables(self.gan)[place]
            spoilt = np.array(variable)
            spoilt.flat[0] = value
            variable.assign(spoilt)

    TensorFlowEngine.compile = compiled  # type: ignore[method-assign]
    TensorFlowEngine.train = trained  # type: ignore[method-assign]
    GAN.from_uint8 = lambda self, images: before(self, images) + spoil  # type: ignore[method-assign]


if __name__ == "__main__":
    where, number, at, *arguments = sys.argv[1:]
    plant(where, float(number), int(at))
    cli.main(fit.fit, "fit", arguments)
