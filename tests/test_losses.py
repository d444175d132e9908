"""The building blocks of losses against float64 NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf import losses
from tests.gans import batch, built


def test_mean_squared_error_sends_gradients_to_both_arguments():
    generator = np.random.default_rng(0)
    a, b = (generator.uniform(-1, 1, (3, 5, 5, 3)).astype("float32") for _ in range(2))
    first, second = tf.constant(a), tf.constant(b)
    with tf.GradientTape() as tape:
        tape.watch([first, second])
        loss = losses.mean_squared_error(first, second)
    difference = a.astype("float64") - b
    np.testing.assert_allclose(
        float(loss), (difference**2).sum() / difference.size, rtol=1e-5, atol=1e-5
    )
    to_first, to_second = tape.gradient(loss, [first, second])
    np.testing.assert_allclose(to_first, 2.0 * difference / difference.size, atol=1e-7)
    np.testing.assert_allclose(to_second, -2.0 * difference / difference.size, atol=1e-7)


def thumbnail(image):
    side = image.shape[0] // 8
    return image.reshape(8, side, 8, side, 3).mean(axis=(1, 3))


def shape(image):
    grey = thumbnail(image).mean(axis=2)
    return (grey - grey.mean()) / np.sqrt(grey.var() + 1e-3)


PLAIN = {"colours": thumbnail, "shapes": shape}


def plain_energy_distance(view, real, labels, fake, fake_labels):
    """Energy distance by loops over pairs of pictures, in float64."""

    def distances(a, b, pairs):
        return np.mean([np.sqrt(np.mean((a[i] - b[j]) ** 2)) for i, j in pairs])

    real = [PLAIN[view](image) for image in real.astype(np.float64)]
    fake = [PLAIN[view](image) for image in fake.astype(np.float64)]
    n = range(len(fake))
    across = [(i, j) for i in range(len(real)) for j in n if labels[i] == fake_labels[j]]
    among = [(i, j) for i in n for j in n if i != j and fake_labels[i] == fake_labels[j]]
    return 2 * distances(real, fake, across) - distances(fake, fake, among)


def energy_distance(real, labels, fake, fake_labels, view="colours"):
    """Energy distance of two sets of images."""
    seen = losses.VIEWS[view]
    return losses.energy_distance(seen(real), labels, seen(fake), fake_labels)


@pytest.mark.parametrize("view", PLAIN)
@pytest.mark.parametrize("size", [8, 32])
def test_energy_distance(size, view):
    rng = np.random.default_rng(size)
    real, fake = rng.uniform(-1, 1, (2, 12, size, size, 3)).astype(np.float32)
    labels, fake_labels = rng.integers(0, 3, 12), np.arange(12) % 3
    ours = float(energy_distance(real, labels, fake, fake_labels, view))
    expected = plain_energy_distance(view, real, labels, fake, fake_labels)
    assert ours == pytest.approx(expected, abs=1e-5)


def test_energy_distance_of_one_pair_and_of_none():
    black, white = np.full((1, 8, 8, 3), -1.0, np.float32), np.ones((1, 8, 8, 3), np.float32)
    one, other = np.array([0]), np.array([1])
    assert float(energy_distance(black, one, white, one)) == pytest.approx(2 * 2.0)
    assert float(energy_distance(black, one, white, other)) == 0.0


def test_the_generators_step_adds_it_with_its_weight(monkeypatch):
    gan = built("critic", train__energy_weight=3.0, train__energy_of=list(PLAIN))
    drawn = []

    def noted(labels, draw=gan.draw):
        drawn.append(draw(labels))
        return drawn[-1]

    monkeypatch.setattr(gan, "draw", noted)
    (images, y), (_, fake_y) = batch(0), batch(1)
    real = gan.from_uint8(images)
    terms = gan.generator_step(real, y, fake_y)
    (fake,) = drawn
    given = np.array(real), np.array(y), np.array(fake), np.array(fake_y)
    expected = 3.0 * sum(plain_energy_distance(view, *given) for view in PLAIN)
    assert float(terms["energy"]) == pytest.approx(expected, rel=1e-4)


def test_shapes_know_no_colours():
    """Pictures that differ only in brightness, contrast and tint have one shape; flat ones none."""
    rng = np.random.default_rng(1)
    grey = rng.uniform(-0.5, 0.5, (1, 16, 16, 1)).repeat(3, axis=3)
    tinted = 0.7 * grey + np.array([0.2, -0.1, 0.3])
    mirrored, flat = grey[:, :, ::-1], np.zeros_like(grey) + 0.4
    one, *others = (losses.shapes(x.astype(np.float32))[0] for x in (grey, tinted, mirrored, flat))
    apart = [float(np.sqrt(np.mean((np.array(x) - one) ** 2))) for x in others]
    assert apart[0] < 0.1 < 1.0 < apart[1]
    assert np.abs(others[2]).max() < 1e-3


def test_energy_distance_is_least_for_fakes_distributed_like_the_real_images():
    rng = np.random.default_rng(0)
    greys = rng.uniform(-1, 1, (2, 200, 1, 1, 1)).astype(np.float32)
    real, alike = np.broadcast_to(greys, (2, 200, 8, 8, 3))
    labels = np.zeros(200, int)
    cases = {"alike": alike, "one picture": 0 * real, "too far apart": 2 * alike}
    values = {
        name: float(energy_distance(real, labels, fake, labels)) for name, fake in cases.items()
    }
    assert min(values, key=values.__getitem__) == "alike"


@pytest.mark.parametrize("view", PLAIN)
def test_energy_distance_has_a_finite_gradient_for_a_collapsed_batch(view):
    fake = tf.Variable(np.zeros((6, 8, 8, 3), np.float32))
    real = np.random.default_rng(0).uniform(-1, 1, (6, 8, 8, 3)).astype(np.float32)
    labels = np.arange(6) % 2
    with tf.GradientTape() as tape:
        loss = energy_distance(real, labels, fake, labels, view)
    assert np.isfinite(tape.gradient(loss, fake)).all()
