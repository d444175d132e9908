"""Parzen windows against densities computed one Gaussian and one pixel at a time."""

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from artgan_tf.metrics.parzen import SIGMAS, VALIDATION, log_likelihoods, parzen

Array = np.ndarray


def pictures(seed: int, count: int, size: int = 4) -> Array:
    return np.random.default_rng(seed).random((count, size, size, 3)).astype("float32")


def expected(images: Array, samples: Array, sigma: float) -> list[float]:
    """Log of the mean over samples of products of one-dimensional Gaussians over pixels."""
    found = []
    for image in images.reshape(len(images), -1).tolist():
        logs = []
        for sample in samples.reshape(len(samples), -1).tolist():
            squares = sum((x - m) ** 2 for x, m in zip(image, sample, strict=True))
            density = -squares / (2 * sigma**2)
            logs.append(density - len(image) * math.log(sigma * math.sqrt(2 * math.pi)))
        found.append(float(logsumexp(logs)) - math.log(len(samples)))
    return found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sigmas", [(0.1,), (0.05, 0.3, 1.0), SIGMAS])
def test_log_likelihoods(seed: int, sigmas: tuple[float, ...]) -> None:
    images, samples = pictures(seed, 7), pictures(seed + 10, 11)
    theirs = [expected(images, samples, sigma) for sigma in sigmas]
    np.testing.assert_allclose(log_likelihoods(images, samples, sigmas), theirs, rtol=1e-12)


def test_one_sample_is_a_normal_density() -> None:
    images, samples = pictures(0, 5), pictures(1, 1)
    normal = multivariate_normal(samples.reshape(-1).astype("float64"), 0.2**2)
    theirs = [normal.logpdf(image) for image in images.reshape(5, -1)]
    np.testing.assert_allclose(log_likelihoods(images, samples, (0.2,))[0], theirs, rtol=1e-12)


@pytest.mark.parametrize("block", [1, 3, 7, 1000])
def test_block_size_does_not_count(block: int) -> None:
    images, samples = pictures(0, 9), pictures(1, 13)
    ours = log_likelihoods(images, samples, SIGMAS, block=block)
    np.testing.assert_allclose(ours, log_likelihoods(images, samples, SIGMAS), rtol=1e-13)


def test_order_place_and_dtype_do_not_count() -> None:
    images, samples = pictures(0, 9), pictures(1, 13)
    ours = log_likelihoods(images, samples, SIGMAS)
    order = np.random.default_rng(0).permutation(13)
    np.testing.assert_allclose(log_likelihoods(images, samples[order], SIGMAS), ours, rtol=1e-13)
    far = log_likelihoods(images.astype("float64") + 1e4, samples.astype("float64") + 1e4, SIGMAS)
    np.testing.assert_allclose(far, ours, rtol=1e-10)
    whole, parts = ((255 * values).astype("uint8") for values in (images, samples))
    wide = log_likelihoods(whole.astype("float64"), parts.astype("float64"), (20.0,))
    np.testing.assert_array_equal(log_likelihoods(whole, parts, (20.0,)), wide)


def test_far_images_stay_finite_and_near_ones_exact() -> None:
    """At a distance of 1000 widths every exp is 0; a copy of the only kernel is at its maximum."""
    images = np.concatenate([np.full((1, 12), 100.0), np.zeros((1, 12))])
    far, top = log_likelihoods(images, np.zeros((3, 12)), (0.1,))[0]
    volume = 12 * math.log(0.1 * math.sqrt(2 * math.pi))
    assert far == pytest.approx(-12 * 100.0**2 / (2 * 0.01) - volume, rel=1e-12)
    assert top == pytest.approx(-volume, rel=1e-12)


