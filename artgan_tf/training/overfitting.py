"""How much D learns training images by heart, and augmentation as strong as that asks for.

The measure is one of StyleGAN2-ADA's (Karras et al., 2020):

    r_v = (E c(training) - E c(held-out)) / (E c(training) - E c(fake))

where c is how real D finds a picture: 0 where D treats pictures that it has not seen as those that
it has, 1 where it takes them for fakes or worse.
"""

from typing import Any

import numpy as np

from artgan_tf import backend
from artgan_tf.config import Config, InputError
from artgan_tf.data.source import Source, spread
from artgan_tf.gan import GAN
from artgan_tf.training.engine import Engine

PICTURES = 500  # of each kind
CHANCE = 2.0  # standard errors that training and held-out images differ by, or r_v is 0
TARGET = 0.5  # of r_v
SPEED = 0.1  # by which the strength moves at a validation: from 0 to 1 in ten of them


class Overfitting:
    """Measures r_v of a GAN, and moves the strength of its augmentation where that is adaptive.

    Args:
        gan: compiled for the engine.
        source: its images.
    """

    def __init__(self, gan: GAN, engine: Engine, source: Source):
        self.gan, self.engine = gan, engine
        splits, count = (source.train, source.val), min(PICTURES, source.val.count)
        self.batches = [engine.held_out(spread(split, count)) for split in splits if count]

    def measure(self, adapt: bool) -> dict[str, float]:
        """`overfitting`, r_v, and `augment_strength`, where it is adaptive; {} without held-out.

        Args:
            adapt: whether the strength moves, towards what brings r_v to its target.
        """
        if not self.batches:
            return {}
        found = overfitting(self.engine.compare(zip(*self.batches, strict=False)))
        strength = self.gan.strength
        if strength is None:
            return {"overfitting": found}
        if adapt:
            moved = float(backend.array(strength)) + SPEED * np.sign(found - TARGET)
            strength.assign(np.clip(moved, 0.0, 1.0))
        return {"overfitting": found, "augment_strength": float(backend.array(strength))}


def overfitting(sums: Any) -> float:
    """r_v of `GAN.compare_step`'s sums [3, 3], within 0 and 1; 0 for what may be chance."""
    (train, held_out, fake), squares = sums[:, :2].T / sums[:, 2]
    variances = np.maximum(squares - (sums[:, 0] / sums[:, 2]) ** 2, 0.0) / sums[:, 2]
    lost, whole = train - held_out, train - fake
    if lost <= CHANCE * np.sqrt(variances[:2].sum()):
        return 0.0
    return float(lost / whole) if lost < whole else 1.0


def check(config: Config, source: Source) -> None:
    """Raises InputError where the strength is to adapt and nothing is held out to tell how."""
    if config.discriminator.augment_strength == "adaptive" and not source.val.count:
        raise InputError(
            f"discriminator.augment_strength='adaptive' compares training with held-out images, "
            f"and {source.spec} has none held out: add some, raise data.val_fraction "
            f"(= {config.data.val_fraction:g}) or set the strength to fixed."
        )
