"""Which pictures stand where: grids by class, and ways from one seed or class to the next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from artgan_tf.config import InputError
from tfrecords_tools.common.lettering import isolated

if TYPE_CHECKING:
    from artgan_tf.sampling.models import Model
    from artgan_tf.sampling.places import Place

SEEDS = 2**53  # what JSON's numbers hold
NAMED = 12  # classes that are named where there are many


@dataclass(frozen=True)
class Wish:
    """What is to be painted.

    Attributes:
        classes: indices.
        seeds: whole numbers from 0 and below 2^53.
        truncation: of z.
        magnified: at Improved ArtGAN's full size.
    """

    classes: tuple[int, ...]
    seeds: tuple[int, ...]
    truncation: float = 1.0
    magnified: bool = False


def wish(
    model: "Model | Place",
    classes: Sequence[str] = (),
    count: int = 8,
    seed: int = 0,
    truncation: float = 1.0,
    magnified: bool = False,
) -> Wish:
    """A checked `Wish`: classes by name, all when none is named; `count` seeds from `seed` on."""
    if count < 1 or seed < 0 or seed + count > SEEDS:
        raise InputError(f"{count} seeds from {seed} on: take 1 or more, between 0 and 2^53.")
    if not 0 <= truncation <= 2:
        raise InputError(f"A truncation of {truncation} will not do: take one from 0 to 2.")
    chosen = [model.index(name) for name in classes] or range(len(model.class_names))
    return Wish(tuple(chosen), tuple(range(seed, seed + count)), truncation, magnified)


@dataclass(frozen=True)
class Sheet:
    """Pictures in named rows.

    Attributes:
        images: uint8 [rows, columns, H, W, 3].
        names: of the rows.
        ways: of each row, what each of its ways leads from and to, in lines, all of as many
            columns; none in a grid.
    """

    images: np.ndarray
    names: list[str]
    ways: list[list[str]] = field(default_factory=list)

    def apart(self) -> "Sheet":
        """Each way a row of its own, with the picture that it leads to; a grid as it is."""
        if not self.ways:
            return self
        rows, size = len(self.names), self.images.shape[2:]
        images = self.images.reshape(rows, len(self.ways[0]), -1, *size)
        ends = np.roll(images[:, :, :1], -1, axis=1)
        whole = np.concatenate([images, ends], axis=2)
        return Sheet(
            whole.reshape(-1, *whole.shape[2:]), [name for row in self.ways for name in row]
        )


def grid(model: "Model", of: Wish) -> Sheet:
    """A class a row, a seed a column."""
    pairs = [(label, seed) for label in of.classes for seed in of.seeds]
    labels, seeds = zip(*pairs, strict=True)
    images = model.generate(labels, seeds, of.magnified, of.truncation)
    return _sheet(images, [model.class_names[label] for label in of.classes])


def between_seeds(model: "Model", of: Wish, frames: int) -> Sheet:
    """A class a row; from each seed to the next, and in the end back to the first."""
    ways = _around(of.seeds)
    rows = [(c, a, b, t) for c in of.classes for a, b in ways for t in _shares(frames)]
    labels, starts, ends, t = zip(*rows, strict=True)
    weights = np.eye(len(model.class_names))[list(labels)]
    images = model.mix(starts, ends, t, weights, of.magnified, of.truncation)
    names = [model.class_names[label] for label in of.classes]
    led = [f"seed {a} to {b}" for a, b in ways]
    return _sheet(images, names, [[f"{isolated(name)},\n{way}" for way in led] for name in names])


def between_classes(model: "Model", of: Wish, frames: int) -> Sheet:
    """A seed a row; from each class to the next, and in the end back to the first."""
    one_hot, ways = np.eye(len(model.class_names)), _around(of.classes)
    way = [one_hot[a] + (one_hot[b] - one_hot[a]) * t for a, b in ways for t in _shares(frames)]
    seeds = [seed for seed in of.seeds for _ in way]
    weights = np.concatenate([way] * len(of.seeds))
    images = model.mix(seeds, seeds, [0.0] * len(seeds), weights, of.magnified, of.truncation)
    whole = [isolated(name) for name in model.class_names]
    ends = [f"{whole[a]} to\n{whole[b]}" for a, b in ways]
    names = [f"seed {seed}" for seed in of.seeds]
    return _sheet(images, names, [[f"{way},\n{name}" for way in ends] for name in names])


def told(sheet: Sheet, model: "Model", of: Wish) -> str:
    """What a sheet shows: pictures and their size, classes, seeds."""
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
    """Each value with the next; the last with the first."""
    if len(values) < 2:
        raise InputError("There is no way from one picture to itself: ask for two or more.")
    return list(zip(values, [*values[1:], values[0]], strict=True))


def _shares(frames: int) -> list[float]:
    """How far each picture of a way is, from 0 up to, but without, 1."""
    if frames < 1:
        raise InputError(f"A way of {frames} frames will not do: take 1 or more.")
    return [frame / frames for frame in range(frames)]


def _sheet(images: np.ndarray, names: list[str], ways: Sequence[list[str]] = ()) -> Sheet:
    return Sheet(images.reshape(len(names), -1, *images.shape[1:]), names, list(ways))
