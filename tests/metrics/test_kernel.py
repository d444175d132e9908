"""KID against its definition, by explicit loops over pairs of images."""

from typing import Any

import numpy as np
import pytest

from artgan_tf.metrics.kernel import kernel_distance, squared_mmd

Array = np.ndarray


def features(seed: int, count: int = 20, width: int = 6, shift: float = 0.0) -> Array:
    return np.random.default_rng(seed).normal(shift, 1.0, (count, width))


def kernel(x: Array, y: Array) -> float:
    return float((sum(a * b for a, b in zip(x, y, strict=True)) / len(x) + 1.0) ** 3)


def expected(x: Array, y: Array) -> float:
    """Squared MMD from means of the kernel over pairs of different x, different y, and x with y."""
    m, n = len(x), len(y)
    among_x = [kernel(x[i], x[j]) for i in range(m) for j in range(m) if i != j]
    among_y = [kernel(y[i], y[j]) for i in range(n) for j in range(n) if i != j]
    across = [kernel(a, b) for a in x for b in y]
    return float(np.mean(among_x) + np.mean(among_y) - 2 * np.mean(across))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_squared_mmd(seed: int, shift: float) -> None:
    x, y = features(seed), features(seed + 10, 15, shift=shift)
    assert squared_mmd(x, y) == pytest.approx(expected(x, y), rel=1e-10)
    assert squared_mmd(y, x) == pytest.approx(squared_mmd(x, y), rel=1e-10)


@pytest.mark.parametrize("block", [1, 4, 7, 1000])
def test_block_size_and_order_do_not_count(block: int) -> None:
    x, y = features(0), features(1, 15, shift=0.5)
    assert squared_mmd(x, y, block) == pytest.approx(squared_mmd(x, y), rel=1e-11)
    assert squared_mmd(x[::-1], y, block) == pytest.approx(squared_mmd(x, y), rel=1e-11)


def test_turning_changes_nothing() -> None:
    """The kernel depends only on scalar products (which translation changes)."""
    x, y = features(0), features(1, shift=0.5)
    turn = np.linalg.qr(features(2, 6))[0]
    assert squared_mmd(x @ turn, y @ turn) == pytest.approx(squared_mmd(x, y), rel=1e-10)


def test_subsets() -> None:
    """Mean and deviation over subsets, given the same squared MMDs."""
    x, y = features(0, 60), features(1, 50, shift=0.5)
    found = kernel_distance(x, y, subsets=30, subset_size=20, seed=5)
    rng, values = np.random.default_rng(5), []
    for _ in range(30):
        rows, columns = (rng.choice(n, 20, replace=False) for n in (60, 50))
        values.append(expected(x[rows], y[columns]))
    assert found.mean == pytest.approx(np.mean(values), rel=1e-9)
    assert found.std == pytest.approx(np.std(values), rel=1e-9)
    assert (found.subsets, found.subset_size) == (30, 20)


def test_seeds_make_the_subsets() -> None:
    x, y = features(0, 60), features(1, 50)
    first, again, other = (kernel_distance(x, y, 10, 20, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.mean != other.mean


@pytest.mark.slow
def test_the_protocol_is_100_subsets_of_1000() -> None:
    found = kernel_distance(features(0, 1200, 2), features(1, 1001, 2))
    assert (found.subsets, found.subset_size) == (100, 1000)


def test_fewer_images_make_smaller_subsets_and_it_says_so() -> None:
    found = kernel_distance(features(0, 60), features(1, 25))
    assert (found.subsets, found.subset_size) == (100, 25)
    x, y = features(0, 25), features(1, 25)
    whole = kernel_distance(x, y)
    assert (whole.subsets, whole.subset_size, whole.std) == (1, 25, 0.0)
    assert whole.mean == pytest.approx(squared_mmd(x, y), rel=1e-10)


def test_it_is_unbiased() -> None:
    """Equal distributions give 0 within three standard errors, even for small sets."""
    for count in (3, 10, 30):
        values = [squared_mmd(features(s, count), features(s + 5000, count)) for s in range(1000)]
        assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(1000)


def test_the_same_set_twice_is_below_zero() -> None:
    """Pairs of an image with itself count across sets but not within them."""
    x = features(0)
    assert squared_mmd(x, x) == pytest.approx(expected(x, x), rel=1e-10)
    assert squared_mmd(x, x) < 0


def test_distance_rises_with_noise() -> None:
    x, rng = features(0, 500), np.random.default_rng(1)
    y = features(2, 500)
    found = [squared_mmd(x, y + s * rng.normal(size=y.shape)) for s in (0, 1, 2, 4)]
    assert found == sorted(found)
    assert found[1] > 0.05


def test_pinned() -> None:
    """k = 1 within x; k = 2^3 within y; k = 1 across, as x is at the origin."""
    assert squared_mmd(np.zeros((3, 2)), np.ones((4, 2))) == pytest.approx(1 + 8 - 2, rel=1e-14)


def test_float32_features_are_multiplied_in_float64() -> None:
    x, y = (features(s, 30, 50, 3.0).astype("float32") for s in (0, 1))
    wide = squared_mmd(x.astype("float64"), y.astype("float64"))
    assert squared_mmd(x, y) == pytest.approx(wide, rel=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("which", ["real", "fake"])
def test_nan_and_infinity_are_refused(which: str, bad: float) -> None:
    given: dict[str, Any] = {"real": features(0), "fake": features(1)}
    given[which][7, 2] = bad
    with pytest.raises(ValueError, match=f"`{which}` hold NaN or infinity, first in image 7"):
        kernel_distance(**given)


def test_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match="`fake` must hold 2 or more images and hold 1"):
        kernel_distance(features(0), features(1, 1))
    with pytest.raises(ValueError, match="one width, not 6 and 5"):
        kernel_distance(features(0), features(1, width=5))
    with pytest.raises(ValueError, match="0 subsets of 1000 images"):
        kernel_distance(features(0), features(1), subsets=0)
