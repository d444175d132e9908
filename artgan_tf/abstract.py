"""`AbstractGAN`: the interface of a model, and conversions of pixels and classes.

`artgan_tf.models` implements it; `artgan_tf.gan` has the training that all models share.
"""

from typing import Any

import keras
from keras import ops

from artgan_tf.config import Config
from artgan_tf.losses import Terms


class AbstractGAN(keras.Model):
    """The interface of a model: networks, the prior of z and the terms of both losses.

    Real and fake images are float32 [N, S, S, 3] in `pixel_range`, labels int32 [N] from 0 to K-1.
    """

    title: str  # name of the model
    source: str  # its publication
    prior: str  # the distribution of z, in words
    pixel_range: tuple[float, float]  # values of black and white
    generator_class: type[keras.Model]  # takes (model section, image size, dtype)
    discriminator_class: type[keras.Model]  # takes (config, number of classes, dtype)
    config: Config
    num_classes: int  # K
    dtype_name: str  # policy of the inner layers

    def new_generator(self) -> keras.Model:
        """An unbuilt generator of this configuration."""
        config = self.config
        return self.generator_class(config.model, config.data.image_size, self.dtype_name)

    def new_discriminator(self) -> keras.Model:
        """An unbuilt discriminator of this configuration."""
        return self.discriminator_class(self.config, self.num_classes, self.dtype_name)

    @property
    def discriminator_term_names(self) -> tuple[str, ...]:
        """The names of L_D's terms, in the order of the history."""
        raise NotImplementedError

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        """The names of L_G's terms."""
        raise NotImplementedError

    def discriminator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """The terms of L_D for real images `real` of classes `y` and fakes of classes `fake_y`."""
        raise NotImplementedError

    def generator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """The terms of L_G, without the energy term that `GAN.generator_step` adds to any model's.

        They are for real images `real` of classes `y` and fakes of classes `fake_y`.
        """
        raise NotImplementedError

    def latents(self, n: int, seed: keras.random.SeedGenerator) -> Any:
        """Draw z from the prior, float32 [n, Z]."""
        raise NotImplementedError

    def latents_by_seed(self, seeds: Any) -> Any:
        """Draw z from the prior, float32 [N, Z], each row from its own seed (int64 [N]) alone."""
        raise NotImplementedError

    def interpolate(self, z: Any, other: Any, t: Any) -> Any:
        """Interpolate from z (t = 0) to another z (t = 1) by latents that are likely in the prior.

        z and other are float32 [N, Z], t is float32 [N] from 0 to 1.
        """
        raise NotImplementedError

    def reconstruct(self, images: Any, generator: keras.Model | None = None) -> Any:
        """Reconstruct float32 images [N, S, S, 3] with the autoencoder, in inference mode.

        ArtGAN takes the Dec of `generator`, by default of the one being trained.
        """
        raise NotImplementedError

    def realness(self, images: Any, labels: Any) -> Any:
        """D's realness logits [N] for images of these classes, in inference mode; unbounded."""
        raise NotImplementedError

    def judge(self, images: Any) -> tuple[Any, Any]:
        """D's class scores [N, K] and realness [N] of images, in inference mode, all 0 to 1."""
        raise NotImplementedError

    # ---- pixels and classes -------------------------------------------------------------------
    def from_uint8(self, images: Any) -> Any:
        """Convert uint8 images to float32 in `pixel_range`."""
        low, high = self.pixel_range
        return ops.cast(images, "float32") * ((high - low) / 255.0) + low

    def to_uint8(self, images: Any) -> Any:
        """Convert float images in `pixel_range` to uint8, rounded."""
        low, high = self.pixel_range
        grey = (ops.cast(images, "float32") - low) * (255.0 / (high - low))
        return ops.cast(ops.clip(ops.round(grey), 0.0, 255.0), "uint8")

    def one_hot(self, labels: Any) -> Any:
        """One-hot vectors of labels, float32 [N, K]."""
        return ops.one_hot(labels, self.num_classes)
