"""Shared by the metrics: checked arrays, and squared distances by blocks of matrix products.

Everything is computed in float64, one block of rows at a time, so memory does not depend on the
number of images; the arrays may be memory maps.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Rows = NDArray[Any]  # [N, d], in the caller's dtype

BLOCK = 1024  # rows; two blocks of 3,072 values and their distances take 60 MB


class Tile(NamedTuple):
    """Squared distances [m, n] of some rows of one array to some rows of another.

    `rounding` bounds the rounding error of each square.
    """

    rows: slice
    columns: slice
    squares: Array
    rounding: float


def as_rows(values: ArrayLike, name: str, least: int = 1) -> Rows:
    """Images or features [N, ...] as a matrix with one per row, in their own dtype.

    Raises:
        ValueError: there are fewer than `least` rows, or a value is not a finite number; the
            sentence calls the array `name`.
    """
    rows = np.asarray(values)
    width = math.prod(rows.shape[1:])
    if rows.ndim < 2 or not width or rows.dtype.kind not in "biuf":
        raise ValueError(f"`{name}` must be numbers [N, ...], not {rows.dtype} {list(rows.shape)}.")
    if len(rows) < least:
        raise ValueError(f"`{name}` must hold {least} or more images and hold {len(rows)}.")
    rows = rows.reshape(len(rows), width)
    for block in slices(len(rows)):
        finite = np.isfinite(rows[block]).all(axis=1)
        if not finite.all():
            number = block.start + int(np.argmin(finite))
            raise ValueError(f"`{name}` hold NaN or infinity, first in image {number}.")
    return rows


def pair_of(a: ArrayLike, b: ArrayLike, name: str, other: str, least: int = 1) -> tuple[Rows, Rows]:
    """`as_rows` of two arrays; ValueError if their widths differ."""
    rows, others = as_rows(a, name, least), as_rows(b, other, least)
    if (width := rows.shape[1]) != (wide := others.shape[1]):
        raise ValueError(
            f"`{name}` and `{other}` must be of one width, not {width} and {wide} values."
        )
    return rows, others


def slices(count: int, block: int = 0) -> Iterator[slice]:
    """Slices of range(count) of length `block`, by default `BLOCK`; the last may be shorter."""
    step = block or BLOCK
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def mean_row(rows: Rows) -> Array:
    """Mean of the rows: [N, d] -> [d]."""
    totals = (rows[part].sum(axis=0, dtype=np.float64) for part in slices(len(rows)))
    return sum(totals, np.zeros(rows.shape[1])) / len(rows)


def squared_distances(a: Rows, b: Rows) -> Iterator[Tile]:
    """|x - m|^2 = |x|^2 + |m|^2 - 2 x.m of all rows x of `a` and m of `b`, tile by tile.

    The mean of `b` is first subtracted from both: far from the origin the three terms are much
    larger than their sum, and cancellation would lose digits.  Blocks come in order of the rows of
    `a`; for each, all of `b`.
    """
    centre = mean_row(b)
    for rows in slices(len(a)):
        left = a[rows] - centre
        for columns in slices(len(b)):
            yield Tile(rows, columns, *_between(left, b[columns] - centre))


def _between(left: Array, right: Array) -> tuple[Array, float]:
    """Squared distances of two blocks, and a bound of their rounding error."""
    lengths, others = (np.einsum("ij,ij->i", rows, rows) for rows in (left, right))
    squares = left @ right.T
    squares *= -2.0
    squares += lengths[:, None]
    squares += others
    np.maximum(squares, 0.0, out=squares)
    units = (left.shape[1] + 4) * np.finfo(np.float64).eps
    return squares, 2.0 * units * float(lengths.max() + others.max())


def pair_squares(a: Rows, b: Rows) -> Array:
    """|x - m|^2 of each row x of `a` and the same row m of `b`, from their difference: [N].

    The result does not depend on the pair's position, to the last bit, and is 0 for copies.
    """
    difference = np.subtract(a, b, dtype=np.float64, order="C")
    return np.square(difference, out=difference).sum(axis=1)
