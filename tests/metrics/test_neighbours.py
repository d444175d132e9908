"""Nearest neighbours against SciPy's distances and a full sort."""

import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from artgan_tf.metrics.distances import as_rows, squared_distances
from artgan_tf.metrics.neighbours import nearest, search

Array = np.ndarray


def features(seed: int, count: int = 40, width: int = 5) -> Array:
    return np.random.default_rng(seed).normal(size=(count, width))


@pytest.mark.parametrize("block", [1, 7, 1000])
@pytest.mark.parametrize("k", [1, 3, 30])
def test_nearest(k: int, block: int) -> None:
    queries, points = features(0), features(1, 30)
    table = cdist(queries, points)
    found = nearest(queries, points, k, block)
    np.testing.assert_array_equal(found.indices, np.argsort(table, axis=1)[:, :k])
    np.testing.assert_allclose(found.distances, np.sort(table, axis=1)[:, :k], rtol=1e-14)


@pytest.mark.parametrize("block", [1, 7, 1000])
@pytest.mark.parametrize("k", [1, 3, 29])
def test_a_point_is_no_neighbour_of_its_own(k: int, block: int) -> None:
    points = features(0, 30)
    table = cdist(points, points)
    np.fill_diagonal(table, np.inf)
    indices, squares = search(points, points, k, np.arange(30), block)
    np.testing.assert_array_equal(indices, np.argsort(table, axis=1)[:, :k])
    np.testing.assert_allclose(np.sqrt(squares), np.sort(table, axis=1)[:, :k], rtol=1e-14)


def test_order_of_points_and_place_do_not_count() -> None:
    queries, points = features(0), features(1, 30)
    found, order = nearest(queries, points, 4), np.random.default_rng(0).permutation(30)
    mixed = nearest(queries, points[order], 4)
    np.testing.assert_array_equal(order[mixed.indices], found.indices)
    np.testing.assert_array_equal(mixed.distances, found.distances)
    far = nearest(queries + 1e6, points + 1e6, 4)
    np.testing.assert_array_equal(far.indices, found.indices)
    np.testing.assert_allclose(far.distances, found.distances, rtol=1e-8)


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_copies_are_at_zero(block: int) -> None:
    """Exactly 0, even far from the origin, where |x|^2 + |m|^2 - 2xm would give about 1e-4."""
    points = features(0, 30, 500) + 100.0
    found = nearest(points[[4, 17]], points, 2, block)
    assert found.indices[:, 0].tolist() == [4, 17]
    assert found.distances[:, 0].tolist() == [0.0, 0.0]
    twice = np.concatenate([points, points[[4]]])
    indices, squares = search(twice, twice, 1, np.arange(31), block)
    assert (indices[4, 0], indices[30, 0]) == (30, 4)
    assert (squares[4, 0], squares[30, 0]) == (0.0, 0.0)
    assert squares[5, 0] > 1.0


def test_exact_distances_decide_where_rounding_could() -> None:
    """Two points that are very close and a far one, whose products round by more than their gap."""
    points = np.array([[1e-5], [2e-5], [1e6]])
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        found = nearest([[0.0], [3e-5]], points[order], 1)
        assert [order[i] for i in found.indices[:, 0]] == [0, 1]
        np.testing.assert_allclose(found.distances, [[1e-5], [1e-5]], rtol=1e-12)


def test_images_of_bytes_are_compared_as_numbers() -> None:
    """200 - 250 is -50 here, not 206."""
    images = np.array([[[[200, 10, 0]]], [[[250, 10, 0]]], [[[0, 10, 0]]]], dtype="uint8")
    found = nearest(images, images[1:])
    assert found.indices[:, 0].tolist() == [0, 0, 1]
    assert found.distances[:, 0].tolist() == [50.0, 0.0, 0.0]


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("offset", [0.0, 10.0])
def test_squared_distances_are_within_their_rounding(scale: float, offset: float) -> None:
    a, b = scale * (features(0, 40, 300) + offset), scale * (features(1, 30, 300) + offset)
    exact = cdist(a, b, "sqeuclidean")
    for part in squared_distances(a, b, 16):
        error = np.abs(part.squares - exact[part.rows, part.columns])
        assert error.max() <= part.rounding
        assert part.rounding < 1e-9 * exact.max()
    assert all(part.squares.min() >= 0.0 for part in squared_distances(a, a, 16))


def test_memory_stays_within_blocks() -> None:
    queries, points = features(0, 3000, 12), features(1, 3000, 12)  # 72 MB of distances
    tracemalloc.start()
    nearest(queries, points, 3, block=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


def test_rows_are_views_in_their_own_dtype() -> None:
    images = np.zeros((5, 4, 4, 3), "uint8")
    rows = as_rows(images, "images")
    assert (rows.shape, rows.dtype) == ((5, 48), images.dtype)
    assert np.shares_memory(rows, images)


def test_what_cannot_be_compared_is_refused() -> None:
    good, bad = features(0), features(1)
    bad[11, 2] = np.nan
    with pytest.raises(ValueError, match="`points` hold NaN or infinity, first in image 11"):
        nearest(good, bad)
    with pytest.raises(ValueError, match="`queries` hold NaN or infinity, first in image 11"):
        nearest(bad, good)
    with pytest.raises(ValueError, match="no k=41 neighbours among 40 images"):
        nearest(good, good, 41)
    with pytest.raises(ValueError, match="no k=40 neighbours among 39 images"):
        search(good, good, 40, np.arange(40), 100)
    with pytest.raises(ValueError, match="no k=0 neighbours"):
        nearest(good, good, 0)
    with pytest.raises(ValueError, match="`points` must be numbers"):
        nearest(good, np.array([["a"], ["b"]]))
    with pytest.raises(ValueError, match="`points` must be numbers"):
        nearest(good, np.zeros((40, 0)))
