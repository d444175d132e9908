"""What TensorFlow and JAX each do in their own way, beyond `keras.ops`.

Gradients, a loop, replicas, compiled work, random numbers by seed, filling up a batch, and what the
device multiplies fastest. Both modules have the same names.
"""

from collections.abc import Callable
from typing import Any

import keras

if keras.backend.backend() == "jax":
    from artgan_tf.backend.jax import *  # noqa: F403
else:
    from artgan_tf.backend.tensorflow import *  # noqa: F403


def own_rows(n: Any, draw: Callable[[Any], Any]) -> Any:
    """This replica's n rows of what one device would draw for the whole batch.

    Args:
        n: how many rows each replica has.
        draw: of a number of rows, the same numbers on every replica.
    """
    index, count = replica()  # noqa: F405
    return draw(n) if count == 1 else draw(n * count)[index * n :][:n]
