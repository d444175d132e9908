"""`ArtGAN` (2017): nets, prior and losses."""

from typing import Any

import keras
from keras import ops

from artgan_tf import losses
from artgan_tf.gan import GAN
from artgan_tf.models.prior import NormalPrior
from artgan_tf.networks import artgan
from artgan_tf.paper import Terms


class ArtGAN(NormalPrior, GAN):
    """ArtGAN: K+1 sigmoid units, Dec shared between G and Dec(Enc(x))."""

    title, source = "ArtGAN", "Tan, Chan, Aguirre, Tanaka, ICIP 2017"
    pixel_range = (0.0, 1.0)
    generator_kind = artgan.Generator

    @property
    def discriminator_term_names(self) -> tuple[str, ...]:
        return ("real", "fake")

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        return ("adversarial", "reconstruction")[: 1 + self.config.model.autoencoder]

    def new_discriminator(self) -> keras.Model:
        config = self.config
        return artgan.Discriminator(
            config.model, self.num_classes, config.discriminator, self.dtype_name
        )

    def discriminator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        real_logits, _ = self.discriminator(self.see(real)[1], training=True, dropout=True)
        fake_logits, _ = self.discriminator(self.see(fake)[1], training=True, dropout=True)
        smoothing = self.config.discriminator.label_smoothing
        return losses.artgan_discriminator(real_logits, y, fake_logits, smoothing)

    def generator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        logits, _ = self.discriminator(self.see(fake)[1], training=True)
        terms = losses.artgan_generator(logits, fake_y)
        if self.config.model.autoencoder:
            _, codes = self.discriminator(real, training=True)
            decoded = self.generator.decode(ops.stop_gradient(codes), training=True)
            terms["reconstruction"] = losses.mean_squared_error(decoded, real)
        return terms

    def reconstruct(self, images: Any, generator: keras.Model | None = None) -> Any:
        return (generator or self.generator).decode(self.discriminator(images)[1])

    def realness(self, images: Any, labels: Any) -> Any:
        return -self.discriminator(images)[0][:, -1]

    def judge(self, images: Any) -> tuple[Any, Any]:
        units = ops.sigmoid(self.discriminator(images)[0])  # the last one is FAKE
        return units[:, :-1], 1.0 - units[:, -1]
