"""Pictures of a report: what a generator paints of each class, and between two paintings."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from artgan_tf.evaluation.images import Images
from artgan_tf.painter import GRID_CLASSES, GRID_COLUMNS, Painter
from tfrecords_tools.common.sheet import named_grid, named_pictures

BESIDE = 4  # generated pictures of a class, and as many real ones
SEEN_STEPS = 6  # of a training
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


def beside(painter: Painter, real: Images) -> list[Strip]:
    """For each class generated pictures, and after them as many real ones: 4, or what each has."""
    names = painter.class_names[:GRID_CLASSES]
    found = [np.flatnonzero(real.labels == label)[:BESIDE] for label in range(len(names))]
    count = min((len(rows) for rows in found if len(rows)), default=0)
    captions = [f"seed {seed}" for seed in range(count)] + [f"real {n + 1}" for n in range(count)]
    strips = []
    for label, (name, rows) in enumerate(zip(names, found, strict=True)):
        if len(rows):
            painted = painter.generate([label] * count, range(count))
            images = np.concatenate([painted, real.pixels[rows[:count]]])
            strips.append(Strip(name, images, captions))
    return strips


def progress(samples: Path, painter: Painter) -> list[Strip]:
    """The same seed of the first classes at some steps of the training, from its sample grids."""
    grids = sorted(samples.glob("step_??????.png"))
    places = np.linspace(0, len(grids) - 1, min(SEEN_STEPS, len(grids))).round().astype(int)
    names = painter.class_names[:GRID_COLUMNS]
    rows, size = len(painter.class_names[:GRID_CLASSES]), painter.gan.config.data.image_size
    strips = []
    for place in dict.fromkeys(places.tolist()):
        with Image.open(grids[place]) as grid:
            cells = named_pictures(grid, (rows, GRID_COLUMNS, size, size))
        step = int(grids[place].stem.removeprefix("step_"))
        strips.append(Strip(f"step {step:,}", cells[: len(names), 0], names))
    return strips


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
