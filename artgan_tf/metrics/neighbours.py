"""Exact nearest neighbours by brute force, in blocks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from artgan_tf.metrics.distances import (
    BLOCK,
    Array,
    Block,
    Rows,
    pair_of,
    pair_squares,
    slices,
    squared_distances,
)

Indices = NDArray[np.intp]

SPARE = 2  # candidates beyond k, so that exact distances decide


@dataclass(frozen=True)
class Neighbours:
    """The nearest points of each query, the nearest first.

    Attributes:
        indices: [N, k], indices of the points.
        distances: [N, k], Euclidean.
    """

    indices: Indices
    distances: Array


def nearest(queries: ArrayLike, points: ArrayLike, k: int = 1, block: int = BLOCK) -> Neighbours:
    """The k nearest points of each query; ties are broken arbitrarily.

    Args:
        queries: [N, ...] of d finite values each: pixels or features.
        points: [M, ...] of d finite values each, M at least k.
        k: number of neighbours.
        block: rows compared at a time.
    """
    indices, squares = search(*pair_of(queries, points, "queries", "points"), k, None, block)
    return Neighbours(indices, np.sqrt(squares))


def search(
    queries: Rows, points: Rows, k: int, own: Indices | None, block: int
) -> tuple[Indices, Array]:
    """Indices and exact squared distances of the nearest points, both [N, k]; see `nearest`.

    Args:
        queries, points: [N, d] and [M, d], checked.
        k: number of points for each query.
        own: [N], index of the point to exclude for each query, itself; None to exclude none.
        block: rows compared at a time.
    """
    others = len(points) - (own is not None)
    if not 1 <= k <= others:
        raise ValueError(f"There are no k={k} neighbours among {others} images.")
    shape = len(queries), min(k + SPARE, others)
    squares, indices = np.full(shape, np.inf), np.zeros(shape, dtype=np.intp)
    for part in squared_distances(queries, points, block):
        if own is not None:
            _leave_out(part, own[part.rows])
        _keep_nearest(squares[part.rows], indices[part.rows], part)
    return _sorted(queries, points, indices, k, block)


def _leave_out(part: Block, own: Indices) -> None:
    """Set the distance to each query's own point to infinity."""
    rows = np.flatnonzero((own >= part.columns.start) & (own < part.columns.stop))
    part.squares[rows, own[rows] - part.columns.start] = np.inf


def _keep_nearest(squares: Array, indices: Indices, part: Block) -> None:
    """Update the nearest points so far with those of the block, in place."""
    columns = np.arange(part.columns.start, part.columns.stop)
    near = np.concatenate([squares, part.squares], axis=1)
    names = np.concatenate([indices, np.broadcast_to(columns, part.squares.shape)], axis=1)
    chosen = np.argpartition(near, squares.shape[1] - 1, axis=1)[:, : squares.shape[1]]
    squares[:] = np.take_along_axis(near, chosen, axis=1)
    indices[:] = np.take_along_axis(names, chosen, axis=1)


def _sorted(
    queries: Rows, points: Rows, indices: Indices, k: int, block: int
) -> tuple[Indices, Array]:
    """The k nearest of the candidates by exact distances; ties keep their order."""
    indices = np.sort(indices, axis=1)
    squares = np.empty(indices.shape)
    for column in range(indices.shape[1]):
        for rows in slices(len(queries), block):
            squares[rows, column] = pair_squares(queries[rows], points[indices[rows, column]])
    order = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(indices, order, axis=1), np.take_along_axis(squares, order, axis=1)
