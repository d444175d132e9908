"""Nearest neighbours against SciPy's distances and a full sort."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from artgan_tf.metrics import distances
from artgan_tf.metrics.distances import as_rows, squared_distances
from artgan_tf.metrics.neighbours import search
from tests.evaluation.material import peak

Array = np.ndarray


def features(seed: int, count: int = 40, width: int = 5) -> Array:
    return np.random.default_rng(seed).normal(size=(count, width))


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("k", [1, 3, 29])
@pytest.mark.parametrize("own", [False, True])
def test_nearest_points_without_a_point_itself(own, k):
    points = features(1, 30)
    queries = points if own else features(0)
    table = cdist(queries, points)
    if own:
        np.fill_diagonal(table, np.inf)
    indices, squares = search(queries, points, k, np.arange(30) if own else None)
    np.testing.assert_array_equal(indices, np.argsort(table, axis=1)[:, :k])
    np.testing.assert_allclose(np.sqrt(squares), np.sort(table, axis=1)[:, :k], rtol=1e-14)


@pytest.mark.usefixtures("block")
def test_copies_are_at_zero():
    """Exactly 0, even far from the origin, where |x|^2 + |m|^2 - 2xm would give about 1e-4."""
    points = features(0, 30, 500) + 100.0
    indices, squares = search(points[[4, 17]], points, 2)
    assert indices[:, 0].tolist() == [4, 17]
    assert squares[:, 0].tolist() == [0.0, 0.0]
    twice = np.concatenate([points, points[[4]]])
    indices, squares = search(twice, twice, 1, np.arange(31))
    assert (indices[4, 0], indices[30, 0]) == (30, 4)
    assert (squares[4, 0], squares[30, 0]) == (0.0, 0.0)
    assert squares[5, 0] > 1.0


def test_exact_distances_decide_where_rounding_could():
    """Two points that are very close and a far one, whose products round by more than their gap."""
    points = np.array([[1e-5], [2e-5], [1e6]])
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        indices, squares = search(np.array([[0.0], [3e-5]]), points[order], 1)
        assert [order[i] for i in indices[:, 0]] == [0, 1]
        np.testing.assert_allclose(squares, [[1e-10], [1e-10]], rtol=1e-12)


def test_bytes_are_compared_as_numbers():
    """200 - 250 is -50 here, not 206."""
    rows = np.array([[200, 10, 0], [250, 10, 0], [0, 10, 0]], dtype="uint8")
    indices, squares = search(rows, rows[1:], 1)
    assert indices[:, 0].tolist() == [0, 0, 1]
    assert squares[:, 0].tolist() == [2500.0, 0.0, 0.0]


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("offset", [0.0, 10.0])
def test_squared_distances_are_within_their_rounding(scale, offset, monkeypatch):
    monkeypatch.setattr(distances, "BLOCK", 16)
    a, b = scale * (features(0, 40, 300) + offset), scale * (features(1, 30, 300) + offset)
    exact = cdist(a, b, "sqeuclidean")
    for part in squared_distances(a, b):
        error = np.abs(part.squares - exact[part.rows, part.columns])
        assert error.max() <= part.rounding
        assert part.rounding < 1e-9 * exact.max()
    assert all(part.squares.min() >= 0.0 for part in squared_distances(a, a))


def test_memory_stays_within_blocks(monkeypatch):
    monkeypatch.setattr(distances, "BLOCK", 100)
    queries, points = features(0, 3000, 12), features(1, 3000, 12)  # 72 MB of distances
    assert peak(lambda: search(queries, points, 3)) < 5e6


@pytest.mark.parametrize("wrong", [np.array([["a"], ["b"]]), np.zeros((40, 0)), np.zeros(3)])
def test_what_are_no_rows_of_numbers_is_refused(wrong):
    with pytest.raises(ValueError, match="`points` must be numbers"):
        as_rows(wrong, "points")
