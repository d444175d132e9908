"""Checks which settings conflict, before a backend is imported."""

from artgan_tf.config import Config, InputError, ModelOptions
from artgan_tf.tables import parse_layers, parse_stages


def check_settings(config: Config) -> None:
    """Raises InputError for conflicting settings and for invalid layer tables."""
    _check_tables(config.model)
    if config.model.magnify and config.model.paper != "improved":
        raise InputError(
            "model.magnify works only with model.paper='improved': set it to false with "
            f"paper={config.model.paper!r}."
        )
    if config.model.paper == "artgan":
        _check_codes(config)
    if config.model.paper != "critic":
        _check_without_critic(config)
    elif config.train.cifar_trick and config.train.critic == "relativistic":
        raise InputError(
            "train.cifar_trick needs D's loss on fakes alone, which train.critic='relativistic' "
            "does not have: set the trick to false or choose another critic."
        )
    if config.discriminator.augment_strength == "adaptive" and not config.discriminator.augment:
        raise InputError(
            "discriminator.augment_strength='adaptive' has nothing to adapt: set "
            'discriminator.augment=["colour", "translation"], or set the strength to fixed.'
        )


def _check_tables(model: ModelOptions) -> None:
    for table in (model.latent, model.generator, model.decoder):
        parse_stages(table, model.width)
    for table in (model.encoder, model.classifier):
        parse_layers(table, model.width)


def _check_without_critic(config: Config) -> None:
    off = {
        "discriminator.features": (config.discriminator.features, "none"),
        "train.gradient_penalty": (config.train.gradient_penalty, 0),
    }
    for key, (value, without) in off.items():
        if value != without:
            raise InputError(
                f"{key} works only with model.paper='critic': set it to {without} with "
                f"paper={config.model.paper!r}."
            )


def _check_codes(config: Config) -> None:
    """ArtGAN's Dec decodes codes of both zNet and Enc, so both must have the same shape."""
    model, size, channels = config.model, config.data.image_size, 3
    for layer in parse_layers(model.encoder, model.width):
        size, channels = -(-size // layer.stride), layer.channels
    stages = [(stage.size, stage.channels) for stage in parse_stages(model.latent, model.width)]
    if stages[-1:] != [(size, channels)]:
        raise InputError(
            f"model.encoder ends at {size}:{channels} but model.latent at {model.latent[-1:]}: Dec "
            f"decodes both, so give them the same size and channels."
        )
