"""Builds the configured model: `build_gan`."""

from artgan_tf.config import Config
from artgan_tf.gan import GAN
from artgan_tf.models.artgan import ArtGAN
from artgan_tf.models.class_critic import ClassCriticGAN
from artgan_tf.models.improved import ImprovedArtGAN
from artgan_tf.possible import check_settings

MODELS = {"artgan": ArtGAN, "improved": ImprovedArtGAN, "critic": ClassCriticGAN}


def build_gan(config: Config, num_classes: int) -> GAN:
    """Build the model of `config.model.paper`, uncompiled; raises InputError for wrong settings."""
    check_settings(config)
    return MODELS[config.model.paper](config, num_classes)
