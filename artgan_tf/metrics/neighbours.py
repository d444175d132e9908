"""Exact nearest neighbours by brute force, in blocks."""

import numpy as np
from numpy.typing import NDArray

from artgan_tf.metrics.distances import (
    Array,
    Rows,
    Tile,
    pair_squares,
    slices,
    squared_distances,
)

Indices = NDArray[np.intp]

SPARE = 2  # candidates beyond k, so that exact distances decide


def search(
    queries: Rows, points: Rows, k: int, own: Indices | None = None
) -> tuple[Indices, Array]:
    """Indices and exact squared distances of the nearest points, both [N, k], the nearest first.

    Args:
        queries, points: [N, d] and [M, d], finite.
        k: number of points for each query; ties are broken arbitrarily.
        own: [N], index of the point to exclude for each query, itself; None to exclude none.

    Raises:
        ValueError: there are fewer than k points.
    """
    others = len(points) - (own is not None)
    if k > others:
        raise ValueError(f"There are no k={k} neighbours among {others} images.")
    shape = len(queries), min(k + SPARE, others)
    squares, indices = np.full(shape, np.inf), np.zeros(shape, dtype=np.intp)
    for part in squared_distances(queries, points):
        if own is not None:
            _leave_out(part, own[part.rows])
        _keep_nearest(squares[part.rows], indices[part.rows], part)
    return _sorted(queries, points, np.sort(indices, axis=1), k)


def _leave_out(part: Tile, own: Indices) -> None:
    """Set the distance to each query's own point to infinity."""
    rows = np.flatnonzero((own >= part.columns.start) & (own < part.columns.stop))
    part.squares[rows, own[rows] - part.columns.start] = np.inf


def _keep_nearest(squares: Array, indices: Indices, part: Tile) -> None:
    """Update the nearest points so far with those of the block, in place."""
    columns = np.arange(part.columns.start, part.columns.stop)
    near = np.concatenate([squares, part.squares], axis=1)
    names = np.concatenate([indices, np.broadcast_to(columns, part.squares.shape)], axis=1)
    chosen = np.argpartition(near, squares.shape[1] - 1, axis=1)[:, : squares.shape[1]]
    squares[:] = np.take_along_axis(near, chosen, axis=1)
    indices[:] = np.take_along_axis(names, chosen, axis=1)


def _sorted(queries: Rows, points: Rows, indices: Indices, k: int) -> tuple[Indices, Array]:
    """The k nearest of the candidates by exact distances; ties keep their order."""
    squares = np.empty(indices.shape)
    for column, candidates in enumerate(indices.T):
        for rows in slices(len(queries)):
            squares[rows, column] = pair_squares(queries[rows], points[candidates[rows]])
    order = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(indices, order, axis=1), np.take_along_axis(squares, order, axis=1)
