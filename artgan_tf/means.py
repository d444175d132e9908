"""Running means of a model's figures."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from artgan_tf import backend


class Means:
    """Means of named scalars since the last reset, in one variable of the model.

    Each replica keeps its own and is given what all of them have in common, so that reading needs
    nobody else's help; that of a `keras.metrics.Mean` would wait for all workers of a cluster.

    Args:
        model: whose variable it is.
        name: of the variable.
        names: of the scalars.
    """

    def __init__(self, model: keras.Model, name: str, names: Sequence[str]):
        self.names = tuple(names)
        self.sums = model.add_weight(
            name=name, shape=(len(self.names) + 1,), initializer="zeros", trainable=False
        )

    def add(self, values: Mapping[str, Any], weight: Any = 1.0) -> dict[str, Any]:
        """Take in a value of each, and give the means so far."""
        row = [ops.cast(values[name], "float32") for name in self.names]
        weight = ops.cast(weight, "float32")
        sums = self.sums + weight * ops.stack([*row, ops.ones(())])
        self.sums.assign(sums)
        return {name: sums[i] / sums[-1] for i, name in enumerate(self.names)}

    def result(self, sums: Any = None) -> dict[str, float]:
        """The means; 0 where nothing has been taken in.

        Args:
            sums: what the variable held at some moment; as it is now when left out.
        """
        *sums, weight = backend.array(self.sums) if sums is None else np.asarray(sums)
        return {
            name: float(total / weight) if weight else 0.0
            for name, total in zip(self.names, sums, strict=True)
        }

    def reset(self) -> None:
        """Begin anew."""
        self.sums.assign(ops.zeros(self.sums.shape))
