"""Peak speed of this machine: one large matrix product in TensorFlow (oneDNN)."""

from collections.abc import Callable

from experiments.benchmarks.contestants import clocked
from experiments.benchmarks.measuring import Run

SIDE = 4096
MULTIPLICATIONS = SIDE**3
TYPES = ("float32", "bfloat16")


def product(dtype: str) -> Callable[[], Run]:
    """A function that times a product of two square matrices."""
    import tensorflow as tf

    a, b = (tf.cast(tf.random.stateless_normal((SIDE, SIDE), (i, 0)), dtype) for i in (0, 1))
    multiply = tf.function(lambda a, b: tf.matmul(a, b), autograph=False)

    def take() -> Run:
        return clocked(lambda: float(multiply(a, b)[0, 0]))

    return take
