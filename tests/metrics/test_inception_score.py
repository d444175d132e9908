"""Inception score against divergences summed image by image."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import softmax

from artgan_tf.metrics.inception_score import InceptionScore, inception_score

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


def check(found: InceptionScore, scores: list[float]) -> None:
    assert found.mean == pytest.approx(np.mean(scores), rel=1e-11)
    assert found.std == pytest.approx(np.std(scores), rel=1e-8, abs=1e-12)
    assert found.splits == len(scores)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("count", "splits"), [(60, 10), (60, 1), (53, 4), (10, 10)])
def test_scores_of_splits(seed: int, count: int, splits: int) -> None:
    rows = logits(seed, count)
    p = softmax(rows, axis=1)
    ends = [count * k // splits for k in range(splits + 1)]
    scores = [one_score(p[a:b]) for a, b in pairwise(ends)]
    check(inception_score(rows, splits, seed=None), scores)
    assert inception_score(rows, splits).images == count


@pytest.mark.parametrize("block", [1, 5, 1000])
def test_block_size_does_not_count(block: int) -> None:
    rows = logits(0)
    assert inception_score(rows, block=block).mean == pytest.approx(
        inception_score(rows).mean, rel=1e-13
    )


def test_shuffling_mixes_what_stands_in_order_of_class() -> None:
    """Without shuffling, ten consecutive classes would be ten splits of score 1."""
    rows = 50.0 * np.repeat(np.eye(10), 100, axis=0)
    assert inception_score(rows, seed=None).mean == pytest.approx(1.0)
    assert inception_score(rows).mean > 9.0
    assert inception_score(rows, seed=3) == inception_score(rows, seed=3)
    assert inception_score(rows, seed=3) != inception_score(rows, seed=4)
    assert inception_score(rows, splits=1).mean == pytest.approx(10.0, rel=1e-12)


def test_order_of_images_and_classes_and_height_of_logits_do_not_count() -> None:
    rows, rng = logits(0), np.random.default_rng(1)
    whole = inception_score(rows, splits=1).mean
    mixed = rows[rng.permutation(60)][:, rng.permutation(7)] + rng.normal(0, 100, (60, 1))
    assert inception_score(mixed, splits=1).mean == pytest.approx(whole, rel=1e-11)


def test_bounds() -> None:
    """1 if all predictions are equal; the number of classes if they are certain and even."""
    assert inception_score(np.tile(logits(0, 1), (20, 1))).mean == pytest.approx(1.0, rel=1e-12)
    certain = np.tile(1e4 * np.eye(5), (4, 1))
    found = inception_score(certain, splits=4, seed=None)
    assert (found.mean, found.std) == (pytest.approx(5.0, rel=1e-12), pytest.approx(0, abs=1e-12))


@pytest.mark.parametrize("size", [100.0, 1e4, 1e30])
def test_extreme_logits(size: float) -> None:
    """exp(1e4) overflows; 0 log 0 is 0."""
    assert inception_score(size * np.eye(5), splits=1).mean == pytest.approx(5.0, rel=1e-12)
    unseen = np.tile([size, size, -size], (4, 1))
    assert inception_score(unseen, splits=1).mean == pytest.approx(1.0, rel=1e-12)


def test_score_falls_with_doubt() -> None:
    rows = 10.0 * np.tile(np.eye(8), (40, 1))
    noise = logits(0, 320, 8, 1.0)
    found = [inception_score(rows + s * noise).mean for s in (0, 3, 10)]
    assert found == sorted(found, reverse=True)


def test_pinned() -> None:
    """Two images with opposite predictions: KL = log 2 - H(3/4) each."""
    p = np.array([[0.75, 0.25], [0.25, 0.75]])
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    found = inception_score(np.log(p), splits=1)
    assert found.mean == pytest.approx(2 * math.exp(-entropy), rel=1e-13)
    assert found.mean == pytest.approx(1.1397535, rel=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused(bad: float) -> None:
    rows = logits(0)
    rows[33, 2] = bad
    with pytest.raises(ValueError, match="`logits` hold NaN or infinity, first in image 33"):
        inception_score(rows)


def test_too_few_images_are_refused() -> None:
    with pytest.raises(ValueError, match="`logits` must hold 10 or more images and hold 9"):
        inception_score(logits(0, 9))
    with pytest.raises(ValueError, match="no inception score of 0 splits"):
        inception_score(logits(0), splits=0)
