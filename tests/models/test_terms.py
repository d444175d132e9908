"""The models' losses against the formulas of both papers and the critics in float64 NumPy."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from artgan_tf.models import artgan, class_critic, improved

Array = NDArray[np.float64]
CLOSE: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-5}
SEEDS = range(2)
KINDS = ["non-saturating", "hinge", "relativistic"]


def logits(seed: int, units: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0.0, 3.0, (12, units)).astype("float32")


def labels(seed: int, classes: int) -> NDArray[np.int32]:
    return np.random.default_rng(seed + 100).integers(0, classes, 12).astype("int32")


def sigmoid(x: Any) -> Array:
    return 1.0 / (1.0 + np.exp(-np.asarray(x, dtype="float64")))


def expected_bce(x: Any, targets: Array) -> float:
    """-t log p - (1 - t) log(1 - p), one unit at a time; 1 - sigmoid(x) = sigmoid(-x)."""
    total = 0.0
    for row, target in zip(np.asarray(x), targets, strict=True):
        for value, t in zip(row, target, strict=True):
            total -= t * np.log(sigmoid(value)) + (1.0 - t) * np.log(sigmoid(-value))
    return total / targets.size


def realness(o: Any) -> tuple[Array, Array]:
    """p(real) = e^l / (e^l + 1) and 1 - p, with e^l = sum_k e^(o_k) shifted by its maximum."""
    o = np.asarray(o, dtype="float64")
    shift = o.max(axis=1)
    total = np.exp(o - shift[:, None]).sum(axis=1)
    return total / (total + np.exp(-shift)), np.exp(-shift) / (total + np.exp(-shift))


def softmax(o: Any) -> Array:
    weights = np.exp(np.asarray(o, dtype="float64") - np.max(o, axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def check(terms: dict[str, Any], expected: dict[str, Any]) -> None:
    assert terms.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(float(terms[name]), value, err_msg=name, **CLOSE)


@pytest.mark.parametrize("seed", SEEDS)
def test_artgan_discriminator(seed: int) -> None:
    real, fake, y = logits(seed, 6), logits(seed + 50, 6), labels(seed, 5)
    fake_target = np.eye(6)[np.full(12, 5)]
    expected = {"real": expected_bce(real, np.eye(6)[y]), "fake": expected_bce(fake, fake_target)}
    check(artgan.discriminator_loss(real, y, fake), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_artgan_generator_wants_the_class_and_not_fake(seed: int) -> None:
    fake, y = logits(seed, 6), labels(seed, 5)
    check(artgan.generator_loss(fake, y), {"adversarial": expected_bce(fake, np.eye(6)[y])})


@pytest.mark.parametrize("seed", SEEDS)
def test_improved_discriminator(seed: int) -> None:
    real, fake, y = logits(seed, 7), logits(seed + 50, 7), labels(seed, 7)
    expected = {
        "class": -np.mean(np.log(softmax(real)[np.arange(12), y])),
        "real": -np.mean(np.log(realness(real)[0])),
        "fake": -np.mean(np.log(realness(fake)[1])),
    }
    check(improved.discriminator_loss(real, y, fake), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_improved_generator(seed: int) -> None:
    fake, y = logits(seed, 7), labels(seed, 7)
    expected = {
        "adversarial": -np.mean(np.log(realness(fake)[0])),
        "class": -np.mean(np.log(softmax(fake)[np.arange(12), y])),
    }
    check(improved.generator_loss(fake, y), expected)


@pytest.mark.parametrize("size", [80.0, 200.0])  # e^80 still fits float32, e^200 does not
@pytest.mark.parametrize("sign", [-1.0, 1.0, 0.0])
def test_extreme_logits_stay_finite_and_right(sign: float, size: float) -> None:
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (12, 6)) if sign == 0 else sign
    o = tf.constant((size * signs * np.ones((12, 6))).astype("float32"))
    y = labels(0, 5)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(o)
        terms = {
            **{f"A D {k}": v for k, v in artgan.discriminator_loss(o, y, o).items()},
            **{f"A G {k}": v for k, v in artgan.generator_loss(o, y).items()},
            **{f"B D {k}": v for k, v in improved.discriminator_loss(o, y, o).items()},
            **{f"B G {k}": v for k, v in improved.generator_loss(o, y).items()},
        }
    for name, value in terms.items():
        assert np.isfinite(value), name
        assert np.all(np.isfinite(tape.gradient(value, o))), name
    p, q = realness(o)
    fake = np.eye(6)[np.full(12, 5)]
    np.testing.assert_allclose(terms["B D fake"], -np.log(q).mean(), **CLOSE)
    np.testing.assert_allclose(terms["B G adversarial"], -np.log(p).mean(), **CLOSE)
    np.testing.assert_allclose(terms["A D fake"], expected_bce(o, fake), **CLOSE)


# ---- the class critic ---------------------------------------------------------------------------
def expected_critic(kind: str, real: Any, fake: Any) -> tuple[dict[str, Any], Any]:
    """D's terms and G's term, one score at a time, from log sigmoid(c) and margins."""
    real, fake = (np.asarray(x, dtype="float64").ravel() for x in (real, fake))
    if kind == "relativistic":
        beats = [sigmoid(r - f) for r, f in zip(real, fake, strict=True)]
        loses = [sigmoid(f - r) for r, f in zip(real, fake, strict=True)]
        return {"real": -np.mean(np.log(beats))}, -np.mean(np.log(loses))
    if kind == "hinge":
        d = {
            "real": np.mean([max(0.0, 1.0 - r) for r in real]),
            "fake": np.mean([max(0.0, 1.0 + f) for f in fake]),
        }
        return d, np.mean([-f for f in fake])
    d = {"real": -np.mean(np.log(sigmoid(real))), "fake": -np.mean(np.log(1.0 - sigmoid(fake)))}
    return d, -np.mean(np.log(sigmoid(fake)))


@pytest.mark.parametrize("shape", [(12, 1, 1), (3, 4, 5)])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_class_critic(seed: int, kind: str, shape: tuple[int, ...]) -> None:
    real, fake = np.random.default_rng(seed).normal(0.0, 3.0, (2, *shape)).astype("float32")
    d, g = expected_critic(kind, real, fake)
    check(class_critic.discriminator_loss(real, fake, kind), d)
    check(class_critic.generator_loss(real, fake, kind), {"adversarial": g})


@pytest.mark.parametrize("kind", KINDS)
def test_large_scores_of_a_class_critic_stay_finite(kind: str) -> None:
    for far in (-200.0, 200.0):
        real, fake = np.full((12, 1, 1), far, np.float32), np.full((12, 1, 1), -far, np.float32)
        terms = class_critic.discriminator_loss(real, fake, kind)
        terms |= class_critic.generator_loss(real, fake, kind)
        assert all(np.isfinite(value) for value in terms.values())
