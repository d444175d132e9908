"""Training images that stand in for generated ones: unaltered, damaged, or of fewer classes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from artgan_tf.config import InputError
from artgan_tf.evaluation.images import Images, Pixels
from artgan_tf.evaluation.reference import Reference

NOISE = (0.05, 0.1, 0.2)  # standard deviations, as shares of the range of pixels
BLUR = (0.5, 1.0, 2.0)  # standard deviations in pixels
DROPPED = (0.2, 0.5, 0.8)  # shares of the classes
SEED = 0  # seed of the noise


class Fakes(NamedTuple):
    """A set of images and their features.

    Attributes:
        series: the damage; none in `unaltered`.
        level: strength of the damage.
        pixels: uint8 [N, S, S, 3].
        features: float32 [N, D].
    """

    series: str
    level: float
    pixels: Pixels
    features: np.ndarray


def fakes(reference: Reference, count: int) -> Iterator[Fakes]:
    """All sets, each of `count` images; noise and blur are applied to the unaltered set."""
    train, places = reference.train, places_unaltered(reference, count)
    features = features_unaltered(reference, count)
    for share in (0.0, *DROPPED):
        rows = kept(train.labels, reference.classes, share, count)
        series = "classes dropped" if share else "unaltered"
        yield Fakes(series, share, train.pixels[rows], features[np.searchsorted(places, rows)])
    first = train.first(count)
    for series, levels, spoil in (("noise", NOISE, noisy), ("blur", BLUR, blurred)):
        for level in levels:
            images = Images(spoil(first.pixels, level), first.labels)
            found = reference.features.of(images, f"{series} {level:g}").features
            yield Fakes(series, level, images.pixels, found)


def features_unaltered(reference: Reference, count: int) -> np.ndarray:
    """Features of the training images that are unaltered in any set."""
    places = places_unaltered(reference, count)
    images = Images(reference.train.pixels[places], reference.train.labels[places])
    return reference.features.of(images, "unaltered").features


def places_unaltered(reference: Reference, count: int) -> np.ndarray:
    """Sorted indices of the training images that are unaltered in any set."""
    labels, classes = reference.train.labels, reference.classes
    return np.unique([kept(labels, classes, share, count) for share in (0.0, *DROPPED)])


def kept(labels: np.ndarray, classes: int, dropped: float, count: int) -> np.ndarray:
    """Indices of the first `count` images without the last classes of the list.

    Raises:
        InputError: there are too few images.
    """
    left = classes - round(dropped * classes)
    found = np.flatnonzero(labels < left)[:count]
    if len(found) < count:
        raise InputError(
            f"There are {len(found):,} training images of the first {left} classes, not {count:,}: "
            "take a smaller --count."
        )
    return found


def noisy(pixels: Pixels, share: float) -> Pixels:
    """Images with Gaussian noise, from the same draws at every level."""
    draws = np.random.default_rng(SEED).standard_normal(pixels.shape, np.float32)
    return np.clip(pixels + 255 * share * draws, 0, 255).round().astype(np.uint8)


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Images blurred by Pillow's Gaussian filter, which consists of three box filters."""
    kernel = ImageFilter.GaussianBlur(sigma)
    return np.stack([np.asarray(Image.fromarray(each).filter(kernel)) for each in pixels])
