"""`ClassCriticGAN`, this project's own: nets, prior and losses."""

from typing import Any

import keras
from keras import ops

from artgan_tf import losses
from artgan_tf.models.improved import ImprovedArtGAN
from artgan_tf.models.prior import NormalPrior
from artgan_tf.networks import critic
from artgan_tf.paper import Terms


class ClassCriticGAN(NormalPrior, ImprovedArtGAN):
    """This project's own: paper B's D with a critic for each class, a modulated G.

    Paper B pays G for being typical of a class: its class term equals a softmax over the classes
    and "fake".  Here D learns classes and reconstruction from real images alone, and G answers to
    the critic of the class it was asked for, which compares real images of a class with fakes of
    that class.
    """

    title, source = "Improved ArtGAN with class critics", "this project's own"

    @property
    def discriminator_term_names(self) -> tuple[str, ...]:
        relativistic = self.config.train.critic == "relativistic"
        adversarial = ("real",) if relativistic else ("real", "fake")
        return ("class", *adversarial, *("reconstruction",) * self.config.model.autoencoder)

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        return ("adversarial",)

    def new_generator(self) -> keras.Model:
        return critic.Generator(self.config.model, self.config.data.image_size, self.dtype_name)

    discriminator_kind = critic.Discriminator

    def discriminator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        clean, seen = self.see(real)
        logits, codes = self.discriminator(seen, training=True, dropout=True)
        real_critics = self._critics(seen, codes, y)
        seen_fake = self.see(fake)[1]
        _, fake_codes = self.discriminator(seen_fake, training=True, dropout=True)
        fake_critics = self._critics(seen_fake, fake_codes, fake_y)
        smoothing = self.config.discriminator.label_smoothing
        terms = {"class": losses.cross_entropy(logits, y, smoothing)}
        terms |= self._adversarial(losses.critic_discriminator, real_critics, fake_critics)
        return terms | self._reconstruction(clean, codes)

    def generator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        relativistic = self.config.train.critic == "relativistic"
        shown = [(fake, fake_y), (real, y)] if relativistic else [(fake, fake_y)]
        found = []
        for images, labels in shown:
            seen = self.see(images)[1]
            _, codes = self.discriminator(seen, training=True)
            found.append(self._critics(seen, codes, labels))
        return self._adversarial(losses.critic_generator, found[-1], found[0])

    def _critics(self, seen: Any, codes: Any, labels: Any) -> list[Any]:
        """c_y of each critic, [N, H, W]: D's own, and those of frozen features."""
        maps = [self.discriminator.critic(codes)]
        if self.features is not None:
            maps += self.discriminator.feature_critics(self.features(seen), training=True)
        chosen = self.one_hot(labels)
        return [ops.einsum("nhwk,nk->nhw", x, chosen) for x in maps]

    def _adversarial(self, loss: Any, real: list[Any], fake: list[Any]) -> Terms:
        """The sum of all critics' terms."""
        kind = self.config.train.critic
        terms = [loss(*pair, kind) for pair in zip(real, fake, strict=True)]
        return {name: sum(t[name] for t in terms) for name in terms[0]}

    def judge(self, images: Any) -> tuple[Any, Any]:
        logits, codes = self.discriminator(images)
        scores = ops.softmax(logits)
        critics = ops.mean(self.discriminator.critic(codes), axis=(1, 2))
        return scores, ops.sigmoid(ops.sum(scores * critics, axis=1))
