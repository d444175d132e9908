"""Differentiable augmentation of D's images (Zhao et al., 2020): colour, translation, cutout.

Neither ArtGAN paper has it, and it is off by default. Real and generated images undergo the same
kinds of change, and gradients flow through them to G. Each image of the batch, over all replicas,
draws its own amounts. The function of each kind takes pixels in [-1, 1].
"""

from typing import Any

import keras
from keras import ops

from artgan_tf.backend import own_rows


def augment(
    images: Any,
    kinds: tuple[str, ...],
    seed: keras.random.SeedGenerator,
    pixel_range: tuple[float, float] = (-1.0, 1.0),
    strength: Any = None,
) -> Any:
    """Apply kinds of change (colour, translation, cutout) in order to images [N, H, W, C].

    They are equally strong for any `pixel_range` (black, white); areas cut out or shifted in become
    its middle, grey, and colours may leave it. `strength` is the probability, 0 to 1, that a kind
    changes an image; None changes all. `seed` generates the random amounts.
    """
    if not kinds:
        return images
    grey, half = sum(pixel_range) / 2.0, (pixel_range[1] - pixel_range[0]) / 2.0
    images = (images - grey) / half
    changes = {"colour": colour, "translation": translation, "cutout": cutout}
    for kind in kinds:
        changed = changes[kind](images, seed)
        images = changed if strength is None else _some(images, changed, strength, seed)
    return images * half + grey


def _some(images: Any, changed: Any, share: Any, seed: keras.random.SeedGenerator) -> Any:
    """Take the changed version of each image with probability `share`."""
    draws = _uniform(ops.shape(images)[0], 0.0, 1.0, seed)
    return ops.where(draws < share, changed, images)


def colour(images: Any, seed: keras.random.SeedGenerator) -> Any:
    """Brightness +-0.5, saturation x 0..2 about the grey image, contrast x 0.5..1.5."""
    n, bounds = ops.shape(images)[0], ((-0.5, 0.5), (0.0, 2.0), (0.5, 1.5))
    brightness, saturation, contrast = (_uniform(n, *bound, seed) for bound in bounds)
    images = images + brightness
    grey = ops.mean(images, axis=3, keepdims=True)
    images = grey + saturation * (images - grey)
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    return mean + contrast * (images - mean)


def translation(images: Any, seed: keras.random.SeedGenerator) -> Any:
    """Shift by up to an eighth of the size in both directions, and fill with 0."""
    n, height, width, _ = ops.shape(images)
    rows, columns = (_shift_matrices(n, size, seed) for size in (height, width))
    return ops.einsum("nyi,nijc,nxj->nyxc", rows, images, columns)


def cutout(images: Any, seed: keras.random.SeedGenerator) -> Any:
    """Set a rectangle with half the image's sides, at a random place, to 0."""
    n, height, width, _ = ops.shape(images)
    hole = [_span(n, size, size // 2, seed) for size in (height, width)]
    return images * (1.0 - hole[0][:, :, None, None] * hole[1][:, None, :, None])


def _shift_matrices(n: int, size: int, seed: keras.random.SeedGenerator) -> Any:
    """[n, size, size] matrices that move rows; out-of-range rows of one_hot are all zero."""
    most = int(size / 8 + 0.5)
    shift = _integers(n, -most, most + 1, seed)
    return ops.one_hot(ops.arange(size)[None, :] + shift, size)


def _span(n: int, size: int, length: int, seed: keras.random.SeedGenerator) -> Any:
    """[n, size], 1 in a random interval of `length` whose middle lies inside, else 0."""
    middle = _integers(n, 0, size + 1 - length % 2, seed)
    distance = ops.arange(size)[None, :] - (middle - length // 2)
    inside = ops.logical_and(distance >= 0, distance < length)
    return ops.cast(inside, "float32")


def _uniform(n: int, low: float, high: float, seed: keras.random.SeedGenerator) -> Any:
    """Random floats [n, 1, 1, 1], from low to high."""
    return own_rows(n, lambda all: keras.random.uniform((all, 1, 1, 1), low, high, seed=seed))


def _integers(n: int, low: int, high: int, seed: keras.random.SeedGenerator) -> Any:
    """Random integers [n, 1], from low to high - 1."""
    return own_rows(n, lambda all: keras.random.randint((all, 1), low, high, seed=seed))
