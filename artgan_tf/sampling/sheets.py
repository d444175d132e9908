"""Lays out generated pictures: grids by class, and interpolations between seeds or classes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from artgan_tf.class_names import class_index
from artgan_tf.config import InputError
from tfrecords_tools.common.lettering import isolated
from tfrecords_tools.common.sheet import in_rows

if TYPE_CHECKING:
    from artgan_tf.sampling.models import Model
    from artgan_tf.sampling.places import Place

SEEDS = 2**53  # number of seeds that JSON's numbers keep exactly
COLUMNS = 8  # of a sheet of one class
NAMED = 12  # maximum classes to name in a description


@dataclass(frozen=True)
class Selection:
    """The pictures to generate.

    Attributes:
        classes: indices of the classes.
        seeds: whole numbers from 0 to below 2^53.
        truncation: factor of z, from 0 to 2.
        magnified: whether to generate at Improved ArtGAN's full size.
    """

    classes: tuple[int, ...]
    seeds: tuple[int, ...]
    truncation: float = 1.0
    magnified: bool = False


def select(
    model: "Model | Place",
    classes: Sequence[str] = (),
    count: int = 8,
    seed: int = 0,
    truncation: float = 1.0,
    magnified: bool = False,
) -> Selection:
    """Check the arguments and return them as a `Selection`.

    Args:
        model: the model, for its class names.
        classes: names of classes; empty for all.
        count: number of seeds.
        seed: the first seed; the others follow it.
        truncation, magnified: as in `Selection`.

    Raises:
        InputError: a class does not exist, or a number is out of its range.
    """
    if count < 1 or seed < 0 or seed + count > SEEDS:
        raise InputError(f"{count} seeds from {seed} on: use 1 or more, between 0 and 2^53.")
    if not 0 <= truncation <= 2:
        raise InputError(f"A truncation of {truncation} is invalid: use 0 to 2.")
    names = model.class_names
    chosen = [class_index(names, name) for name in classes] or range(len(names))
    return Selection(tuple(chosen), tuple(range(seed, seed + count)), truncation, magnified)


@dataclass(frozen=True)
class Sheet:
    """Pictures in named rows.

    Attributes:
        images: uint8 [rows, columns, H, W, 3].
        names: names of the rows.
        interpolations: for each row, a label for each of its interpolations that tells where it
            starts and ends; all have the same number of columns. Empty for a grid.
    """

    images: np.ndarray
    names: list[str]
    interpolations: list[list[str]] = field(default_factory=list)

    def one_row_each(self) -> "Sheet":
        """Return a sheet with one row per interpolation, ending with its target picture.

        A grid is returned unchanged.
        """
        if not self.interpolations:
            return self
        rows, size = len(self.names), self.images.shape[2:]
        images = self.images.reshape(rows, len(self.interpolations[0]), -1, *size)
        ends = np.roll(images[:, :, :1], -1, axis=1)
        whole = np.concatenate([images, ends], axis=2)
        return Sheet(
            whole.reshape(-1, *whole.shape[2:]),
            [name for row in self.interpolations for name in row],
        )


def wrapped(sheet: Sheet, of: Selection) -> Sheet:
    """A grid of one class in rows of `COLUMNS` pictures; any other sheet is returned unchanged."""
    if sheet.interpolations or len(sheet.names) > 1 or len(of.seeds) <= COLUMNS:
        return sheet
    rows = [of.seeds[i : i + COLUMNS] for i in range(0, len(of.seeds), COLUMNS)]
    name = isolated(sheet.names[0])
    names = [f"{name},\nseeds {row[0]} to {row[-1]}" for row in rows]
    return Sheet(in_rows(sheet.images[0], COLUMNS), names)


def grid(model: "Model", of: Selection) -> Sheet:
    """Generate a grid with one row per class and one column per seed."""
    pairs = [(label, seed) for label in of.classes for seed in of.seeds]
    labels, seeds = zip(*pairs, strict=True)
    images = model.generate(labels, seeds, of.magnified, of.truncation)
    return _sheet(images, [model.class_names[label] for label in of.classes])


def between_seeds(model: "Model", of: Selection, frames: int) -> Sheet:
    """Interpolate from each seed to the next, and from the last to the first, one row per class.

    Args:
        model: the model.
        of: the pictures to generate; needs two seeds or more.
        frames: pictures per interpolation, at least 1, without its target.

    Raises:
        InputError: there are too few seeds or frames.
    """
    pairs = _around(of.seeds)
    rows = [(c, a, b, t) for c in of.classes for a, b in pairs for t in _shares(frames)]
    labels, starts, ends, t = zip(*rows, strict=True)
    weights = np.eye(len(model.class_names))[list(labels)]
    images = model.mix(starts, ends, t, weights, of.magnified, of.truncation)
    names = [model.class_names[label] for label in of.classes]
    moves = [f"seed {a} to {b}" for a, b in pairs]
    captions = [[f"{isolated(name)},\n{move}" for move in moves] for name in names]
    return _sheet(images, names, captions)


def between_classes(model: "Model", of: Selection, frames: int) -> Sheet:
    """Interpolate as `between_seeds` does, from each class to the next, one row per seed."""
    one_hot, pairs = np.eye(len(model.class_names)), _around(of.classes)
    steps = [one_hot[a] + (one_hot[b] - one_hot[a]) * t for a, b in pairs for t in _shares(frames)]
    seeds = [seed for seed in of.seeds for _ in steps]
    weights = np.concatenate([steps] * len(of.seeds))
    images = model.mix(seeds, seeds, [0.0] * len(seeds), weights, of.magnified, of.truncation)
    whole = [isolated(name) for name in model.class_names]
    moves = [f"{whole[a]} to\n{whole[b]}" for a, b in pairs]
    names = [f"seed {seed}" for seed in of.seeds]
    return _sheet(images, names, [[f"{move},\n{name}" for move in moves] for name in names])


def describe(sheet: Sheet, model: "Model", of: Selection) -> str:
    """Describe a sheet in words: number and size of its pictures, classes and seeds."""
    rows, columns, height, width, _ = sheet.images.shape
    names = [model.class_names[label] for label in of.classes[:NAMED]]
    if more := len(of.classes) - len(names):
        names.append(f"{more} more")
    count, seeds = len(of.classes), f"{of.seeds[0]} to {of.seeds[-1]}"
    return (
        f"{rows * columns:,} pictures of {width}x{height}, {count} "
        f"{'class' if count == 1 else 'classes'} ({', '.join(names)}), "
        f"{f'seeds {seeds}' if len(of.seeds) > 1 else f'seed {of.seeds[0]}'}"
    )


def _around(values: Sequence[int]) -> list[tuple[int, int]]:
    """Pair each value with the next one, and the last with the first."""
    if len(values) < 2:
        raise InputError("One picture cannot be interpolated: ask for two or more.")
    return list(zip(values, [*values[1:], values[0]], strict=True))


def _shares(frames: int) -> list[float]:
    """Return the position of each frame in an interpolation, evenly spaced in [0, 1)."""
    if frames < 1:
        raise InputError(f"An interpolation of {frames} frames is invalid: use 1 or more.")
    return [frame / frames for frame in range(frames)]


def _sheet(images: np.ndarray, names: list[str], interpolations: Sequence[list[str]] = ()) -> Sheet:
    return Sheet(images.reshape(len(names), -1, *images.shape[1:]), names, list(interpolations))
