"""Is it copying? Paintings beside the training images nearest to them."""

from typing import NamedTuple

import numpy as np

from artgan_tf.evaluation.figures import Strip
from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.reference import Reference
from artgan_tf.metrics.distances import BLOCK, Rows, as_rows
from artgan_tf.metrics.neighbours import nearest, search
from artgan_tf.painter import Painter

PAINTINGS, NEIGHBOURS = 8, 5


class Near(NamedTuple):
    """The training images nearest to each of N paintings, the nearest first.

    Attributes:
        indices: [N, k].
        distances: [N, k], from the painting.
        reach: [N], from the nearest one to that one's own nearest.
    """

    indices: np.ndarray
    distances: np.ndarray
    reach: np.ndarray


def paintings(painter: Painter) -> Images:
    """Painting i is of seed i; the classes are spread evenly."""
    numbers = range(PAINTINGS)
    labels = [number * len(painter.class_names) // PAINTINGS for number in numbers]
    return Images(painter.generate(labels, numbers), np.array(labels, np.int32))


def by_pixels(painted: Images, reference: Reference) -> list[Strip]:
    """Each painting and its neighbours; distances are root mean squares of steps in 0..255."""
    # The bytes themselves: as float32 they would lie on disk, four times as large.
    queries, train = (as_rows(each.pixels, "images") for each in (painted, reference.train))
    return _strips(painted, reference, _near(queries, train, np.sqrt(train.shape[1])))


def by_features(painted: Images, reference: Reference) -> list[Strip]:
    """The same by the extractor's features of the whole training split; Euclidean distances."""
    train = reference.features.of(reference.train, "training images").features
    queries = reference.features.of(painted, "paintings", keep=False).features
    strips = _strips(painted, reference, _near(queries, train, 1.0))
    reference.forget()
    return strips


def _near(queries: Rows, train: Rows, unit: float) -> Near:
    found = nearest(queries, train, min(NEIGHBOURS, len(train) - 1))
    first = found.indices[:, 0]
    reach = np.sqrt(search(train[first], train, 1, first, BLOCK)[1][:, 0])
    return Near(found.indices, found.distances / unit, reach / unit)


def _strips(painted: Images, reference: Reference, near: Near) -> list[Strip]:
    names, train = reference.source.class_names, reference.train
    strips = []
    for seed, (indices, distances, reach) in enumerate(zip(*near, strict=True)):
        pictures = np.concatenate([painted.pixels[[seed]], train.pixels[indices]])
        beside = zip(train.labels[indices], distances, strict=True)
        captions = [f"{names[label]}, {distance:.3g}" for label, distance in beside]
        name = f"{names[painted.labels[seed]]}, seed {seed}"
        verdict = _verdict(distances[0], reach)
        strips.append(Strip(name, pictures, ["the painting", *captions], *verdict))
    return strips


def _verdict(distance: float, reach: float) -> tuple[str, str]:
    """A remark, and the mark of a painting that the metric `authenticity` counts as closer."""
    remark = f"nearest {distance:.3g} away, whose own nearest is {reach:.3g} away"
    return remark, "closer" if distance < reach else ""
