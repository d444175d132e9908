"""Pictures of a report: what a generator paints of each class, and between two paintings."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image

from artgan_tf.painter import GRID_CLASSES, GRID_COLUMNS, Painter
from tfrecords_tools.sheet import named_grid

WAYS, STEPS = 6, 8  # ways from one painting to another, and paintings on each
SEED, OTHER_SEED = 0, 1  # they begin and end in the grid's first two columns
SHARES = np.linspace(0, 1, STEPS)[:, None]


@dataclass(frozen=True)
class Strip:
    """Pictures side by side.

    Attributes:
        name: what stands at their left.
        images: uint8 [N, S, S, 3].
        captions: of each picture.
        remark: what else is to be said.
        mark: a word where it deserves a second look.
    """

    name: str
    images: np.ndarray
    captions: Sequence[str]
    remark: str = ""
    mark: str = ""


def grid(painter: Painter, magnified: bool = False) -> list[Strip]:
    """The pictures of `painter.grid()`: a strip for each class, the same seeds in all of them."""
    seeds = range(GRID_COLUMNS)
    captions = [f"seed {seed}" for seed in seeds]
    return [
        Strip(name, painter.generate([label] * len(seeds), seeds, magnified), captions)
        for label, name in enumerate(painter.class_names[:GRID_CLASSES])
    ]


def between_seeds(painter: Painter) -> list[Strip]:
    """For several classes, the way from the painting of one seed to that of another."""
    rows, strips = np.eye(len(painter.class_names)), []
    for label, name in spread(WAYS, painter):
        weights = np.repeat(rows[[label]], STEPS, axis=0)
        strips.append(_way(name, painter, OTHER_SEED, weights))
    return strips


def between_classes(painter: Painter) -> list[Strip]:
    """For one seed, the way from one class to another: mixtures of their one-hot rows."""
    rows, strips = np.eye(len(painter.class_names)), []
    for (label, name), (other, other_name) in pairwise(spread(WAYS, painter)):
        weights = (1 - SHARES) * rows[label] + SHARES * rows[other]
        strips.append(_way(f"{name} to {other_name}", painter, SEED, weights))
    return strips


def spread(count: int, painter: Painter) -> list[tuple[int, str]]:
    """Evenly spread classes with their names, the first one first; all if there are fewer."""
    names = painter.class_names
    labels = dict.fromkeys(number * len(names) // count for number in range(count))
    return [(label, names[label]) for label in labels]


def sheet(strips: Sequence[Strip]) -> Image.Image:
    """All of them as one picture."""
    names = [f"{each.name}: {each.mark}" if each.mark else each.name for each in strips]
    return named_grid(np.stack([each.images for each in strips]), names)


def _way(name: str, painter: Painter, seed_to: int, weights: np.ndarray) -> Strip:
    way = SHARES[:, 0].tolist()
    images = painter.mix([SEED] * STEPS, [seed_to] * STEPS, way, weights)
    return Strip(name, images, [f"{share:.0%} of the way" for share in way])
