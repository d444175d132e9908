"""Pictures of a report: the grid, generated and real images, neighbours, interpolations."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.reference import Reference
from artgan_tf.metrics.distances import Rows, as_rows
from artgan_tf.metrics.neighbours import search
from artgan_tf.runs.directory import sample_grids
from artgan_tf.sampler import GRID_CLASSES, GRID_COLUMNS, Sampler
from tfrecords_tools.common.sheet import named_grid, named_pictures

BESIDE = 4  # generated pictures per class, and as many real ones
SEEN_STEPS = 6  # sample grids of the training to show
WAYS, STEPS = 6, 8  # interpolations, and pictures in each
SEED, OTHER_SEED = 0, 1  # interpolations start and end at the grid's first two columns
SHARES = np.linspace(0, 1, STEPS)[:, None]
SOUGHT, NEIGHBOURS = 8, 5  # generated pictures, and training images nearest to each
LARGE = 64  # larger images are JPEG in the page, to keep it within a few megabytes


@dataclass(frozen=True)
class Strip:
    """Pictures uint8 [N, S, S, 3] side by side, with a caption each and a label at the left.

    `remark` is further text; `mark` a word that flags a strip worth a second look.
    """

    name: str
    images: np.ndarray
    captions: Sequence[str]
    remark: str = ""
    mark: str = ""


def grid(sampler: Sampler, magnified: bool = False) -> list[Strip]:
    """The pictures of `sampler.grid()`: a strip for each class, with the same seeds in each."""
    seeds = range(GRID_COLUMNS)
    captions = [f"seed {seed}" for seed in seeds]
    return [
        Strip(name, sampler.generate([label] * len(seeds), seeds, magnified), captions)
        for label, name in enumerate(sampler.class_names[:GRID_CLASSES])
    ]


def beside(sampler: Sampler, real: Images) -> list[Strip]:
    """Generated pictures of each class, followed by as many real ones: 4, or as many as exist."""
    names = sampler.class_names[:GRID_CLASSES]
    found = [np.flatnonzero(real.labels == label)[:BESIDE] for label in range(len(names))]
    count = min((len(rows) for rows in found if len(rows)), default=0)
    captions = [f"seed {seed}" for seed in range(count)] + [f"real {n + 1}" for n in range(count)]
    strips = []
    for label, (name, rows) in enumerate(zip(names, found, strict=True)):
        if len(rows):
            generated = sampler.generate([label] * count, range(count))
            images = np.concatenate([generated, real.pixels[rows[:count]]])
            strips.append(Strip(name, images, captions))
    return strips


def progress(samples: Path, sampler: Sampler) -> list[Strip]:
    """The first classes at some steps of the training, with one seed, cut from its sample grids."""
    grids = list(sample_grids(samples).items())
    places = np.linspace(0, len(grids) - 1, min(SEEN_STEPS, len(grids))).round().astype(int)
    names = sampler.class_names[:GRID_COLUMNS]
    rows, size = len(sampler.class_names[:GRID_CLASSES]), sampler.gan.config.data.image_size
    strips = []
    for place in dict.fromkeys(places.tolist()):
        step, file = grids[place]
        with Image.open(file) as grid:
            cells = named_pictures(grid, (rows, GRID_COLUMNS, size, size))
        strips.append(Strip(f"step {step:,}", cells[: len(names), 0], names))
    return strips


def between_seeds(sampler: Sampler) -> list[Strip]:
    """Interpolations from one seed to another, for several classes."""
    rows = np.eye(len(sampler.class_names))
    return [
        _interpolation(name, sampler, OTHER_SEED, np.repeat(rows[[label]], STEPS, axis=0))
        for label, name in spread(WAYS, sampler)
    ]


def between_classes(sampler: Sampler) -> list[Strip]:
    """Interpolations from one class to another, with one seed: mixtures of one-hot rows."""
    rows, strips = np.eye(len(sampler.class_names)), []
    for (label, name), (other, other_name) in pairwise(spread(WAYS, sampler)):
        weights = (1 - SHARES) * rows[label] + SHARES * rows[other]
        strips.append(_interpolation(f"{name} to {other_name}", sampler, SEED, weights))
    return strips


def spread(count: int, sampler: Sampler) -> list[tuple[int, str]]:
    """Up to `count` evenly spread classes and their names, starting with the first class."""
    names = sampler.class_names
    labels = dict.fromkeys(number * len(names) // count for number in range(count))
    return [(label, names[label]) for label in labels]


def _interpolation(name: str, sampler: Sampler, seed_to: int, weights: np.ndarray) -> Strip:
    way = SHARES[:, 0].tolist()
    images = sampler.mix([SEED] * STEPS, [seed_to] * STEPS, way, weights)
    return Strip(name, images, [f"{share:.0%} of the way" for share in way])


# ---- neighbours ---------------------------------------------------------------------------------
def sought(sampler: Sampler) -> Images:
    """Pictures whose neighbours are shown: picture i has seed i, classes are spread evenly."""
    numbers = range(SOUGHT)
    labels = [number * len(sampler.class_names) // SOUGHT for number in numbers]
    return Images(sampler.generate(labels, numbers), np.array(labels, np.int32))


def neighbours_by_pixels(generated: Images, reference: Reference) -> list[Strip]:
    """Each picture and its neighbours by pixels; distances are RMS differences in 0..255."""
    # Compares the bytes: as float32 they would take four times the space on disk.
    queries, train = (as_rows(each.pixels, "images") for each in (generated, reference.train))
    return _near(generated, reference, queries, train, np.sqrt(train.shape[1]))


def neighbours_by_features(generated: Images, reference: Reference) -> list[Strip]:
    """Each picture and its neighbours by the extractor's features; distances are Euclidean."""
    train = reference.features.of(reference.train, "training images").features
    queries = reference.features.of(generated, "generated", keep=False).features
    strips = _near(generated, reference, queries, train, 1.0)
    reference.forget()
    return strips


