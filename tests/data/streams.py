"""Helpers for batches of numbered images."""

from typing import Any

import numpy as np


def indices(batches: list[Any]) -> list[int]:
    """The numbers of all images, stored in their first values."""
    return [int(i) for images, _ in batches for i in images[:, 0, 0, 0]]


def assert_same(batches: list[Any], others: list[Any]) -> None:
    """Whether two streams are equal bit for bit."""
    assert len(batches) == len(others)
    for batch, other in zip(batches, others, strict=True):
        for part, other_part in zip(batch, other, strict=True):
            np.testing.assert_array_equal(part, other_part)
