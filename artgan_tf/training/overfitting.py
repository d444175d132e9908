"""Measures how far D overfits its training images, and adapts augmentation accordingly.

The measure comes from StyleGAN2-ADA (Karras et al., 2020):

    r_v = (E c(training) - E c(held-out)) / (E c(training) - E c(fake))

where c is D's realness logit.  r_v is 0 if D treats unseen images like training images, and 1 if D
takes them for fakes or worse.
"""

from typing import Any

import numpy as np

from artgan_tf import backend
from artgan_tf.data.source import Source, spread
from artgan_tf.gan import GAN
from artgan_tf.training.engine import Engine

PICTURES = 500  # images of each kind to compare
CHANCE = 2.0  # r_v is 0 unless training and held-out images differ by more standard errors
TARGET = 0.5  # the r_v that adaptation aims at
SPEED = 0.1  # change of the strength at each validation: from 0 to 1 in ten of them


class Overfitting:
    """Measures r_v of a GAN, and moves the strength of its augmentation if that is adaptive."""

    def __init__(self, gan: GAN, engine: Engine, source: Source):
        self.gan, self.engine = gan, engine
        splits = source.train, source.val
        count = min(PICTURES, *(split.count for split in splits))
        self.batches = [engine.held_out(spread(split, count)) for split in splits]

    def measure(self, adapt: bool) -> dict[str, float]:
        """Return `overfitting` (r_v, 0 to 1) and, if adaptive, `augment_strength` (0 to 1).

        `adapt` moves an adaptive strength so that r_v approaches its target.
        """
        found = overfitting(self.engine.compare(zip(*self.batches, strict=False)))
        strength = self.gan.strength
        if strength is None:
            return {"overfitting": found}
        if adapt:
            moved = float(backend.array(strength)) + SPEED * np.sign(found - TARGET)
            strength.assign(np.clip(moved, 0.0, 1.0))
        return {"overfitting": found, "augment_strength": float(backend.array(strength))}


def overfitting(sums: Any) -> float:
    """r_v from `GAN.compare_step`'s sums [3, 3], from 0 to 1; 0 if the gap may be chance."""
    (train, held_out, fake), squares = sums[:, :2].T / sums[:, 2]
    variances = np.maximum(squares - (sums[:, 0] / sums[:, 2]) ** 2, 0.0) / sums[:, 2]
    lost, whole = train - held_out, train - fake
    if lost <= CHANCE * np.sqrt(variances[:2].sum()):
        return 0.0
    return float(lost / whole) if lost < whole else 1.0
