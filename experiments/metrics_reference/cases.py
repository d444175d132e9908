"""Inputs of the reference implementations: features and logits from a seed, exact to the bit.

They are made only from uniform numbers of PCG64 and single additions and multiplications, which
give the same results on every machine; golden.json holds their checksums.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray

SEED = 20240502
NEIGHBOURS = (3, 5)
SUBSETS = 20  # subsets of the kernel distance, each half as large as the smaller set
SPLITS = (1, 10)


def normal(rng: np.random.Generator, *shape: int) -> Array:
    """Approximately normal numbers: the sum of twelve uniform ones minus 6."""
    total = rng.random(shape)
    for _ in range(11):
        total = total + rng.random(shape)
    return total - 6.0


def correlated(rng: np.random.Generator, count: int, width: int) -> Array:
    """Rows whose neighbouring values correlate and whose last values are largest."""
    values = normal(rng, count, width)
    values = values + 0.75 * np.roll(values, 1, axis=1) + 0.5 * np.roll(values, 2, axis=1)
    return values * np.linspace(0.125, 2.0, width)


def near(rng: np.random.Generator) -> tuple[Array, Array]:
    """Two sets that barely differ."""
    return correlated(rng, 700, 48), 1.0625 * correlated(rng, 600, 48) + 0.0625


def far(rng: np.random.Generator) -> tuple[Array, Array]:
    """Two sets with different means and variances."""
    return correlated(rng, 400, 48), 1.5 * correlated(rng, 400, 48) + 0.5


def offset(rng: np.random.Generator) -> tuple[Array, Array]:
    """Two sets far from the origin."""
    return correlated(rng, 300, 16) + 64.0, 1.25 * correlated(rng, 350, 16) + 64.5


def positive(rng: np.random.Generator) -> tuple[Array, Array]:
    """Values at least 0, and often 0, like pooled activations."""
    return np.maximum(correlated(rng, 400, 64), 0.0), np.maximum(correlated(rng, 400, 64), 0.25)


def modes(rng: np.random.Generator) -> tuple[Array, Array]:
    """Ten modes, of which the second set has only six."""
    centres = 3.0 * normal(rng, 10, 8)
    real, fake = (rng.integers(0, kept, 500) for kept in (10, 6))
    return centres[real] + 0.5 * normal(rng, 500, 8), centres[fake] + 0.5 * normal(rng, 500, 8)


def singular(rng: np.random.Generator) -> tuple[Array, Array]:
    """Fewer images than features."""
    return correlated(rng, 50, 96), correlated(rng, 40, 96) + 0.25


PAIRS: dict[str, Callable[[np.random.Generator], tuple[Array, Array]]] = {
    make.__name__: make for make in (near, far, offset, positive, modes, singular)
}
LOGITS: dict[str, tuple[int, int, float]] = {  # images, classes, spread
    "even": (1000, 20, 2.0),
    "uneven": (503, 13, 1.0),
    "certain": (600, 10, 40.0),
    "doubtful": (600, 100, 0.25),
}


def pair(name: str) -> tuple[Array, Array]:
    """Features of real and generated images, float64 [N, d] and [M, d]."""
    return PAIRS[name](generator(list(PAIRS).index(name)))


def logits(name: str) -> Array:
    """Logits of generated images, float64 [N, K], with unequal class frequencies."""
    count, classes, spread = LOGITS[name]
    rng = generator(100 + list(LOGITS).index(name))
    return spread * normal(rng, count, classes) + spread * np.linspace(0.0, 1.0, classes)


def pictures() -> Array:
    """Pictures uint8 [16, 128, 96, 3]: sums of colour patches at three scales."""
    rng = generator(200)
    total = np.zeros((16, 128, 96, 3))
    for size, share in ((32, 128.0), (8, 64.0), (2, 48.0), (1, 16.0)):
        patches = share * rng.random((16, 128 // size, 96 // size, 3))
        total = total + patches.repeat(size, axis=1).repeat(size, axis=2)
    return total.astype(np.uint8)


def part(maps: Array) -> Array:
    """The stored part of maps [N, H, W, C]: two corners and an inner area, every fourth channel."""
    places = [maps[:, 0, 0], maps[:, -1, -1], maps[:, maps.shape[1] // 2, maps.shape[2] // 2]]
    return np.stack(places, axis=1)[..., ::4]


def generator(number: int) -> np.random.Generator:
    """PCG64 explicitly, as NumPy's default may change."""
    return np.random.Generator(np.random.PCG64([SEED, number]))


def checksum(*arrays: Array) -> str:
    """SHA-256 of the arrays as float64, in order."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return found.hexdigest()


def inputs() -> dict[str, Any]:
    """Checksums of all cases."""
    pairs = {name: checksum(*pair(name)) for name in PAIRS}
    return pairs | {name: checksum(logits(name)) for name in LOGITS}
