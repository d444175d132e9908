"""R1 and R2 of the class critic against float64 NumPy, and their lazy evaluation."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError
from artgan_tf.papers import build_gan
from tests.gans import K, batch, built, tiny, values

GAMMA, EVERY = 0.3, 2
SMALL = {
    "data__image_size": 8,
    "model__generator": ["8:64"],
    "model__autoencoder": False,
    "discriminator__dropout": 0.0,
    "discriminator__noise": 0.0,
}
PENALTY = {"train__gradient_penalty": GAMMA, "train__penalty_every": EVERY}
TINY_STEP = 1e-30  # imaginary part for derivatives without the rounding of differences


# ---- in float64 ---------------------------------------------------------------------------------
def convolve(x: Any, kernel: Any) -> Any:
    """3x3 convolution with stride 2 and SAME; for an even side, the padding is at the end."""
    x = np.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)))
    side = x.shape[1] // 2
    patches = [x[:, i : i + 2 * side : 2, j : j + 2 * side : 2] for i in range(3) for j in range(3)]
    return np.concatenate(patches, axis=-1) @ kernel.reshape(-1, kernel.shape[-1])


def leaky(x: Any) -> Any:
    return np.where(x.real > 0, x, 0.2 * x)


def score(weights: list[Any], x: Any) -> Any:
    """The critic's score of every class, [N, K]."""
    first, second, gamma, beta, _, head = weights
    x = convolve(leaky(convolve(x, first)), second)
    mean = x.mean(axis=(0, 1, 2))
    variance = ((x - mean) ** 2).mean(axis=(0, 1, 2))
    x = leaky((x - mean) / np.sqrt(variance + 1e-3) * gamma + beta)
    return x.reshape(len(x), -1) @ head


def squared_gradient(weights: list[Any], images: Any, y: Any) -> float:
    """E |grad c_y|^2, computed pixel by pixel."""
    total, rows = 0.0, np.arange(len(y))
    for place in np.ndindex(images.shape):
        moved = images.astype(complex)
        moved[place] += 1j * TINY_STEP
        total += (score(weights, moved)[rows, y].sum().imag / TINY_STEP) ** 2
    return total / len(y)


def test_the_penalty_and_its_gradient_are_numpys() -> None:
    gan = built("critic", **SMALL, **PENALTY)
    rng = np.random.default_rng(0)
    real, fake = rng.uniform(-1, 1, (2, 2, 8, 8, 3))
    y, fake_y = np.array([0, 2]), np.array([0, 1])
    variables = gan.discriminator.trainable_variables
    for variable in variables:
        variable.assign(rng.normal(0.2, 0.3, variable.shape))
    arguments = (tf.constant(real, tf.float32), y, tf.constant(fake, tf.float32), fake_y)
    with tf.GradientTape() as tape:
        found = gan.discriminator_terms(*arguments)["penalty"]

    def expected(weights: list[Any]) -> float:
        both = squared_gradient(weights, real, y) + squared_gradient(weights, fake, fake_y)
        return EVERY * GAMMA / 2 * both

    weights = [v.numpy().astype(np.float64) for v in variables]
    assert float(found) == pytest.approx(expected(weights), rel=1e-4)
    assert float(found) > 0.1
    way = [rng.normal(size=w.shape) for w in weights]
    above, below = (
        expected([w + step * d for w, d in zip(weights, way, strict=True)])
        for step in (1e-5, -1e-5)
    )
    gradients = tape.gradient(found, [v.value for v in variables], unconnected_gradients="zero")
    slope = sum(float(tf.reduce_sum(g * d)) for g, d in zip(gradients, way, strict=True))
    assert slope == pytest.approx((above - below) / 2e-5, rel=1e-3)


# ---- the step -----------------------------------------------------------------------------------
def stepped(at: int = 0, **changes: object) -> tuple[dict[str, float], list[Any], list[Any]]:
    """Terms of a D step, the weights after it, and the moving statistics."""
    gan = built("critic", **changes)
    gan.step.assign(at)
    images, y = batch()
    terms = gan.discriminator_step(gan.from_uint8(images), y, y)
    moving = [v.numpy() for v in gan.discriminator.non_trainable_variables if "moving" in v.path]
    return {k: float(v) for k, v in terms.items()}, values(gan.discriminator), moving


@pytest.mark.slow
def test_it_is_lazy_and_the_forward_pass_is_one() -> None:
    """Dropout and noise are drawn once, and batch norm's statistics are updated once."""
    plain, weights, moving = stepped()
    due, pulled, of_due = stepped(at=EVERY, **PENALTY)
    idle, left, of_idle = stepped(at=1, **PENALTY)
    assert "penalty" not in plain
    assert due.pop("penalty") > 0.0 == idle.pop("penalty")
    assert due == pytest.approx(plain) == idle
    for one, other, third in zip(moving, of_due, of_idle, strict=True):
        np.testing.assert_allclose(other, one, atol=1e-6)
        np.testing.assert_allclose(third, one, atol=1e-6)
    for one, other in zip(weights, left, strict=True):
        np.testing.assert_allclose(other, one, atol=1e-6)
    assert any(not np.allclose(a, b, atol=1e-5) for a, b in zip(weights, pulled, strict=True))


@pytest.mark.parametrize("paper", ["improved", "artgan"])
def test_it_is_the_class_critics(paper: str) -> None:
    sentence = (
        r"^train.gradient_penalty works only with model.paper='critic': set it to 0 [^\n]*\.$"
    )
    with pytest.raises(InputError, match=sentence):
        build_gan(tiny(paper, train__gradient_penalty=1.0), K)
