"""Precision, recall, density, coverage and authenticity by loops over all distances."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from artgan_tf.metrics.manifold import authenticity, density_coverage, precision_recall

Array = np.ndarray


def features(seed: int, count: int = 40, width: int = 5, shift: float = 0.0) -> Array:
    return np.random.default_rng(seed).normal(shift, 1.0, (count, width))


def radii(x: Array, k: int) -> list[float]:
    """Distance to the k-th neighbour: entry k of a sorted row, as entry 0 is the point itself."""
    return [sorted(row)[k] for row in cdist(x, x).tolist()]


def share(points: Array, centres: Array, k: int) -> float:
    """Share of the points that lie in any ball around a centre."""
    table, reach = cdist(points, centres), radii(centres, k)
    inside = [any(d <= r for d, r in zip(row, reach, strict=True)) for row in table]
    return sum(inside) / len(points)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("k", [1, 3, 10])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_precision_recall(shift, k):
    real, fake = features(0), features(1, 30, shift=shift)
    found = precision_recall(real, fake, k)
    assert found.precision == pytest.approx(share(fake, real, k))
    assert found.recall == pytest.approx(share(real, fake, k))


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("k", [1, 5, 10])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_density_coverage(shift, k):
    real, fake = features(0), features(1, 30, shift=shift)
    table, reach = cdist(real, fake), radii(real, k)
    holds = [[d < r for d in row] for row, r in zip(table, reach, strict=True)]
    found = density_coverage(real, fake, k)
    assert found.density == pytest.approx(sum(map(sum, holds)) / (k * 30))
    assert found.coverage == pytest.approx(sum(map(any, holds)) / 40)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_authenticity(shift):
    train, samples = features(0), features(1, 30, shift=shift)
    table, among = cdist(samples, train), cdist(train, train)
    np.fill_diagonal(among, np.inf)
    found = authenticity(train, samples)
    own = [min(among[int(np.argmin(row))]) for row in table]
    closer = [min(row) < reach for row, reach in zip(table, own, strict=True)]
    assert found.closer_share == pytest.approx(sum(closer) / 30)
    assert found.farther_share == pytest.approx(1 - sum(closer) / 30)


@pytest.mark.usefixtures("block")
def test_equal_sets():
    """Neighbours lie on the surfaces of balls, so rounding must not decide."""
    real = features(0, 60) + 100.0
    assert precision_recall(real, real[::-1]) == (1.0, 1.0)
    assert density_coverage(real, real[::-1]) == (1.0, 1.0)


@pytest.mark.usefixtures("block")
def test_repeated_images_make_balls_of_radius_zero():
    """A copy lies on the surface of such a ball, so only a closed ball contains it."""
    real = np.repeat(features(0, 10), 4, axis=0) + 50.0
    assert precision_recall(real, real[:20], 3) == (1.0, 0.5)
    assert density_coverage(real, real, 3).density == 0.0


def test_authenticity_catches_copies():
    train, fresh = features(0, 200), features(1, 100)
    copied = train[:100] + 1e-3 * np.random.default_rng(2).normal(size=(100, 5))
    assert authenticity(train, train[:100]) == (1.0, 0.0)
    assert authenticity(train, np.concatenate([copied, fresh + 20.0])) == (0.5, 0.5)


def test_copies_of_a_repeated_image_are_ties():
    train = np.concatenate([features(0), features(0)[:1]])
    assert authenticity(train, train[[0, 40, 7]]) == (pytest.approx(1 / 3), 0.0)


@pytest.mark.parametrize("metric", [precision_recall, density_coverage, authenticity])
@pytest.mark.parametrize("place", [0, 1])
def test_nan_is_refused(metric, place):
    given = [features(0), features(1)]
    given[place][13, 0] = np.nan
    with pytest.raises(ValueError, match="hold NaN or infinity, first in image 13"):
        metric(*given)


def test_too_few_images_are_refused():
    with pytest.raises(ValueError, match="no k=3 neighbours among 2 images"):
        precision_recall(features(0, 3), features(1))
    with pytest.raises(ValueError, match="no k=5 neighbours among 4 images"):
        density_coverage(features(0, 5), features(1))
    with pytest.raises(ValueError, match="no k=1 neighbours among 0 images"):
        authenticity(features(0, 1), features(1))
    with pytest.raises(ValueError, match="`fake` must hold 1 or more images and hold 0"):
        density_coverage(features(0), features(1, 0))
    with pytest.raises(ValueError, match="`real` and `fake` must be of one width, not 5 and 4"):
        precision_recall(features(0), features(1, 40, 4))
