"""What TensorFlow and JAX each do in their own way, beyond `keras.ops`.

Gradients, a loop, replicas, random numbers by seed, filling up a batch.
"""

import keras

if keras.backend.backend() == "jax":
    from artgan_tf.backend.jax import (
        COUNTER,
        descend,
        fill_up,
        normal_by_seed,
        repeat,
        replica,
        uniform_by_seed,
    )
else:
    from artgan_tf.backend.tensorflow import (
        COUNTER,
        descend,
        fill_up,
        normal_by_seed,
        repeat,
        replica,
        uniform_by_seed,
    )

__all__ = [
    "COUNTER",
    "descend",
    "fill_up",
    "normal_by_seed",
    "repeat",
    "replica",
    "uniform_by_seed",
]
