"""Parzen windows against densities computed one Gaussian and one pixel at a time."""

import math

import numpy as np
import pytest
from scipy.special import logsumexp

from artgan_tf.metrics import distances
from artgan_tf.metrics.parzen import SIGMAS, log_likelihoods, parzen
from tests.evaluation.material import peak

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


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("sigmas", [(0.1,), (0.05, 0.3, 1.0), SIGMAS])
def test_log_likelihoods(sigmas):
    images, samples = pictures(0, 14), pictures(20, 15)
    theirs = [expected(images, samples, sigma) for sigma in sigmas]
    np.testing.assert_allclose(log_likelihoods(images, samples, sigmas), theirs, rtol=1e-12)


def test_far_images_stay_finite_and_near_ones_exact():
    """At a distance of 1000 widths every exp is 0; a copy of the only kernel is at its maximum."""
    images = np.concatenate([np.full((1, 12), 100.0), np.zeros((1, 12))])
    far, top = log_likelihoods(images, np.zeros((3, 12)), (0.1,))[0]
    volume = 12 * math.log(0.1 * math.sqrt(2 * math.pi))
    assert far == pytest.approx(-12 * 100.0**2 / (2 * 0.01) - volume, rel=1e-12)
    assert top == pytest.approx(-volume, rel=1e-12)


def test_protocol_chooses_the_best_sigma_and_tells_mean_and_error():
    samples, validation, test = pictures(0, 40), pictures(1, 20), pictures(2, 30)
    found = parzen(samples, validation, test)
    means = [float(np.mean(expected(validation, samples, sigma))) for sigma in SIGMAS]
    best = SIGMAS[int(np.argmax(means))]
    theirs = expected(test, samples, best)
    assert found.sigma == best
    assert 0 < SIGMAS.index(best) < len(SIGMAS) - 1  # not an end of the list
    np.testing.assert_allclose(found.log_likelihood, np.mean(theirs), rtol=1e-12)
    np.testing.assert_allclose(found.standard_error, np.std(theirs) / math.sqrt(30), rtol=1e-9)


def test_memory_stays_within_blocks(monkeypatch):
    monkeypatch.setattr(distances, "BLOCK", 100)
    images, samples = pictures(0, 3000, 2), pictures(1, 3000, 2)  # 72 MB of distances
    assert peak(lambda: log_likelihoods(images, samples, SIGMAS)) < 5e6


def test_nan_and_other_sizes_are_refused():
    good, bad = pictures(0, 5), pictures(0, 5)
    bad[3, 1, 1, 1] = np.nan
    with pytest.raises(ValueError, match="`samples` hold NaN or infinity, first in image 3"):
        parzen(bad, good, good)
    with pytest.raises(ValueError, match="`images` hold NaN or infinity, first in image 3"):
        parzen(good, good, bad)
    with pytest.raises(ValueError, match="one width, not 48 and 12"):
        parzen(pictures(0, 5, 2), good, good)


def test_the_protocol_offers_ten_widths_from_a_tenth_to_one():
    """Figures with other widths to choose from are not comparable."""
    np.testing.assert_allclose(SIGMAS, [10 ** (i / 9 - 1) for i in range(10)], rtol=1e-12)
