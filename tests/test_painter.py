"""The painter: standing statistics, magnified pictures, grids."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError, resolve
from artgan_tf.painter import GRID_COLUMNS, Painter
from artgan_tf.papers import build_gan
from tests.painters import painter as painter_of

K = 20


@pytest.fixture(scope="module")
def painter():
    return painter_of(K)


def test_standing_statistics_are_those_of_generated_batches(painter):
    generator, gan = painter.generator, painter.gan
    z = gan.latents(4000, keras.random.SeedGenerator(9))
    features = generator.project.inner(
        np.concatenate([z, gan.one_hot(np.arange(4000) % K)], axis=1)
    )
    norm = generator.project.norm
    np.testing.assert_allclose(norm.moving_variance, np.var(features, axis=0), rtol=0.2)
    spread = np.std(features, axis=0)
    assert np.abs(norm.moving_mean - np.mean(features, axis=0)).max() < 0.15 * spread.max()


@pytest.mark.parametrize("classes", [27, 150, 1700])
def test_standing_statistics_are_those_of_all_classes(classes):
    """Where each class adds its number to the features, their mean is the middle number."""
    painter = painter_of.__wrapped__(classes)
    kernel = painter.painting.project.inner.kernel
    rows = kernel.numpy()
    rows[-classes:] = np.arange(classes)[:, None]
    kernel.assign(rows)
    painter.refresh()
    mean = painter.generator.project.norm.moving_mean.numpy()
    np.testing.assert_allclose(mean, (classes - 1) / 2, rtol=0.08)


def test_compiled_statistics_and_latents_are_the_plain_ones(painter):
    found = painter.generator.get_weights(), painter.latents([0, 7, 2**40]).numpy()
    tf.config.run_functions_eagerly(True)
    try:
        painter.refresh()
        plain = painter.generator.get_weights(), painter.latents([0, 7, 2**40]).numpy()
    finally:
        tf.config.run_functions_eagerly(False)
    for weights, others in zip(found[0], plain[0], strict=True):
        np.testing.assert_allclose(weights, others, rtol=1e-5, atol=1e-6 * np.abs(others).max())
    np.testing.assert_array_equal(found[1], plain[1])


def test_momentum_is_of_the_training_again_after_painting(painter):
    assert {norm.momentum for norm in painter.norms()} == {0.9}


def test_painting_leaves_the_gan_as_it_is(painter):
    before = [v.numpy().copy() for v in painter.gan.variables]
    painter.refresh()
    painter.generate([0, 1], [5, 6])
    for old, now in zip(before, painter.gan.variables, strict=True):
        np.testing.assert_array_equal(old, now)


def test_refreshing_twice_gives_the_same_pictures(painter):
    first = painter.generate(["class 3"], [1])
    painter.refresh()
    np.testing.assert_array_equal(first, painter.generate(["class 3"], [1]))


def test_magnified_pictures_are_twice_the_size_and_pool_to_the_normal_ones(painter):
    small = painter.generate([2, 7], [1, 2])
    large = painter.generate([2, 7], [1, 2], magnified=True)
    assert (small.shape, large.shape) == ((2, 8, 8, 3), (2, 16, 16, 3))
    # Pixel (i, j) is the mean of 3x3 from (2i, 2j) on; inside no padding is left out.
    window = large[:, 4:7, 6:9].astype(float).mean(axis=(1, 2))
    np.testing.assert_allclose(window, small[:, 2, 3], atol=1.0)


def test_grid_shows_at_most_sixteen_classes(painter):
    small, large = painter.grid(), painter.grid(magnified=True)
    assert small.height == 16 * (64 + 2)  # pictures of 8 are shown eight times as large
    assert large.height == 16 * (64 + 2)
    assert small.width > GRID_COLUMNS * 66


def test_unequal_numbers_are_refused(painter):
    with pytest.raises(InputError, match="2 classes but 1 seeds"):
        painter.generate([0, 1], [5])


@pytest.mark.slow
def test_a_picture_is_the_same_whatever_is_painted_beside_it():
    """At this width a batch of 3 or 5 would round some pixels to the next grey level."""
    keras.utils.set_random_seed(0)
    settings = {"model.width": 0.5, "data.classes": 0}
    wide = Painter(
        build_gan(resolve("improved/cifar10", settings), 10), [f"{i}" for i in range(10)]
    )
    labels, seeds = np.arange(60) % 10, np.arange(60)
    together = wide.generate(labels.tolist(), seeds.tolist(), magnified=True)
    for size in (1, 3, 5, 7, 17):
        parts = [slice(start, start + size) for start in range(0, 60, size)]
        found = [
            wide.generate(labels[p].tolist(), seeds[p].tolist(), magnified=True) for p in parts
        ]
        np.testing.assert_array_equal(np.concatenate(found), together)


def test_a_way_goes_from_one_picture_to_the_other(painter):
    way = painter.way(("class 3", 7), ("class 5", 8), frames=5)
    ends = painter.generate(["class 3", "class 5"], [7, 8])
    np.testing.assert_array_equal(way[[0, -1]], ends)
    steps = np.abs(np.diff(way.astype(int), axis=0)).mean(axis=(1, 2, 3))
    assert (steps > 0).all()
    with pytest.raises(InputError, match="There is no class 'class 20'"):
        painter.way(("class 20", 1), ("class 3", 1))


@pytest.mark.parametrize("paper", ["artgan", "improved", "critic"])
def test_d_looks_at_pictures_as_they_are_stored(painters, paper):
    painter = painters[paper]
    images = painter.generate([0, 1], [1, 2])
    scores, realness = painter.look(images)
    assert scores.shape == (2, 3)
    assert realness.shape == (2,)
    given = tf.constant(images, tf.float32) / 255.0
    low, high = painter.gan.pixel_range
    seen = painter.gan.judge(given * (high - low) + low)[0]
    np.testing.assert_allclose(scores, seen, atol=1e-6)
    decoded = painter.reconstruct(images)
    assert decoded.shape == images.shape
    assert decoded.dtype == np.uint8
