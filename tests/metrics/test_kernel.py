"""KID against its definition, by explicit loops over pairs of images."""

import numpy as np
import pytest

from artgan_tf.metrics import kernel as module
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


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_squared_mmd(shift):
    x, y = features(0), features(10, 15, shift=shift)
    assert squared_mmd(x, y) == pytest.approx(expected(x, y), rel=1e-10)
    assert squared_mmd(y, x[::-1]) == pytest.approx(expected(x, y), rel=1e-10)
    assert squared_mmd(x, x) == pytest.approx(expected(x, x), rel=1e-10)


def test_subsets():
    """Mean and deviation over subsets, given the same squared MMDs."""
    x, y = features(0, 60), features(1, 50, shift=0.5)
    found = kernel_distance(x, y, subsets=30, subset_size=20)
    rng, values = np.random.default_rng(0), []
    for _ in range(30):
        rows, columns = (rng.choice(n, 20, replace=False) for n in (60, 50))
        values.append(expected(x[rows], y[columns]))
    assert found.mean == pytest.approx(np.mean(values), rel=1e-9)
    assert found.std == pytest.approx(np.std(values), rel=1e-9)


@pytest.mark.parametrize(
    ("real", "fake", "subsets"), [(1200, 1001, [1000] * 100), (60, 25, [25] * 100), (25, 25, [25])]
)
def test_100_subsets_of_1000_or_of_the_smaller_set(real, fake, subsets, monkeypatch):
    sizes: list[int] = []

    def counted(x: Array, y: Array) -> float:
        assert len(x) == len(y)
        sizes.append(len(x))
        return 0.5

    monkeypatch.setattr(module, "squared_mmd", counted)
    assert kernel_distance(features(0, real, 2), features(1, fake, 2)) == (0.5, 0.0)
    assert sizes == subsets


def test_float32_features_are_multiplied_in_float64():
    x, y = (features(s, 30, 50, 3.0).astype("float32") for s in (0, 1))
    wide = squared_mmd(x.astype("float64"), y.astype("float64"))
    assert squared_mmd(x, y) == pytest.approx(wide, rel=1e-12)


def test_what_cannot_be_compared_is_refused():
    bad = features(0)
    bad[7, 2] = np.nan
    with pytest.raises(ValueError, match="`real` hold NaN or infinity, first in image 7"):
        kernel_distance(bad, features(1))
    with pytest.raises(ValueError, match="`fake` hold NaN or infinity, first in image 7"):
        kernel_distance(features(1), bad)
    with pytest.raises(ValueError, match="`fake` must hold 2 or more images and hold 1"):
        kernel_distance(features(0), features(1, 1))
    with pytest.raises(ValueError, match="one width, not 6 and 5"):
        kernel_distance(features(0), features(1, width=5))
