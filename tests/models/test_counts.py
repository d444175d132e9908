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

# K, then the parameters of G and D, counted in the public code.
COUNTS = {
    "artgan/cifar10": (10, 12_972_035, 11_349_771),
    "improved/cifar10": (10, 2_670_752, 3_251_488),
    "improved/stl10": (10, 5_031_072, 9_073_792),
    "improved/wikiart-artist": (23, 4_989_856, 15_225_504),
    "improved/wikiart-genre": (10, 4_883_360, 15_012_512),
    "improved/wikiart-style": (27, 5_022_624, 15_291_040),
    "improved/oxford-flowers102": (102, 5_637_024, 9_266_912),
    "improved/cub200": (200, 6_439_840, 10_069_728),
}
CODES = {
    "artgan/cifar10": (8, 8, 512),
    "improved/cifar10": (8, 8, 512),
    "improved/stl10": (8, 8, 512),
    "improved/wikiart-genre": (4, 4, 1024),
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


# ---- counts -----------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("preset", COUNTS)
def test_networks_have_the_papers_parameters(preset: str) -> None:
    classes, in_generator, in_discriminator = COUNTS[preset]
    generator, discriminator = networks(resolve(preset), classes)
    assert count(generator) == in_generator
    assert count(discriminator) == in_discriminator


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "option", "in_generator", "in_discriminator"),
    [
        ("cifar10", "magnify", 2_653_120, 3_251_488),
        ("stl10", "magnify", 5_013_440, 9_073_792),
        ("cifar10", "autoencoder", 2_670_752, 1_552_864),
        ("stl10", "autoencoder", 5_031_072, 5_014_848),
    ],
)
def test_ablations_have_the_papers_parameters(
    preset: str, option: str, in_generator: int, in_discriminator: int
) -> None:
    config = resolve(f"improved/{preset}", {f"model.{option}": False})
    generator, discriminator = networks(config, 10)
    assert count(generator) == in_generator
    assert count(discriminator) == in_discriminator
    assert generator(*latents(config, 10, 1)).shape[1] == config.data.image_size


@pytest.mark.parametrize(("width", "share"), [(0.5, 2), (0.25, 4)])
def test_width_divides_every_channel_count(width: float, share: int) -> None:
    generator, discriminator = networks(resolve("improved/cifar10", {"model.width": width}), 10)

    def convolutions(channels: list[int], kernels: list[int], norms: slice) -> int:
        """Weights without biases and two of batch norm per channel, but for the 3-channel end."""
        narrow = [c if c == 3 else c // share for c in channels]
        pairs = zip(narrow, narrow[1:], kernels, strict=False)
        return sum(a * b * k * k for a, b, k in pairs) + 2 * sum(narrow[norms])

    start = 512 // share
    stages = convolutions([512, 256, 128, 128, 64, 64, 32, 3], [3] * 7, slice(1, 7))
    assert count(generator) == (110 + 2) * 16 * start + stages
    layers = [3, 96, 96, 192, 192, 256, 256, 512]
    encoder = convolutions(layers, [3, 3, 3, 3, 3, 1, 1], slice(2, 8))
    decoder = convolutions([512, 256, 128, 128, 64, 3], [3] * 5, slice(1, 5))
    assert count(discriminator) == encoder + decoder + 64 * start * 10


@pytest.mark.slow
def test_spectral_norm_adds_nothing_to_train() -> None:
    option = {"discriminator.spectral_norm": True, "model.width": 0.125}
    for paper in ("improved", "artgan"):
        _, spectral = networks(resolve(f"{paper}/cifar10", option), 10)
        assert count(spectral) == count(small(paper)[2])


# ---- settings ---------------------------------------------------------------------------------
@pytest.mark.parametrize(("paper", "epsilon"), [("improved", 1e-3), ("artgan", 1e-5)])
def test_batch_norm_settings(paper: str, epsilon: float) -> None:
    kind = keras.layers.BatchNormalization
    for network in small(paper)[1:]:
        norms = [layer for _, layer in sublayers(network) if isinstance(layer, kind)]
        found = {(n.momentum, n.epsilon, n.center, n.scale) for n in norms}
        assert found == {(0.9, epsilon, True, True)}


def test_paper_b_starts_from_narrow_normals_without_a_bias() -> None:
    generator, discriminator = networks(resolve("improved/cifar10"), 10)
    for network in (generator, discriminator):
        names = {variable.name for variable in network.trainable_variables}
        assert names == {"kernel", "gamma", "beta"}
        for variable in network.trainable_variables:
            if variable.name == "kernel" and np.prod(variable.shape) > 10_000:
                np.testing.assert_allclose(np.std(variable), 0.02, rtol=0.05)


# ---- shapes and ranges ------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("preset", CODES)
def test_shapes(preset: str) -> None:
    config = resolve(preset, {"model.width": 0.125})
    generator, discriminator = networks(config, 11)
    images = generator(*latents(config, 11, 2))
    assert images.shape == (2, config.data.image_size, config.data.image_size, 3)
    logits, codes = discriminator(images)
    paper_a = config.model.paper == "artgan"
    assert logits.shape == (2, 12 if paper_a else 11)  # ArtGAN has the unit FAKE
    height, width, channels = CODES[preset]
    assert codes.shape == (2, height, width, channels // 8)
    assert (generator if paper_a else discriminator).decode(codes).shape == images.shape


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
