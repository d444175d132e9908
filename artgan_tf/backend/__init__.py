"""Operations beyond `keras.ops` that TensorFlow and JAX each need their own code for.

They are gradients, a loop, replicas, compiled functions, random numbers by seed, padding of a batch
and the device's fastest precision. Both modules define the same names; star imports spare listing
all twenty twice, and mypy follows them just as well.
"""

import keras

if keras.backend.backend() == "jax":
    from artgan_tf.backend.jax import *  # noqa: F403
else:
    from artgan_tf.backend.tensorflow import *  # noqa: F403
