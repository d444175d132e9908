"""Standing batch-norm statistics, re-estimated over generated batches.

Those of training average over earlier weights, for which they were the right ones.
"""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from artgan_tf import backend
from artgan_tf.layers import sublayers

BATCHES, SIZE = 16, 100


class StandingStatistics:
    """Re-estimates the batch-norm statistics of a generator, whose weights may change.

    Args:
        generator: the generator, already built.
    """

    def __init__(self, generator: keras.Model):
        self.generator = generator
        kind = keras.layers.BatchNormalization
        self.norms = [layer for _, layer in sublayers(generator) if isinstance(layer, kind)]
        # Returns no image, so the graph computes only what the statistics need.
        self._update = backend.compiled(self._update_by, generator.variables)

    def estimate(self, classes: int, draw: Callable[[np.ndarray], tuple[Any, Any]]) -> None:
        """Replace the statistics by those of fixed batches of all classes.

        `draw` gives the generator's inputs z [N, Z] and y [N, K] for labels int [N].
        """
        for batch, labels in enumerate(_labels(classes)):
            # This momentum makes the moving average the plain mean of all batches so far.
            self._update(*draw(labels), np.array(batch / (batch + 1), np.float32))

    def _update_by(self, z: Any, y: Any, momentum: Any) -> None:
        """Update the statistics by one batch; momentum in [0, 1)."""
        before = [norm.momentum for norm in self.norms]
        for norm in self.norms:
            norm.momentum = momentum
        self.generator(z, y, training=True)
        for norm, usual in zip(self.norms, before, strict=True):
            norm.momentum = usual


def _labels(k: int) -> Iterator[np.ndarray]:
    """Shuffled batches of labels, each with all K classes if they fit.

    Otherwise consecutive batches share the classes, which are shuffled first because neighbours
    in a list of classes are often similar.
    """
    classes, order = np.arange(k), np.arange(SIZE)
    if crowded := k > SIZE:
        np.random.default_rng(0).shuffle(classes)
    for batch in range(max(BATCHES, -(-k // SIZE))):
        np.random.default_rng(batch).shuffle(order)
        yield classes[(order + crowded * batch * SIZE) % k]
