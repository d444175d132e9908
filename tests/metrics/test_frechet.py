"""Frechet distance against scipy.linalg.sqrtm of the product, and NumPy's covariance."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from artgan_tf.metrics.frechet import frechet_distance, moments

Array = np.ndarray


def features(seed: int, count: int = 60, width: int = 8, shift: float = 0.0) -> Array:
    """Correlated features with unequal variances, away from the origin."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(count, width)) @ np.random.default_rng(99).normal(size=(width, width))
    return mixed * np.linspace(0.2, 2.0, width) + np.arange(width) + shift


@pytest.mark.parametrize(("seed", "shift"), [(0, 0.0), (1, 3.0)])
def test_distance(seed, shift):
    """The formula with the complex square root of the product of the covariances."""
    real, fake = features(seed), features(seed + 10, 45, shift=shift)
    a, b = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    step = real.mean(axis=0) - fake.mean(axis=0)
    expected = step @ step + np.trace(a) + np.trace(b) - 2 * np.trace(sqrtm(a @ b)).real
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(fake, real) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [2, 5, 20])
def test_fewer_images_than_features(count):
    """Singular covariances: the distance is that within the space both sets span.

    There it follows from the singular values of the centred features, without any covariance.
    """
    real, fake = features(0, count, 40), features(1, count + 1, 40)
    centred = [(x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (real, fake)]
    cross = np.linalg.svd(centred[0] @ centred[1].T, compute_uv=False).sum()
    step = real.mean(axis=0) - fake.mean(axis=0)
    theirs = step @ step + sum(np.sum(x**2) for x in centred) - 2 * cross
    assert frechet_distance(real, fake) == pytest.approx(theirs, rel=1e-9)
    assert frechet_distance(real, real) < 1e-9


def test_equal_sets_are_at_zero_and_constant_ones_at_their_means():
    real = features(0)
    assert frechet_distance(real, real[::-1]) < 1e-9
    still = np.tile(np.arange(4.0), (5, 1))
    assert frechet_distance(still, still + 2.0) == pytest.approx(16.0)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_moments_are_those_of_numpy_in_float64(dtype):
    rows = (features(0) + 1000.0).astype(dtype)
    mean, covariance = moments(rows)
    np.testing.assert_allclose(mean, rows.mean(axis=0, dtype=np.float64), rtol=1e-14)
    expected = np.cov(rows.astype(np.float64), rowvar=False)
    np.testing.assert_allclose(covariance, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (np.zeros((5, 3)), np.zeros((5, 4)), "one width"),
        (np.zeros((1, 3)), np.zeros((5, 3)), "`real` must hold 2 or more images and hold 1"),
        (np.zeros((5, 3)), np.zeros((0, 3)), "`fake` must hold 2 or more images and hold 0"),
        (np.zeros((5, 3)), np.full((5, 3), np.nan), "`fake` hold NaN or infinity"),
    ],
)
def test_what_cannot_be_compared_is_refused(real, fake, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance(real, fake)
