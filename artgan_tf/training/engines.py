"""Chooses the engine of a run."""

import keras

from artgan_tf.config import Config
from artgan_tf.training.engine import Engine


def open_engine(config: Config) -> Engine:
    """Open the engine of Keras's backend; must be called before anything is computed."""
    if keras.backend.backend() == "jax":
        from artgan_tf.training.jax_engine import JaxEngine

        return JaxEngine(config)
    from artgan_tf.training.tensorflow_engine import TensorFlowEngine

    return TensorFlowEngine(config)