def _near(
    generated: Images, reference: Reference, queries: Rows, rows: Rows, unit: float
) -> list[Strip]:
    """Each picture and its neighbours; a mark if `authenticity` counts the picture as closer."""
    names, train = reference.source.class_names, reference.train
    nearest, squares = search(queries, rows, min(NEIGHBOURS, len(rows) - 1))
    first = nearest[:, 0]
    reaches = np.sqrt(search(rows[first], rows, 1, first)[1][:, 0]) / unit
    strips = []
    for seed, (indices, reach) in enumerate(zip(nearest, reaches, strict=True)):
        distances = np.sqrt(squares[seed]) / unit
        pictures = np.concatenate([generated.pixels[[seed]], train.pixels[indices]])
        beside = zip(train.labels[indices], distances, strict=True)
        captions = [f"{names[label]}, {distance:.3g}" for label, distance in beside]
        name = f"{names[generated.labels[seed]]}, seed {seed}"
        remark = f"nearest {distances[0]:.3g} away, whose own nearest is {reach:.3g} away"
        mark = "closer" if distances[0] < reach else ""
        strips.append(Strip(name, pictures, ["generated", *captions], remark, mark))
    return strips


# ---- as bytes -----------------------------------------------------------------------------------
def sheet(strips: Sequence[Strip]) -> Image.Image:
    """All strips in one picture."""
    names = [f"{each.name}: {each.mark}" if each.mark else each.name for each in strips]
    return named_grid(np.stack([each.images for each in strips]), names)


def png(picture: Any) -> bytes:
    """PNG bytes of a PIL image, or of a matplotlib Figure with a transparent background."""
    stream = io.BytesIO()
    if isinstance(picture, Image.Image):
        picture.save(stream, "png", optimize=True)
    else:
        picture.savefig(stream, format="png", transparent=True)
    return stream.getvalue()


def data_uri(picture: Any) -> str:
    """data: URI of an image uint8 [S, S, 3], or of a matplotlib Figure."""
    kind, content = "png", io.BytesIO()
    if not isinstance(picture, np.ndarray):
        content.write(png(picture))
    elif len(picture) <= LARGE:
        content.write(png(Image.fromarray(picture)))
    else:
        kind = "jpeg"
        Image.fromarray(picture).save(content, kind, quality=80)
    return f"data:image/{kind};base64,{base64.b64encode(content.getvalue()).decode()}"
