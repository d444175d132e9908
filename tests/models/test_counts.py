"""Both papers' networks: parameter counts to the last one, shapes, ranges, overlapped pooling."""

from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import Config, InputError, resolve
from artgan_tf.layers import sublayers
from artgan_tf.models.artgan import ArtGANDiscriminator, ArtGANGenerator
from artgan_tf.models.improved import ImprovedDiscriminator, ImprovedGenerator

# K, the parameters of G and D counted in the public code, and the shape of the codes.
COUNTS = {
    "artgan/cifar10": (10, 12_972_035, 11_349_771, (8, 8, 512)),
    "improved/cifar10": (10, 2_670_752, 3_251_488, (8, 8, 512)),
    "improved/cifar10-no-magnification": (10, 2_653_120, 3_251_488, (8, 8, 512)),
    "improved/cifar10-no-autoencoder": (10, 2_670_752, 1_552_864, (8, 8, 512)),
    "improved/stl10": (10, 5_031_072, 9_073_792, (8, 8, 512)),
    "improved/cub200": (200, 6_439_840, 10_069_728, (4, 4, 512)),
    "improved/wikiart-style": (27, 5_022_624, 15_291_040, (4, 4, 1024)),
}


def networks(config: Config, classes: int) -> tuple[Any, Any]:
    """G and D, each built by a call."""
    size, dtype, model = config.data.image_size, config.train.precision, config.model
    kinds: Any = (ImprovedGenerator, ImprovedDiscriminator)
    if model.paper == "artgan":
        kinds = (ArtGANGenerator, ArtGANDiscriminator)
    generator, discriminator = kinds[0](model, size, dtype), kinds[1](config, classes, dtype)
    generator(*latents(config, classes, 1))
    discriminator(np.zeros((1, size, size, 3), "float32"))
    return generator, discriminator


def latents(config: Config, classes: int, n: int) -> tuple[Any, Any]:
    z = np.random.default_rng(0).normal(size=(n, config.model.z_size)).astype("float32")
    return z, np.eye(classes, dtype="float32")[np.arange(n) % classes]


def count(network: Any) -> int:
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


@cache
def small(paper: str) -> tuple[Config, Any, Any]:
    """A narrow pair of networks, shared by tests that do not modify it."""
    config = resolve(f"{paper}/cifar10", {"model.width": 0.125})
    return config, *networks(config, 10)


# ---- counts and shapes ------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("preset", COUNTS)
def test_networks_have_the_papers_parameters_and_shapes(preset: str) -> None:
    classes, in_generator, in_discriminator, codes_shape = COUNTS[preset]
    config = resolve(preset)
    assert config.data.classes == classes
    generator, discriminator = networks(config, classes)
    assert count(generator) == in_generator
    assert count(discriminator) == in_discriminator
    images = generator(*latents(config, classes, 2))
    assert images.shape == (2, config.data.image_size, config.data.image_size, 3)
    logits, codes = discriminator(images)
    paper_a = config.model.paper == "artgan"
    assert logits.shape == (2, classes + paper_a)  # ArtGAN has the unit FAKE
    assert codes.shape == (2, *codes_shape)
    if config.model.autoencoder:
        assert (generator if paper_a else discriminator).decode(codes).shape == images.shape


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("cub200", "oxford-flowers102"),
        ("wikiart-style", "wikiart-genre"),
        ("wikiart-style", "wikiart-artist"),
    ],
)
def test_other_data_have_the_same_networks(name: str, other: str) -> None:
    assert resolve(f"improved/{other}").model == resolve(f"improved/{name}").model


@pytest.mark.slow
def test_width_divides_every_channel_count() -> None:
    """All but those of pictures, and of what z and the class enter."""
    pairs = [networks(resolve("improved/cifar10", {"model.width": w}), 10) for w in (0.5, 0.25)]
    for wide, narrow in zip(*pairs, strict=True):
        for one, other in zip(wide.trainable_variables, narrow.trainable_variables, strict=True):
            shares = [a / b for a, b in zip(one.shape, other.shape, strict=True)]
            assert set(shares) <= {1, 2}
            assert shares[-1] == (1 if one.shape[-1] in (3, 10) else 2)


