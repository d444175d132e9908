"""Inception score against divergences summed image by image."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import softmax

from artgan_tf.metrics.inception_score import inception_score

Array = np.ndarray


def logits(seed: int, count: int = 60, classes: int = 7, scale: float = 2.0) -> Array:
    return np.random.default_rng(seed).normal(0.0, scale, (count, classes))


def one_score(p: Array) -> float:
    """exp of the mean over images of sum_y p(y|x) log(p(y|x) / p(y))."""
    marginal = [sum(column) / len(p) for column in p.T.tolist()]
    total = 0.0
    for row in p.tolist():
        for value, share in zip(row, marginal, strict=True):
            total += value * math.log(value / share) if value > 0 else 0.0
    return math.exp(total / len(p))


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(("count", "splits"), [(60, 10), (60, 1), (53, 4), (10, 10)])
def test_scores_of_splits(count, splits):
    rows = logits(0, count)
    p = softmax(rows, axis=1)
    ends = [count * k // splits for k in range(splits + 1)]
    scores = [one_score(p[a:b]) for a, b in pairwise(ends)]
    found = inception_score(rows, splits, seed=None)
    assert found.mean == pytest.approx(np.mean(scores), rel=1e-11)
    assert found.std == pytest.approx(np.std(scores), rel=1e-8, abs=1e-12)


def test_shuffling_mixes_what_stands_in_order_of_class():
    """Without shuffling, ten consecutive classes would be ten splits of score 1."""
    rows = 50.0 * np.repeat(np.eye(10), 100, axis=0)
    assert inception_score(rows, seed=None).mean == pytest.approx(1.0)
    assert inception_score(rows).mean > 9.0
    assert inception_score(rows, seed=3) == inception_score(rows, seed=3)
    assert inception_score(rows, splits=1).mean == pytest.approx(10.0, rel=1e-12)


@pytest.mark.parametrize("size", [100.0, 1e4, 1e30])
def test_extreme_logits(size):
    """exp(1e4) overflows; 0 log 0 is 0."""
    assert inception_score(size * np.eye(5), splits=1).mean == pytest.approx(5.0, rel=1e-12)
    unseen = np.tile([size, size, -size], (4, 1))
    assert inception_score(unseen, splits=1).mean == pytest.approx(1.0, rel=1e-12)


def test_nan_infinity_and_too_few_images_are_refused():
    for bad in (np.nan, np.inf, -np.inf):
        rows = logits(0)
        rows[33, 2] = bad
        with pytest.raises(ValueError, match="`logits` hold NaN or infinity, first in image 33"):
            inception_score(rows)
    with pytest.raises(ValueError, match="`logits` must hold 10 or more images and hold 9"):
        inception_score(logits(0, 9))
