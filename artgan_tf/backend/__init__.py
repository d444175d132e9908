"""What TensorFlow and JAX each do in their own way, beyond `keras.ops`.

Gradients, a loop, replicas, compiled work, random numbers by seed, filling up a batch, and what the
device multiplies fastest. Both modules have the same names: stars, because a list would name all
twenty twice, and readers and mypy follow these as well.
"""

import keras

if keras.backend.backend() == "jax":
    from artgan_tf.backend.jax import *  # noqa: F403
else:
    from artgan_tf.backend.tensorflow import *  # noqa: F403