def test_protocol_chooses_the_best_sigma_and_tells_mean_and_error() -> None:
    samples, validation, test = pictures(0, 40), pictures(1, 20), pictures(2, 30)
    found = parzen(samples, validation, test)
    means = [float(np.mean(expected(validation, samples, sigma))) for sigma in SIGMAS]
    best = SIGMAS[int(np.argmax(means))]
    theirs = expected(test, samples, best)
    assert found.sigma == best
    assert 0 < SIGMAS.index(best) < len(SIGMAS) - 1  # not an end of the list
    np.testing.assert_allclose(found.validation, means, rtol=1e-12)
    np.testing.assert_allclose(found.log_likelihood, np.mean(theirs), rtol=1e-12)
    np.testing.assert_allclose(found.standard_error, np.std(theirs) / math.sqrt(30), rtol=1e-9)
    assert (found.samples, found.images, found.validation_images) == (40, 30, 20)
    assert found.sigmas == SIGMAS


def test_a_long_validation_set_is_thinned_evenly() -> None:
    """Images are often in order of class, so the first thousand would have few classes."""
    validation = np.repeat([0.0, 1.0], 2 * VALIDATION)[:, None]  # the second half is the other one
    found = parzen(np.zeros((1, 1)), validation, np.zeros((1, 1)), (0.5,))
    assert found.validation_images == VALIDATION
    top = -math.log(0.5 * math.sqrt(2 * math.pi))
    assert found.validation[0] == pytest.approx(top - 0.5 * 1.0 / (2 * 0.25))


@pytest.mark.parametrize("seed", range(3))
def test_gaussian_data_have_the_known_likelihood(seed: int) -> None:
    """Samples of N(0.5, s^2) with windows of sigma give about N(0.5, s^2 + sigma^2)."""
    rng, s, sigma = np.random.default_rng(seed), 0.1, 0.1
    samples, validation, test = (rng.normal(0.5, s, (n, 2)) for n in (10_000, 100, 2_000))
    found = parzen(samples, validation, test, (sigma,))
    variance = s**2 + sigma**2
    known = -math.log(2 * math.pi * variance) - s**2 / variance
    assert abs(found.log_likelihood - known) < 3 * found.standard_error
    assert found.standard_error < 0.02


def test_likelihood_falls_with_noise_and_rises_with_likeness() -> None:
    rng = np.random.default_rng(0)
    real = 0.5 + 0.1 * rng.uniform(-1, 1, (300, 20))
    fakes = [np.clip(real[:200] + noise * rng.normal(size=(200, 20)), 0, 1) for noise in (0, 1, 4)]
    found = [parzen(fake, real[200:250], real[250:]).log_likelihood for fake in fakes]
    assert found[0] > found[1] > found[2]


def test_pinned() -> None:
    samples, images = np.linspace(0, 1, 12).reshape(4, 3), np.linspace(0.1, 0.7, 6).reshape(2, 3)
    found = parzen(samples, images, images, (0.1, 0.5))
    assert found.sigma == 0.1
    assert found.log_likelihood == pytest.approx(1.412259836701, rel=1e-11)
    assert found.standard_error == pytest.approx(0.560498229850, rel=1e-11)


def test_memory_stays_within_blocks() -> None:
    images, samples = pictures(0, 3000, 2), pictures(1, 3000, 2)  # 72 MB of distances
    tracemalloc.start()
    log_likelihoods(images, samples, SIGMAS, block=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("which", ["samples", "validation", "test"])
def test_nan_and_infinity_are_refused(which: str, bad: float) -> None:
    given: dict[str, Any] = {name: pictures(0, 5) for name in ("samples", "validation", "test")}
    given[which] = given[which].copy()
    given[which][3, 1, 1, 1] = bad
    with pytest.raises(ValueError, match=f"`{which}` hold NaN or infinity, first in image 3"):
        parzen(**given)


def test_other_pixels_and_sizes_are_refused() -> None:
    good = pictures(0, 5)
    with pytest.raises(ValueError, match=r"`samples` must hold pixels from 0 to 1, and reach from"):
        parzen(2 * good - 1, good, good)
    with pytest.raises(ValueError, match="one width, not 48 and 12"):
        parzen(pictures(0, 5, 2), good, good)
    with pytest.raises(ValueError, match="`samples` must hold 1 or more images and hold 0"):
        parzen(good[:0], good, good)
    with pytest.raises(ValueError, match="`sigmas` must be positive"):
        parzen(good, good, good, (0.1, -1.0))
