"""Accuracy, checked by counting."""

import math
from typing import Any

import numpy as np
import pytest

from artgan_tf.metrics.accuracy import Accuracy, accuracies


def counted(pairs: list[tuple[int, int]]) -> Accuracy:
    share = sum(a == b for a, b in pairs) / len(pairs)
    return Accuracy(share, math.sqrt(share * (1 - share) / len(pairs)), len(pairs))


@pytest.mark.parametrize("seed", range(3))
def test_agreement(seed: int) -> None:
    predicted, intended = np.random.default_rng(seed).integers(0, 4, (2, 100))
    pairs = list(zip(predicted.tolist(), intended.tolist(), strict=True))
    found = accuracies(predicted, intended)
    assert found.overall == counted(pairs)
    assert found.by_class == {k: counted([p for p in pairs if p[1] == k]) for k in range(4)}


def test_order_does_not_count() -> None:
    predicted, intended = np.random.default_rng(0).integers(0, 4, (2, 100))
    order = np.random.default_rng(1).permutation(100)
    assert accuracies(predicted[order], intended[order]) == accuracies(predicted, intended)


def test_standard_error_is_the_spread_of_repetitions() -> None:
    rng, intended = np.random.default_rng(0), np.zeros(200, int)
    found = [accuracies((rng.random(200) < 0.3).astype(int), intended) for _ in range(2000)]
    spread = np.std([one.overall.accuracy for one in found])
    assert np.mean([one.overall.standard_error for one in found]) == pytest.approx(spread, rel=0.05)


def test_pinned_and_bounds() -> None:
    found = accuracies([0, 0, 1, 5], [0, 1, 1, 1])
    assert found.overall == Accuracy(0.5, 0.25, 4)
    assert found.by_class == {0: Accuracy(1.0, 0.0, 1), 1: counted([(0, 1), (1, 1), (5, 1)])}
    same = accuracies([3, 1], [3, 1])
    assert same.overall == Accuracy(1.0, 0.0, 2)


@pytest.mark.parametrize(
    ("predicted", "intended", "message"),
    [
        ([0.0, np.nan], [0, 1], "`predicted` must be whole numbers from 0"),
        ([0, 1], [0.0, np.inf], "`intended` must be whole numbers from 0"),
        ([0, 1.5], [0, 1], "`predicted` must be whole numbers from 0"),
        ([0, -1], [0, 1], "`predicted` must be whole numbers from 0"),
        ([0, 1], [0, 1, 2], "2 predicted labels do not fit 3 intended ones"),
        ([], [], r"`predicted` must be labels \[N\]"),
        ([[0, 1]], [0, 1], r"`predicted` must be labels \[N\]"),
        (["a"], [0], r"`predicted` must be labels \[N\]"),
    ],
)
def test_what_are_no_labels_is_refused(predicted: Any, intended: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        accuracies(predicted, intended)
