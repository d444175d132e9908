"""Precision, recall, density, coverage and authenticity by loops over all distances."""

from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from artgan_tf.metrics.manifold import authenticity, density_coverage, precision_recall

Array = np.ndarray
BLOCKS = [1, 7, 1000]


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


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("k", [1, 3, 10])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_precision_recall(shift: float, k: int, block: int) -> None:
    real, fake = features(0), features(1, 30, shift=shift)
    found = precision_recall(real, fake, k, block)
    assert found.precision == pytest.approx(share(fake, real, k))
    assert found.recall == pytest.approx(share(real, fake, k))
    assert found.k == k


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("k", [1, 5, 10])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_density_coverage(shift: float, k: int, block: int) -> None:
    real, fake = features(0), features(1, 30, shift=shift)
    table, reach = cdist(real, fake), radii(real, k)
    holds = [[d < r for d in row] for row, r in zip(table, reach, strict=True)]
    found = density_coverage(real, fake, k, block)
    assert found.density == pytest.approx(sum(map(sum, holds)) / (k * 30))
    assert found.coverage == pytest.approx(sum(map(any, holds)) / 40)
    assert found.k == k


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_authenticity(shift: float, block: int) -> None:
    train, samples = features(0), features(1, 30, shift=shift)
    table, among = cdist(samples, train), cdist(train, train)
    np.fill_diagonal(among, np.inf)
    found = authenticity(train, samples, block)
    own = [min(among[int(np.argmin(row))]) for row in table]
    closer = [min(row) < reach for row, reach in zip(table, own, strict=True)]
    assert found.closer.tolist() == closer
    assert found.closer_share == pytest.approx(sum(closer) / 30)
    assert found.farther_share == pytest.approx(1 - sum(closer) / 30)
    assert found.nearest.tolist() == np.argmin(table, axis=1).tolist()


@pytest.mark.parametrize("offset", [0.0, 100.0])
@pytest.mark.parametrize("block", BLOCKS)
def test_equal_sets(block: int, offset: float) -> None:
    """Neighbours lie on the surfaces of balls, so rounding must not decide."""
    real = features(0, 60) + offset
    pr = precision_recall(real, real[::-1], block=block)
    assert (pr.precision, pr.recall, pr.k) == (1.0, 1.0, 3)
    dc = density_coverage(real, real[::-1], block=block)
    assert (dc.density, dc.coverage, dc.k) == (1.0, 1.0, 5)


@pytest.mark.parametrize("block", BLOCKS)
def test_repeated_images_make_balls_of_radius_zero(block: int) -> None:
    """A copy lies on the surface of such a ball, so only a closed ball contains it."""
    real = np.repeat(features(0, 10), 4, axis=0) + 50.0
    pr = precision_recall(real, real[:20], 3, block)
    assert (pr.precision, pr.recall) == (1.0, 0.5)
    assert density_coverage(real, real, 3, block).density == 0.0


def test_order_and_place_do_not_count() -> None:
    real, fake = features(0), features(1, 30, shift=0.5)
    turn = np.linalg.qr(features(2, 5))[0]
    for metric in (precision_recall, density_coverage):
        found = metric(real, fake)
        assert metric(real[::-1], np.roll(fake, 7, axis=0)) == found
        assert metric(real + 1000.0, fake + 1000.0) == found
        assert metric(7.0 * real @ turn, 7.0 * fake @ turn) == found
    moved = authenticity(real + 1000.0, fake + 1000.0)
    np.testing.assert_array_equal(moved.closer, authenticity(real, fake).closer)


def modes(seed: int, kept: int, count: int = 300, spread: float = 0.1) -> Array:
    """Images of the first few of ten modes."""
    rng = np.random.default_rng(seed)
    centres = 3.0 * np.random.default_rng(99).normal(size=(10, 4))
    return centres[rng.integers(0, kept, count)] + spread * rng.normal(size=(count, 4))


def test_precision_and_density_fall_with_noise() -> None:
    real, rng = modes(0, 10), np.random.default_rng(5)
    fakes = [modes(1, 10) + s * rng.normal(size=(300, 4)) for s in (0.0, 0.2, 1.0)]
    precision = [precision_recall(real, fake).precision for fake in fakes]
    density = [density_coverage(real, fake).density for fake in fakes]
    assert precision[0] > 0.8
    assert precision == sorted(precision, reverse=True)
    assert density == sorted(density, reverse=True)
    assert precision[2] < 0.3
    assert density[2] < 0.3


def test_recall_and_coverage_fall_with_dropped_modes_and_precision_stays() -> None:
    real, fakes = modes(0, 10), [modes(1, kept) for kept in (10, 5, 1)]
    found = [precision_recall(real, fake) for fake in fakes]
    for (recall, coverage), kept in zip(
        [
            (f.recall, density_coverage(real, fake).coverage)
            for f, fake in zip(found, fakes, strict=True)
        ],
        (10, 5, 1),
        strict=True,
    ):
        assert recall == pytest.approx(kept / 10, abs=0.15)
        assert coverage == pytest.approx(kept / 10, abs=0.15)
    assert min(f.precision for f in found) > 0.8


def test_authenticity_catches_copies() -> None:
    train, fresh = features(0, 200), features(1, 100)
    rng = np.random.default_rng(2)
    copied = train[:100] + 1e-3 * rng.normal(size=(100, 5))
    assert authenticity(train, copied).closer_share == 1.0
    assert authenticity(train, train[:100]).closer_share == 1.0
    assert authenticity(train, fresh + 20.0).closer_share == 0.0
    mixed = authenticity(train, np.concatenate([copied, fresh + 20.0]))
    assert (mixed.closer_share, mixed.farther_share) == (0.5, 0.5)
    assert mixed.closer[:100].all()
    assert mixed.nearest[:100].tolist() == list(range(100))


def test_copies_of_a_repeated_image_are_ties() -> None:
    train = np.concatenate([features(0), features(0)[:1]])
    found = authenticity(train, train[[0, 40, 7]])
    assert found.closer.tolist() == [False, False, True]
    assert (found.closer_share, found.farther_share) == (pytest.approx(1 / 3), 0.0)


def test_pinned() -> None:
    real, fake = np.array([[0.0], [1], [3], [7]]), np.array([[0.5], [2.5], [20.0]])
    pr = precision_recall(real, fake, 1)  # real radii 1, 1, 2, 4; fake ones 2, 2, 17.5
    assert (pr.precision, pr.recall) == (pytest.approx(2 / 3), 1.0)
    dc = density_coverage(real, fake, 1)  # 0.5 in two balls; 2.5 in one, not 4.5 from 7; 20 in none
    assert (dc.density, dc.coverage) == (1.0, 0.75)
    found = authenticity(real, fake)  # 0.5 from 0 < 1; 0.5 from 3 < 2; 13 from 7 > 4
    assert found.closer.tolist() == [True, True, False]


@pytest.mark.parametrize("metric", [precision_recall, density_coverage, authenticity])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("place", [0, 1])
def test_nan_and_infinity_are_refused(metric: Any, place: int, bad: float) -> None:
    given = [features(0), features(1)]
    given[place][13, 0] = bad
    with pytest.raises(ValueError, match="hold NaN or infinity, first in image 13"):
        metric(*given)


def test_too_few_images_are_refused() -> None:
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
