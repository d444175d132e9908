"""Diversity of points and pixels against all pairs, and against one pixel at a time."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from artgan_tf.metrics import diversity
from artgan_tf.metrics.diversity import pair_distance, pixel_deviation, shapes
from tests.evaluation.material import flat


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 4, 5, 3), np.uint8)


@pytest.mark.usefixtures("block")
def test_distance_is_the_root_mean_square_over_all_pairs():
    points = np.random.default_rng(0).normal(100.0, 1.0, (37, 5))
    theirs = np.sqrt(np.square(pdist(points)).mean())
    np.testing.assert_allclose(pair_distance(points), theirs, rtol=1e-12)


def test_two_points_are_enough_and_equal_ones_are_at_zero():
    assert pair_distance([[1.0], [4.0]]) == pytest.approx(3.0)
    assert pair_distance(np.full((7, 2), 0.1)) == 0.0  # though 7 * 0.1 / 7 is rounded
    with pytest.raises(ValueError, match="must hold 2 or more images"):
        pair_distance([[1.0]])


def test_shapes_have_no_mean_and_no_contrast():
    pixels = flat(0, 7)
    pixels[0, :, 0] = 10, 100, 40  # deviations 5, 50 and 20
    found, _ = shapes(pixels)
    np.testing.assert_allclose(found, np.array([[[1] * 3, [-1] * 3]] * 2))


def test_flat_images_have_no_shapes():
    noisy = flat(10, 200)
    noisy[1, 0, 0] += 1  # less than a grey level of deviation
    found = shapes(noisy)
    np.testing.assert_array_equal(found[0], 0)
    assert np.abs(found[1]).max() < 1


def test_deviation_is_that_of_the_chosen_images(monkeypatch):
    monkeypatch.setattr(diversity, "BATCH", 4)
    pixels, rows = pictures(20), np.array([3, 19, 0, 7, 7, 12, 5, 1, 11])
    theirs = pixels[rows].astype(float).std(axis=0).mean()
    np.testing.assert_allclose(pixel_deviation(pixels, rows, np.asarray), theirs, rtol=1e-12)
    assert pixel_deviation(pixels, rows[[3, 4]], np.asarray) == 0.0  # one image twice


def test_copies_of_an_image_do_not_vary_in_shape_either():
    pixels = np.repeat(pictures(1), 7, axis=0)
    assert pixel_deviation(pixels, np.arange(7), shapes) == 0.0
