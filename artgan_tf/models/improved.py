"""`ImprovedArtGAN` (2019): nets, prior and losses."""

from typing import Any

import keras
from keras import ops

from artgan_tf import losses
from artgan_tf.gan import GAN
from artgan_tf.models.prior import UniformPrior
from artgan_tf.networks import improved
from artgan_tf.paper import Terms


class ImprovedArtGAN(UniformPrior, GAN):
    """Improved ArtGAN: magnified generator, categorical autoencoder discriminator."""

    title, source = "Improved ArtGAN", "Tan, Chan, Aguirre, Tanaka, IEEE TIP 2019"
    pixel_range = (-1.0, 1.0)
    generator_kind, discriminator_kind = improved.Generator, improved.Discriminator

    @property
    def discriminator_term_names(self) -> tuple[str, ...]:
        return ("class", "real", "fake", "reconstruction")[: 3 + self.config.model.autoencoder]

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        return ("adversarial", "class", "reconstruction")[: 2 + self.config.model.autoencoder]

    def new_discriminator(self) -> keras.Model:
        config = self.config
        return self.discriminator_kind(
            config.model,
            self.num_classes,
            config.data.image_size,
            config.discriminator,
            self.dtype_name,
        )

    def discriminator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        clean, seen = self.see(real)
        real_logits, real_codes = self.discriminator(seen, training=True, dropout=True)
        fake_logits, _ = self.discriminator(self.see(fake)[1], training=True, dropout=True)
        smoothing = self.config.discriminator.label_smoothing
        terms = losses.improved_discriminator(real_logits, y, fake_logits, smoothing)
        return terms | self._reconstruction(clean, real_codes)

    def generator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        clean, seen = self.see(fake)
        logits, codes = self.discriminator(seen, training=True)
        return losses.improved_generator(logits, fake_y) | self._reconstruction(clean, codes)

    def _reconstruction(self, clean: Any, codes: Any) -> Terms:
        if not self.config.model.autoencoder:
            return {}
        decoded = self.discriminator.decode(codes, training=True)
        return {"reconstruction": 0.5 * losses.mean_squared_error(decoded, clean)}

    def reconstruct(self, images: Any, generator: keras.Model | None = None) -> Any:
        return self.discriminator.decode(self.discriminator(images)[1])

    def realness(self, images: Any, labels: Any) -> Any:
        return ops.logsumexp(self.discriminator(images)[0], axis=1)

    def judge(self, images: Any) -> tuple[Any, Any]:
        logits = self.discriminator(images)[0]
        return ops.softmax(logits), ops.sigmoid(ops.logsumexp(logits, axis=1))
