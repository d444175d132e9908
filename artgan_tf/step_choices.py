"""What a train step decides first: the classes of its fakes, and how many G steps it makes."""

from typing import Any

import keras
from keras import ops


def labels_of_fakes(kind: str, n: int, classes: int, step: Any, seed: Any) -> Any:
    """Labels of a batch of n fakes, int32 [n].

    Args:
        kind: `tiled`, all classes in turn; `random`; or `groups`, n/5 classes, five fakes each.
        n: number of fakes.
        classes: number of classes K.
        step: train steps so far, an int scalar.
        seed: a `keras.random.SeedGenerator`.

    Tiled labels begin with class 0 if a batch has room for all classes, as published; in smaller
    batches they continue from the batch before, so that classes are equally frequent.
    """
    if kind == "random":
        return keras.random.randint((n,), 0, classes, dtype="int32", seed=seed)
    if kind == "groups":
        shuffled = keras.random.shuffle(ops.arange(classes, dtype="int32"), seed=seed)
        return ops.repeat(ops.take(shuffled, ops.arange(-(-n // 5)) % classes), 5)[:n]
    first = ops.where(classes <= n, 0, ops.cast(step % classes, "int32") * n)
    return (first + ops.arange(n, dtype="int32")) % classes


def trick_steps(real_loss: Any, fake_loss: Any) -> Any:
    """Number of G steps by the public code's rule for CIFAR-10.

    With t the mean of both losses: 1 if t > 0.67, 3 if 0.3 < t <= 0.67, else 5.
    """
    t = (real_loss + fake_loss) / 2.0
    return ops.where(t > 0.67, 1, ops.where(t > 0.3, 3, 5))
