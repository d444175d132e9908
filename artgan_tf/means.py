"""Running means of a model's figures."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from artgan_tf import backend


class Means:
    """Means of named scalars since the last reset, in one variable of the model.

    Each replica has its own copy and adds values that all replicas share, so one worker can read it
    alone; reading a `keras.metrics.Mean` would wait for all workers of a cluster.
    """

    def __init__(self, model: keras.Model, name: str, names: Sequence[str]):
        self.names = tuple(names)
        self.sums = model.add_weight(
            name=name, shape=(len(self.names) + 1,), initializer="zeros", trainable=False
        )

    def add(self, values: Mapping[str, Any], weight: Any = 1.0) -> dict[str, Any]:
        """Add one value of each scalar, with a weight; returns the means so far."""
        row = [ops.cast(values[name], "float32") for name in self.names]
        weight = ops.cast(weight, "float32")
        sums = self.sums + weight * ops.stack([*row, ops.ones(())])
        self.sums.assign(sums)
        return {name: sums[i] / sums[-1] for i, name in enumerate(self.names)}

    def result(self, sums: Any = None) -> dict[str, float]:
        """The means of `sums`, by default of the variable's value; 0 if nothing has been added."""
        *sums, weight = backend.array(self.sums) if sums is None else np.asarray(sums)
        return {
            name: float(total / weight) if weight else 0.0
            for name, total in zip(self.names, sums, strict=True)
        }

    def reset(self) -> None:
        """Set all sums to zero."""
        self.sums.assign(ops.zeros(self.sums.shape))
