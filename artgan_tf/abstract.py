"""`AbstractGAN`: what a model has to define, and pixels and classes as its networks take them.

`artgan_tf.models` has the definitions; `artgan_tf.gan` has the training that they share.
"""

from typing import Any

import keras
from keras import ops

from artgan_tf.config import Config
from artgan_tf.losses import Terms


class AbstractGAN(keras.Model):
    """Networks, the prior of z and the terms of both losses.

    Real and fake images are float32 [N, S, S, 3] in `pixel_range`, labels int32 [N] from 0 to K-1.
    """

    title: str  # of the model
    source: str  # the publication
    prior: str  # of z, in words
    pixel_range: tuple[float, float]  # black and white as the networks take them
    generator_class: type[keras.Model]  # of (model section, image size, dtype)
    discriminator_class: type[keras.Model]  # of (config, number of classes, dtype)
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
        """The names of L_D's terms, in the order they are reported."""
        raise NotImplementedError

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        """The names of L_G's terms."""
        raise NotImplementedError

    def discriminator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """The terms of L_D for real images and fakes, and the labels of both."""
        raise NotImplementedError

    def generator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """The terms of L_G for real images and fakes, and the labels of both."""
        raise NotImplementedError

    def latents(self, n: int, seed: keras.random.SeedGenerator) -> Any:
        """z from the prior, float32 [n, Z]."""
        raise NotImplementedError

    def latents_by_seed(self, seeds: Any) -> Any:
        """The same prior, float32 [N, Z], each row from its own seed (int64 [N]) alone."""
        raise NotImplementedError

    def interpolate(self, z: Any, other: Any, t: Any) -> Any:
        """Latents on the way from z (t = 0) to another z (t = 1), all likely under the prior.

        Args:
            z, other: float32 [N, Z].
            t: float32 [N], from 0 to 1.
        """
        raise NotImplementedError

    def reconstruct(self, images: Any, generator: keras.Model | None = None) -> Any:
        """The autoencoder's picture of float images, at inference.

        Args:
            images: float32 [N, S, S, 3].
            generator: whose Dec ArtGAN takes; the one in training when left out.
        """
        raise NotImplementedError

    def realness(self, images: Any, labels: Any) -> Any:
        """How real D finds images of these classes, at inference: logits [N], of any range."""
        raise NotImplementedError

    def judge(self, images: Any) -> tuple[Any, Any]:
        """What D says of float images, at inference: scores [N, K] and realness [N], 0 to 1."""
        raise NotImplementedError

    # ---- pixels and classes -------------------------------------------------------------------
    def from_uint8(self, images: Any) -> Any:
        """uint8 images as float32 in the model's range."""
        low, high = self.pixel_range
        return ops.cast(images, "float32") * ((high - low) / 255.0) + low

    def to_uint8(self, images: Any) -> Any:
        """Float images of the model's range as uint8, rounded."""
        low, high = self.pixel_range
        grey = (ops.cast(images, "float32") - low) * (255.0 / (high - low))
        return ops.cast(ops.clip(ops.round(grey), 0.0, 255.0), "uint8")

    def one_hot(self, labels: Any) -> Any:
        """float32 [N, K]."""
        return ops.one_hot(labels, self.num_classes)
