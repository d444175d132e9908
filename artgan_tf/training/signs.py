"""What a run's figures tell of its health; the bands are those of this project's own runs."""

import math
from collections.abc import Mapping

import numpy as np

from artgan_tf.config import Config
from artgan_tf.frozen.features import map_sizes

# Every run in `experiments` that improved to its end was inside: the longest ended at 0.23.
BALANCED, WON = (0.2, 1.2), 0.1  # D's balance: 1 where it guesses, 0 where it is never wrong
OVERFITTING = 0.7  # of r_v
# The studies' grids have 44 to 66 grey levels within a class and 29 to 59 from class to class.
ALIKE = 1 / 3  # of the most that a run's own grids had


def guess(config: Config) -> float | None:
    """What each of D's terms `real` and `fake` costs where D guesses; None for ArtGAN's units."""
    if config.model.paper == "artgan":
        return None
    if config.model.paper == "improved":
        return math.log(2)
    own = config.discriminator
    critics = 1 + (len(map_sizes(own.feature_size)) if own.features != "none" else 0)
    return critics * (1.0 if config.train.critic == "hinge" else math.log(2))


def balance(row: Mapping[str, float], config: Config) -> float | None:
    """How far D is from being never wrong (0), on the way from guessing (1); None if unknown."""
    usual = guess(config)
    terms = [row[name] for name in ("d_real", "d_fake") if name in row]
    return float(np.mean(terms)) / usual if usual and terms else None


def variety(grid: np.ndarray) -> tuple[float, float | None]:
    """Grey levels that pictures deviate by within a class, and from class to class.

    Args:
        grid: uint8 [classes, seeds, H, W, 3]; of one class there is no second figure.
    """
    pixels = grid.astype(np.float32)
    across = float(pixels.std(axis=0).mean()) if len(grid) > 1 else None
    return float(pixels.std(axis=1).mean()), across
