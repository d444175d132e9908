"""The sampler: standing statistics, magnified pictures, grids."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError, resolve
from artgan_tf.papers import build_gan
from artgan_tf.sampler import GRID_COLUMNS, Sampler
from tests.samplers import sampler as sampler_of

K = 20


@pytest.fixture(scope="module")
def sampler():
    return sampler_of(K)


@pytest.mark.slow
def test_standing_statistics_are_those_of_generated_batches(sampler):
    generator, gan = sampler.generator, sampler.gan
    z = gan.latents(4000, keras.random.SeedGenerator(9))
    y = gan.one_hot(np.arange(4000) % K)
    features = generator.project.inner(np.concatenate([z, y], axis=1))
    norm = generator.project.norm
    np.testing.assert_allclose(norm.moving_variance, np.var(features, axis=0), rtol=0.2)
    spread = np.std(features, axis=0)
    assert np.abs(norm.moving_mean - np.mean(features, axis=0)).max() < 0.15 * spread.max()


@pytest.mark.slow
@pytest.mark.parametrize("classes", [27, 1700])
def test_standing_statistics_are_those_of_all_classes(classes):
    """If each class adds its number to the features, their mean is the middle number."""
    sampler = sampler_of.__wrapped__(classes)
    kernel = sampler.trained.project.inner.kernel
    rows = kernel.numpy()
    rows[-classes:] = np.arange(classes)[:, None]
    kernel.assign(rows)
    sampler.refresh()
    mean = sampler.generator.project.norm.moving_mean.numpy()
    np.testing.assert_allclose(mean, (classes - 1) / 2, rtol=0.08)


def test_compiled_statistics_and_latents_are_the_plain_ones(sampler):
    found = sampler.generator.get_weights(), sampler.latents([0, 7, 2**40]).numpy()
    tf.config.run_functions_eagerly(True)
    try:
        sampler.refresh()
        plain = sampler.generator.get_weights(), sampler.latents([0, 7, 2**40]).numpy()
    finally:
        tf.config.run_functions_eagerly(False)
    for weights, others in zip(found[0], plain[0], strict=True):
        np.testing.assert_allclose(weights, others, rtol=1e-5, atol=1e-6 * np.abs(others).max())
    np.testing.assert_array_equal(found[1], plain[1])


def test_refreshing_twice_gives_the_same_pictures_and_leaves_the_gan_as_it_is(sampler):
    before = [v.numpy().copy() for v in sampler.gan.variables]
    first = sampler.generate(["class 3"], [1])
    sampler.refresh()
    np.testing.assert_array_equal(first, sampler.generate(["class 3"], [1]))
    for old, now in zip(before, sampler.gan.variables, strict=True):
        np.testing.assert_array_equal(old, now)
    assert {norm.momentum for norm in sampler.standing.norms} == {0.9}  # that of the training again


def test_magnified_pictures_are_twice_the_size_and_pool_to_the_normal_ones(sampler):
    small = sampler.generate([2, 7], [1, 2])
    large = sampler.generate([2, 7], [1, 2], magnified=True)
    assert (small.shape, large.shape) == ((2, 8, 8, 3), (2, 16, 16, 3))
    # Pixel (i, j) is the mean of 3x3 from (2i, 2j) on; inside, there is no padding to ignore.
    window = large[:, 4:7, 6:9].astype(float).mean(axis=(1, 2))
    np.testing.assert_allclose(window, small[:, 2, 3], atol=1.0)


def test_grid_shows_at_most_sixteen_classes(sampler):
    for sheet in (sampler.grid(), sampler.grid(magnified=True)):
        assert sheet.height == 16 * (64 + 2)  # 8 pixels, magnified eight times
        assert sheet.width > GRID_COLUMNS * 66


def test_unequal_numbers_are_refused(sampler):
    with pytest.raises(InputError, match="2 classes but 1 seeds"):
        sampler.generate([0, 1], [5])
    # Padded batches of three and of four have the same size.
    weights = np.eye(len(sampler.class_names))[:3]
    with pytest.raises(InputError, match="4 seeds but 3 weights: give as many of each"):
        sampler.mix(range(4), range(4), [0.0] * 4, weights)
    with pytest.raises(InputError, match="4 z but 3 y"):
        sampler.paint(sampler.latents(range(4)), weights)


@pytest.mark.slow
def test_a_picture_is_the_same_whatever_is_painted_beside_it(monkeypatch):
    """At this width, a batch of 3 or 5 would round some pixels to the next grey level."""
    monkeypatch.setattr("artgan_tf.standing.SIZE", 10)
    keras.utils.set_random_seed(0)
    settings = {"model.width": 0.5, "data.classes": 0}
    names = [f"{number}" for number in range(10)]
    wide = Sampler(build_gan(resolve("improved/cifar10", settings), 10), names)
    labels = [number % 10 for number in range(30)]
    together = wide.generate(labels, range(30))
    for size in (1, 3, 5):
        parts = [slice(start, start + size) for start in range(0, 30, size)]
        found = [wide.generate(labels[part], range(30)[part]) for part in parts]
        np.testing.assert_array_equal(np.concatenate(found), together)


def test_a_way_goes_from_one_picture_to_the_other(sampler):
    way = sampler.interpolate(("class 3", 7), ("class 5", 8), frames=5)
    ends = sampler.generate(["class 3", "class 5"], [7, 8])
    np.testing.assert_array_equal(way[[0, -1]], ends)
    steps = np.abs(np.diff(way.astype(int), axis=0)).mean(axis=(1, 2, 3))
    assert (steps > 0).all()
    with pytest.raises(InputError, match="There is no class 'class 20'"):
        sampler.interpolate(("class 20", 1), ("class 3", 1))


@pytest.mark.parametrize("paper", ["artgan", "improved", "critic"])
def test_d_looks_at_pictures_as_they_are_stored(samplers, paper):
    sampler = samplers[paper]
    images = sampler.generate([0, 1], [1, 2])
    scores, realness = sampler.classify(images)
    assert scores.shape == (2, 3)
    assert realness.shape == (2,)
    given = tf.constant(images, tf.float32) / 255.0
    low, high = sampler.gan.pixel_range
    seen = sampler.gan.judge(given * (high - low) + low)[0]
    np.testing.assert_allclose(scores, seen, atol=1e-6)
    decoded = sampler.reconstruct(images)
    assert decoded.shape == images.shape
    assert decoded.dtype == np.uint8