# ---- settings ---------------------------------------------------------------------------------
@pytest.mark.parametrize(("paper", "epsilon"), [("improved", 1e-3), ("artgan", 1e-5)])
def test_batch_norm_settings(paper: str, epsilon: float) -> None:
    kind = keras.layers.BatchNormalization
    for network in small(paper)[1:]:
        norms = [layer for _, layer in sublayers(network) if isinstance(layer, kind)]
        found = {(n.momentum, n.epsilon, n.center, n.scale) for n in norms}
        assert found == {(0.9, epsilon, True, True)}


def test_paper_b_starts_from_narrow_normals_without_a_bias() -> None:
    for network in small("improved")[1:]:
        names = {variable.name for variable in network.trainable_variables}
        assert names == {"kernel", "gamma", "beta"}
        for variable in network.trainable_variables:
            if variable.name == "kernel" and np.prod(variable.shape) > 10_000:
                np.testing.assert_allclose(np.std(variable), 0.02, rtol=0.05)


# ---- ranges -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("paper", "low"), [("improved", -1.0), ("artgan", 0.0)])
def test_images_fill_the_papers_range(paper: str, low: float) -> None:
    config = resolve(
        f"{paper}/cifar10", {"model.width": 0.125, "train.precision": "mixed_bfloat16"}
    )
    generator, discriminator = networks(config, 10)
    paints = [generator.paint] + ([discriminator.decoder[-1]] if paper == "improved" else [])
    for paint in paints:
        paint.kernel.assign(1e4 * np.array(paint.kernel))
    images = generator(*latents(config, 10, 4), training=True)
    codes = discriminator(np.random.default_rng(1).uniform(low, 1, images.shape), training=True)[1]
    decode = discriminator.decode if paper == "improved" else generator.decode
    for pictures in (images, decode(codes, training=True)):
        assert pictures.dtype == tf.float32
        assert low <= np.min(pictures) < low + 0.1
        assert 0.9 < np.max(pictures) <= 1.0


def test_magnified_images_pool_to_the_normal_ones() -> None:
    config = resolve("improved/cifar10", {"model.width": 0.125})
    generator, _ = networks(config, 10)
    generator.paint.kernel.assign(1e6 * np.array(generator.paint.kernel))
    inputs = latents(config, 10, 3)
    images, magnified = np.array(generator(*inputs)), generator(*inputs, magnified=True)
    big = np.array(magnified, dtype="float64")
    assert big.shape == (3, 64, 64, 3)
    assert big.std() > 0.1
    pooled = np.zeros_like(images)
    for row, column in np.ndindex(32, 32):  # the last windows have 2 rows or columns, not 3
        window = big[:, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        pooled[:, row, column] = window.sum(axis=(1, 2)) / (window.shape[1] * window.shape[2])
    np.testing.assert_allclose(images, pooled, atol=1e-6)


# ---- impossible settings ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("preset", "override", "said"),
    [
        ("improved/cifar10", {"data.image_size": 64}, "model.generator"),
        ("improved/cifar10", {"model.decoder": ["8:256"]}, "model.decoder"),
        ("artgan/cifar10", {"data.image_size": 32}, "model.generator"),
        ("artgan/cifar10", {"model.latent": ["4:1024"]}, "16:32 follows size 4"),
        ("artgan/cifar10", {"model.latent": []}, "model.latent"),
        ("demo", {"model.paper": "artgan", "model.magnify": False}, "model.latent"),
    ],
)
def test_impossible_tables_are_named(preset: str, override: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        networks(resolve(preset, {"model.width": 0.125, **override}), 10)
