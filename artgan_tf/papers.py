"""The models by name: `build_gan`."""

from artgan_tf.config import Config
from artgan_tf.gan import GAN
from artgan_tf.models.artgan import ArtGAN
from artgan_tf.models.class_critic import ClassCriticGAN
from artgan_tf.models.improved import ImprovedArtGAN
from artgan_tf.possible import check_settings

MODELS = {"artgan": ArtGAN, "improved": ImprovedArtGAN, "critic": ClassCriticGAN}


def build_gan(config: Config, num_classes: int) -> GAN:
    """The GAN of the configuration's paper, uncompiled; raises InputError for what cannot be."""
    check_settings(config)
    return MODELS[config.model.paper](config, num_classes)
