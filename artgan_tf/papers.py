"""The models by name, and what cannot be: `build_gan`."""

from artgan_tf.config import Config, InputError
from artgan_tf.gan import GAN
from artgan_tf.models.artgan import ArtGAN
from artgan_tf.models.critic import ClassCriticGAN
from artgan_tf.models.improved import ImprovedArtGAN
from artgan_tf.networks.tables import parse_layers, parse_stages

MODELS = {"artgan": ArtGAN, "improved": ImprovedArtGAN, "critic": ClassCriticGAN}


def build_gan(config: Config, num_classes: int) -> GAN:
    """The GAN of the configuration's paper, uncompiled; raises InputError for what cannot be."""
    _check(config)
    return MODELS[config.model.paper](config, num_classes)


def _check(config: Config) -> None:
    if config.model.magnify and config.model.paper != "improved":
        raise InputError(
            "model.magnify is Improved ArtGAN's: set it to false with "
            f"paper={config.model.paper!r}."
        )
    if config.model.paper == "artgan":
        _check_codes(config)
    if config.model.paper == "critic":
        _check_trick(config)
    else:
        _check_without_critic(config)
    if config.discriminator.augment_strength == "adaptive" and not config.discriminator.augment:
        raise InputError(
            "discriminator.augment_strength='adaptive' has nothing to adapt: set "
            'discriminator.augment=["colour", "translation"], or the strength to fixed.'
        )


def _check_without_critic(config: Config) -> None:
    if config.discriminator.features != "none":
        raise InputError(
            f"discriminator.features are for model.paper='critic': set them to none with "
            f"paper={config.model.paper!r}."
        )
    if config.train.gradient_penalty:
        raise InputError(
            f"train.gradient_penalty is for model.paper='critic': set it to 0 with "
            f"paper={config.model.paper!r}."
        )


def _check_trick(config: Config) -> None:
    """The trick asks how well D tells fakes from real images, each by itself."""
    if config.train.cifar_trick and config.train.critic == "relativistic":
        raise InputError(
            "train.cifar_trick needs D's loss of fakes, which train.critic='relativistic' has not: "
            "set the trick to false or take another critic."
        )


def _check_codes(config: Config) -> None:
    """Dec takes zNet's codes and Enc's, so both must have one shape (A2)."""
    model, size, channels = config.model, config.data.image_size, 3
    for layer in parse_layers(model.encoder, model.width):
        size, channels = -(-size // layer.stride), layer.channels
    stages = [(stage.size, stage.channels) for stage in parse_stages(model.latent, model.width)]
    if stages[-1:] != [(size, channels)]:
        raise InputError(
            f"model.encoder ends at {size}:{channels} but model.latent at {model.latent[-1:]}: Dec "
            f"takes both, so they must agree."
        )
