"""Checks which settings conflict, before a backend is imported."""

from artgan_tf.config import Config, DiscriminatorOptions, InputError, ModelOptions, Train, flat
from artgan_tf.tables import parse_layers, parse_stages

# Settings that only some models have, and the value that the others, which ignore them, must have.
OWN = {
    "model.latent": ("artgan", ()),
    "model.classifier": ("artgan", ()),
    "model.decoder": ("improved critic", ()),
    "model.magnify": ("improved", False),
    "train.cifar_trick": ("improved", False),
    "model.modulation": ("critic", ModelOptions.modulation),
    "model.skips": ("critic", True),
    "discriminator.features": ("critic", "none"),
    "discriminator.feature_size": ("critic", DiscriminatorOptions.feature_size),
    "train.adversarial_loss": ("critic", "non-saturating"),
    "train.gradient_penalty": ("critic", 0),
    "train.penalty_every": ("critic", Train.penalty_every),
}


def check_settings(config: Config) -> None:
    """Raises InputError for conflicting settings and for invalid layer tables."""
    _check_tables(config.model)
    _check_own(config)
    if config.model.paper == "artgan":
        _check_codes(config)
    train = config.train
    if train.adversarial_loss == "relativistic" and train.fake_labels != "real":
        raise InputError(
            "train.adversarial_loss='relativistic' compares each real image with a fake of its "
            "class: set train.fake_labels to real, or choose another loss."
        )
    if train.energy_weight and "shapes" in train.energy_of and config.data.image_size % 8:
        raise InputError(
            f"train.energy_of='shapes' compares thumbnails of 8x8 pixels, which "
            f"data.image_size={config.data.image_size} does not give: take a multiple of 8, or "
            f"leave shapes out."
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


def _check_own(config: Config) -> None:
    """No setting of another model may be given, because it would be ignored in silence."""
    given, paper = flat(config), config.model.paper
    for key, (owners, without) in OWN.items():
        if paper not in owners.split() and given[key] != without:
            value = list(without) if isinstance(without, tuple) else without
            shown = str(value).lower() if isinstance(value, bool) else value
            names = " or ".join(map(repr, owners.split()))
            raise InputError(
                f"{key} works only with model.paper={names}: set it to {shown} with "
                f"paper={paper!r}."
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
