"""The class critic's networks: modulation of batch norm, RGB layers, the critics' inputs."""

from typing import Any

import numpy as np
import pytest

from artgan_tf.config import InputError
from artgan_tf.models.class_critic import ClassCriticDiscriminator, ModulatedGenerator
from artgan_tf.papers import build_gan
from tests.gans import K, tiny
from tests.models.test_counts import latents

SIZE = 16


def generator(**changes: object) -> Any:
    options = tiny("critic", **changes)
    made = ModulatedGenerator(options.model, options.data.image_size)
    made(*latents(options, K, 1))
    return made


def discriminator(**changes: object) -> ClassCriticDiscriminator:
    options = tiny("critic", **changes)
    made = ClassCriticDiscriminator(options, K)
    made(np.zeros((1, SIZE, SIZE, 3), np.float32))
    return made


# ---- the generator ----------------------------------------------------------------------------
def moved_stages(network: Any, part: str) -> list[bool]:
    """Whether each stage's modulation alone transmits z or the class to the picture.

    The first layer ignores both; then one stage at a time keeps its modulation.
    """
    network.project.inner.kernel.assign(0.0 * np.array(network.project.inner.kernel))
    network.project.norm.beta.assign(1.0 + np.array(network.project.norm.beta))
    rng, moved = np.random.default_rng(0), []
    z, y = np.zeros((2, 8), np.float32), np.zeros((2, K), np.float32)
    {"latent": z, "class": y}[part][1, 1] = 1.0
    for chosen in network.blocks:
        for block in network.blocks:
            if block.modulate is None:
                continue
            kernel = block.modulate.kernel
            kernel.assign(rng.normal(size=kernel.shape) * (block is chosen))
        one, other = np.array(network(z, y))
        moved.append(not np.array_equal(one, other))
    return moved


@pytest.mark.parametrize("modulation", [["latent", "class"], ["latent"], ["class"]])
def test_latent_and_class_move_the_batch_norms_that_they_are_to(modulation: list[str]) -> None:
    for part in ("latent", "class"):
        network = generator(model__modulation=modulation)
        moved = moved_stages(network, part)
        assert moved == 3 * [part in modulation]


def test_a_scale_of_the_style_multiplies_and_a_shift_adds() -> None:
    network = generator()
    block, rng = network.blocks[1], np.random.default_rng(0)
    x = rng.normal(size=(2, 8, 8, 8)).astype(np.float32)
    style = rng.normal(size=(2, 8 + K)).astype(np.float32)
    kernel = rng.normal(size=block.modulate.kernel.shape).astype(np.float32)
    block.modulate.kernel.assign(kernel)
    scale, shift = np.split((style @ kernel)[:, None, None, :], 2, axis=-1)
    expected = np.array(block.inner(x)) / np.sqrt(1.001) * (1 + scale) + shift
    expected = np.where(expected > 0, expected, 0.2 * expected)
    np.testing.assert_allclose(block(x, style), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("skips", "count"), [(True, 2), (False, 1)])
def test_every_size_paints_or_the_last_alone(skips: bool, count: int) -> None:
    """Sizes 8, 8 and 16: each size with an RGB layer affects the picture."""
    network = generator(model__skips=skips)
    paints = [paint for paint in network.paints if paint is not None]
    assert len(paints) == count
    kernels = [np.array(paint.kernel) for paint in paints]
    inputs = latents(tiny("critic"), K, 2)
    for alone, kernel in zip(paints, kernels, strict=True):
        for paint in paints:
            paint.kernel.assign(kernel * (paint is alone))
        assert np.std(network(*inputs)) > 0


def test_pictures_have_the_training_size_and_range() -> None:
    network = generator()
    network.paints[-1].kernel.assign(1e4 * np.array(network.paints[-1].kernel))
    images = np.array(network(*latents(tiny("critic"), K, 5)))
    assert (images.shape, images.dtype) == ((5, SIZE, SIZE, 3), np.float32)
    assert -1.0 <= images.min() < -0.9
    assert 0.9 < images.max() <= 1.0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model__generator": ["8:64"]}, "model.generator should end at size 16"),
        ({"model__generator": []}, "model.generator should end at size 16"),
        ({"model__generator": ["16:64"]}, "16:8 follows size 4"),
        ({"model__magnify": True}, "model.magnify works only with model.paper='improved'"),
        ({"train__cifar_trick": True}, "train.cifar_trick works only"),
        (
            {"train__adversarial_loss": "relativistic", "train__fake_labels": "tiled"},
            "a fake of its class",
        ),
        ({"model__paper": "improved", "discriminator__features": "efficientnet"}, "features"),
        (
            {"model__paper": "improved", "train__adversarial_loss": "hinge"},
            "train.adversarial_loss works only",
        ),
        ({"model__paper": "improved", "model__skips": False}, "skips works .* set it to true with"),
        ({"model__paper": "improved", "model__modulation": ["class"]}, "modulation works only"),
        ({"model__paper": "improved", "discriminator__feature_size": 96}, "feature_size works"),
        ({"model__paper": "improved", "train__penalty_every": 2}, "set it to 4 with"),
        ({"model__encoder": ["64/2"] * 5}, "model.decoder doubles the size from 1 on|follows size"),
        (
            {"data__image_size": 20, "train__energy_weight": 1, "train__energy_of": ["shapes"]},
            "data.image_size=20 does not give: take a multiple of 8",
        ),
        ({"model__latent": ["4:64"]}, r"latent works only .*'artgan': set it to \[\] with"),
    ],
)
def test_what_cannot_be_is_one_sentence(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=rf"{sentence}[^\n]*\.$"):
        build_gan(tiny("critic", **changes), K)


# ---- the critics ------------------------------------------------------------------------------
def test_a_critic_for_each_class() -> None:
    network = discriminator()
    images = np.random.default_rng(0).uniform(-1, 1, (5, SIZE, SIZE, 3))
    logits, codes = network(images.astype(np.float32))
    assert (logits.shape, codes.shape) == ((5, K), (5, 4, 4, 8))
    scores = network.critic(codes)
    assert scores.shape == (5, 1, 1, K)
    assert scores.dtype == "float32"
    assert tuple(network.head.kernel.shape) == (4 * 4 * 8, K)
