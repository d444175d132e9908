"""Signs of a run's health in its figures, with ranges measured on this project's own runs."""

import math
from collections.abc import Mapping

import numpy as np

from artgan_tf.config import Config
from artgan_tf.frozen.features import map_sizes

# Every run in `experiments` that improved until its end was inside: the longest ended at 0.23.
BALANCED, WON = (0.2, 1.2), 0.1  # D's balance: 1 if it guesses, 0 if it is never wrong
OVERFITTING = 0.7  # the r_v above which D overfits
# Grids of the studies vary by 44 to 66 grey levels within a class and 29 to 59 between classes.
ALIKE = 1 / 3  # variety below this share of the run's highest counts as a collapse


def guess(config: Config) -> float | None:
    """The value of D's loss terms `real` and `fake` if D guesses; None for ArtGAN's K+1 units."""
    if config.model.paper == "artgan":
        return None
    if config.model.paper == "improved":
        return math.log(2)
    own = config.discriminator
    critics = 1 + (len(map_sizes(own.feature_size)) if own.features != "none" else 0)
    return critics * (1.0 if config.train.adversarial_loss == "hinge" else math.log(2))


def balance(row: Mapping[str, float], config: Config) -> float | None:
    """D's mean `real` and `fake` terms, 1 if it guesses, 0 if never wrong; None if unknown."""
    usual = guess(config)
    terms = [row[name] for name in ("d_real", "d_fake") if name in row]
    return float(np.mean(terms)) / usual if usual and terms else None


def variety(grid: np.ndarray) -> tuple[float, float | None]:
    """Mean standard deviation of pixels, in grey levels, within a class and between classes.

    The grid is uint8 [classes, seeds, H, W, 3]; the second is None if there is only one class.
    """
    pixels = grid.astype(np.float32)
    across = float(pixels.std(axis=0).mean()) if len(grid) > 1 else None
    return float(pixels.std(axis=1).mean()), across
