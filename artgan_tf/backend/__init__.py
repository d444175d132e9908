"""What TensorFlow and JAX each do in their own way, beyond `keras.ops`.

Gradients, a loop, replicas, compiled work, random numbers by seed, filling up a batch.
"""

import keras

if keras.backend.backend() == "jax":
    from artgan_tf.backend.jax import (
        COUNTER,
        array,
        compiled,
        descend,
        fill_up,
        mean_of_replicas,
        normal_by_seed,
        repeat,
        replica,
        replicas,
        uniform_by_seed,
    )
else:
    from artgan_tf.backend.tensorflow import (
        COUNTER,
        array,
        compiled,
        descend,
        fill_up,
        mean_of_replicas,
        normal_by_seed,
        repeat,
        replica,
        replicas,
        uniform_by_seed,
    )

__all__ = [
    "COUNTER",
    "array",
    "compiled",
    "descend",
    "fill_up",
    "mean_of_replicas",
    "normal_by_seed",
    "repeat",
    "replica",
    "replicas",
    "uniform_by_seed",
]
