"""Label agreement by counting, and metrics by class."""

import math
from functools import partial
from typing import Any

import numpy as np
import pytest

from artgan_tf.metrics.agreement import Accuracy, intra_class, label_agreement
from artgan_tf.metrics.frechet import LEAST, frechet_distance
from artgan_tf.metrics.kernel import kernel_distance, squared_mmd

Array = np.ndarray


def counted(pairs: list[tuple[int, int]]) -> Accuracy:
    share = sum(a == b for a, b in pairs) / len(pairs)
    return Accuracy(share, math.sqrt(share * (1 - share) / len(pairs)), len(pairs))


@pytest.mark.parametrize("seed", range(3))
def test_agreement(seed: int) -> None:
    predicted, intended = np.random.default_rng(seed).integers(0, 4, (2, 100))
    pairs = list(zip(predicted.tolist(), intended.tolist(), strict=True))
    found = label_agreement(predicted, intended)
    assert found.overall == counted(pairs)
    assert found.by_class == {k: counted([p for p in pairs if p[1] == k]) for k in range(4)}


def test_order_does_not_count() -> None:
    predicted, intended = np.random.default_rng(0).integers(0, 4, (2, 100))
    order = np.random.default_rng(1).permutation(100)
    assert label_agreement(predicted[order], intended[order]) == label_agreement(
        predicted, intended
    )


def test_standard_error_is_the_spread_of_repetitions() -> None:
    rng, intended = np.random.default_rng(0), np.zeros(200, int)
    found = [label_agreement((rng.random(200) < 0.3).astype(int), intended) for _ in range(2000)]
    spread = np.std([one.overall.accuracy for one in found])
    assert np.mean([one.overall.standard_error for one in found]) == pytest.approx(spread, rel=0.05)


def test_pinned_and_bounds() -> None:
    found = label_agreement([0, 0, 1, 5], [0, 1, 1, 1])
    assert found.overall == Accuracy(0.5, 0.25, 4)
    assert found.by_class == {0: Accuracy(1.0, 0.0, 1), 1: counted([(0, 1), (1, 1), (5, 1)])}
    same = label_agreement([3, 1], [3, 1])
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
        label_agreement(predicted, intended)


def of_classes(seed: int, counts: dict[int, int], width: int = 3) -> tuple[Array, Array]:
    """Features whose mean is their class, in random order, and labels."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(list(counts), list(counts.values())))
    return rng.normal(labels[:, None], 1.0, (len(labels), width)), labels


def test_a_metric_by_class() -> None:
    real, real_labels = of_classes(0, {0: 30, 2: 20, 5: 25})
    fake, fake_labels = of_classes(1, {5: 15, 0: 40, 2: 10})
    found = intra_class(squared_mmd, real, real_labels, fake, fake_labels)
    assert list(found) == [0, 2, 5]
    for label, value in found.items():
        x = [row for row, k in zip(real, real_labels, strict=True) if k == label]
        y = [row for row, k in zip(fake, fake_labels, strict=True) if k == label]
        assert value == pytest.approx(squared_mmd(x, y))
    sizes = intra_class(kernel_distance, real, real_labels, fake, fake_labels)
    assert {label: one.subset_size for label, one in sizes.items()} == {0: 30, 2: 10, 5: 15}


@pytest.mark.parametrize("which", ["real", "fake"])
def test_frechet_distance_is_refused_for_small_classes(which: str) -> None:
    assert LEAST == 2048
    counts = {"real": {0: 2048, 1: 2048}, "fake": {0: 2048, 1: 2048}}
    real, fake = (of_classes(0, counts[name]) for name in ("real", "fake"))
    found = intra_class(frechet_distance, *real, *fake)
    assert found[1] == pytest.approx(frechet_distance(real[0][real[1] == 1], fake[0][fake[1] == 1]))
    counts[which][1] = 2047
    real, fake = (of_classes(0, counts[name]) for name in ("real", "fake"))
    for metric in (frechet_distance, partial(frechet_distance, block=100)):
        with pytest.raises(ValueError, match=r"Class 1 has 2,04\d real .* this metric needs 2,048"):
            intra_class(metric, *real, *fake, least=2)


def test_a_class_without_images_of_one_kind_is_refused() -> None:
    real, fake = of_classes(0, {0: 10, 1: 10}), of_classes(1, {0: 10})
    with pytest.raises(ValueError, match="Class 1 has 10 real and 0 generated images"):
        intra_class(squared_mmd, *real, *fake)
    with pytest.raises(ValueError, match="Class 1 has 0 real and 10 generated images"):
        intra_class(squared_mmd, *fake, *real)
    with pytest.raises(ValueError, match=r"Class 0 has 10 real and 10 generated .* needs 11"):
        intra_class(squared_mmd, *fake, *fake, least=11)


def test_labels_must_fit() -> None:
    real, labels = of_classes(0, {0: 10, 1: 10})
    with pytest.raises(ValueError, match="one label"):
        intra_class(squared_mmd, real, labels[:-1], real, labels)
    real[3, 0] = np.nan
    with pytest.raises(ValueError, match="`fake` hold NaN or infinity, first in image 3"):
        intra_class(squared_mmd, np.zeros((20, 3)), labels, real, labels)
