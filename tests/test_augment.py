"""Differentiable augmentation: the effects of each kind, and gradients."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.augment import augment, colour, cutout, translation

KINDS = ("colour", "translation", "cutout")
SIZES = pytest.mark.parametrize(
    ("height", "width", "jit_compile"),
    [(24, 16, False), (15, 16, True)],
)


def seed(value: int = 7) -> keras.random.SeedGenerator:
    return keras.random.SeedGenerator(value)


def apply(change: Callable[..., Any], images: Any, jit_compile: bool) -> Any:
    """Run uncompiled or compiled; XLA draws other numbers from the same seed."""
    generator = seed()
    if jit_compile:
        return np.array(tf.function(lambda x: change(x, generator), jit_compile=True)(images))
    return np.array(change(images, generator))


def numbered(height: int, width: int, n: int = 48) -> Any:
    """Images of distinct pixels: whole numbers below 2048, which TF32 represents exactly."""
    pixels = 1.0 + np.arange(height * width * 3, dtype="float32").reshape(height, width, 3)
    return np.stack([pixels] * n)


def shifted(image: Any, down: int, right: int) -> Any:
    """np.roll with zeros shifted in."""
    out = np.zeros_like(image)
    height, width = image.shape[:2]
    for y, x in np.ndindex(height, width):
        if 0 <= y - down < height and 0 <= x - right < width:
            out[y, x] = image[y - down, x - right]
    return out


def recover(image: Any, out: Any) -> tuple[int, int]:
    """The shift, from the origin of the output's middle pixel."""
    height, width = image.shape[:2]
    y, x = np.argwhere(image[:, :, 0] == out[height // 2, width // 2, 0])[0]
    return height // 2 - int(y), width // 2 - int(x)


def test_no_kinds_is_the_identity() -> None:
    images, generator = numbered(8, 8, 2), seed()
    before = np.array(generator.state)
    np.testing.assert_array_equal(augment(images, (), generator), images)
    np.testing.assert_array_equal(generator.state, before)


@SIZES
def test_translation_moves_pixels_exactly(height: int, width: int, jit_compile: bool) -> None:
    images = numbered(height, width)
    out = apply(translation, images, jit_compile)
    shifts = [recover(*pair) for pair in zip(images, out, strict=True)]
    for image, moved, shift in zip(images, out, shifts, strict=True):
        np.testing.assert_array_equal(moved, shifted(image, *shift))
    for size, axis in ((height, 0), (width, 1)):
        most = round(size / 8)
        assert {s[axis] for s in shifts} == set(range(-most, most + 1))


@SIZES
def test_cutout_zeroes_one_rectangle_of_at_most_half_the_side(
    height: int, width: int, jit_compile: bool
) -> None:
    images = numbered(height, width)
    out = apply(cutout, images, jit_compile)
    sides, corners = [], set()
    for image, cut in zip(images, out, strict=True):
        hole = (cut == 0).all(axis=2)
        rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
        rectangle = np.zeros_like(hole)
        rectangle[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
        np.testing.assert_array_equal(hole, rectangle)
        np.testing.assert_array_equal(cut[~hole], image[~hole])
        sides.append((len(rows), len(columns)))
        corners.add((rows[0], columns[0]))
    assert np.max(sides, axis=0).tolist() == [height // 2, width // 2]
    assert len(corners) > 10  # each image draws its own position


@pytest.mark.parametrize("jit_compile", [False, True])
def test_colour_keeps_to_its_bounds(jit_compile: bool) -> None:
    """Per image, brightness changes the mean, contrast the grey, both factors the chroma."""
    images = np.random.default_rng(0).uniform(-1, 1, (200, 8, 8, 3)).astype("float32")
    out = apply(colour, images, jit_compile).astype("float64")
    drawn = []
    for image, changed in zip(images.astype("float64"), out, strict=True):
        greys = [picture.mean(axis=2, keepdims=True) for picture in (image, changed)]
        flat = [grey - grey.mean() for grey in greys]
        chroma = [p - g for p, g in zip((image, changed), greys, strict=True)]
        contrast = (flat[0] * flat[1]).sum() / (flat[0] ** 2).sum()
        both = (chroma[0] * chroma[1]).sum() / (chroma[0] ** 2).sum()
        np.testing.assert_allclose(flat[1], contrast * flat[0], atol=1e-5)
        np.testing.assert_allclose(chroma[1], both * chroma[0], atol=1e-5)
        drawn.append((changed.mean() - image.mean(), both / contrast, contrast))
    bounds = ((-0.5, 0.5), (0.0, 2.0), (0.5, 1.5))
    for values, (low, high) in zip(np.transpose(drawn), bounds, strict=True):
        assert low - 1e-4 <= values.min() < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < values.max() <= high + 1e-4
        assert len(np.unique(values)) == len(values)


def gradient(change: Callable[[Any], Any], images: Any, weights: Any) -> Any:
    x = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(weights * change(x))
    return np.array(tape.gradient(loss, x))


def test_gradients_go_back_where_the_pixels_came_from() -> None:
    images = numbered(16, 16, 8)
    weights = images[:, ::-1].copy()
    out = np.array(translation(images, seed()))
    back = gradient(lambda x: translation(x, seed()), images, weights)
    for image, moved, weight, slope in zip(images, out, weights, back, strict=True):
        down, right = recover(image, moved)
        np.testing.assert_array_equal(slope, shifted(weight, -down, -right))
    out = np.array(cutout(images, seed()))
    back = gradient(lambda x: cutout(x, seed()), images, weights)
    np.testing.assert_array_equal(back, np.where(out == 0, 0.0, weights))


def test_gradients_flow_through_all_kinds() -> None:
    images = np.random.default_rng(1).uniform(-1, 1, (16, 16, 16, 3)).astype("float32")
    back = gradient(lambda x: augment(x, KINDS, seed()), images, np.ones_like(images))
    assert np.isfinite(back).all()
    assert (np.abs(back).max(axis=(1, 2, 3)) > 0).all()


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_generators_state_decides(kind: str, jit_compile: bool) -> None:
    images, generator = numbered(16, 16, 8), seed(3)
    before = np.array(generator.state)
    change = tf.function(lambda x: augment(x, (kind,), generator), jit_compile=jit_compile)
    one = np.array(change(images))
    assert not np.array_equal(one, change(images))
    generator.state.assign(before)
    np.testing.assert_array_equal(change(images), one)


def test_a_graph_of_any_batch_size_equals_eager() -> None:
    images = np.random.default_rng(2).uniform(-1, 1, (6, 12, 12, 3)).astype("float32")
    generator, eager = seed(5), seed(5)
    spec = tf.TensorSpec((None, 12, 12, 3))
    graph = tf.function(lambda x: augment(x, KINDS, generator), input_signature=[spec])
    for n in (6, 2):
        expected = augment(images[:n], KINDS, eager)
        np.testing.assert_allclose(graph(images[:n]), expected, atol=1e-5)
    np.testing.assert_array_equal(generator.state, eager.state)


# ---- strength -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("strength", "least", "most"), [(0.0, 0, 0), (0.3, 40, 80), (1.0, 200, 200)]
)
def test_strength_is_the_share_of_images_that_are_changed(
    strength: float, least: int, most: int
) -> None:
    images = np.random.default_rng(0).uniform(-1, 1, (200, 8, 8, 3)).astype("float32")
    out = np.array(augment(tf.constant(images), ("colour",), seed(), strength=strength))
    changed = np.abs(out - images).reshape(200, -1).max(axis=1) > 1e-3
    assert least <= changed.sum() <= most


def test_each_kind_chooses_its_own_images() -> None:
    """Cut-out areas are grey, and images with changed colours have no 0.9 left."""
    images = np.full((400, 8, 8, 3), 0.9, "float32")
    out = np.array(augment(tf.constant(images), ("colour", "cutout"), seed(), strength=0.5))
    cut = (out == 0.0).all(axis=3).any(axis=(1, 2))
    coloured = np.abs(out.max(axis=(1, 2, 3)) - 0.9) > 1e-3
    both = [np.mean(coloured[cut]), np.mean(coloured[~cut])]
    np.testing.assert_allclose(both, 0.5, atol=0.12)
