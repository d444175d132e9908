"""`ClassCriticGAN`, this project's own: nets, prior and losses."""

from typing import Any

from keras import ops

from artgan_tf import backend, losses
from artgan_tf.models.improved import ImprovedArtGAN
from artgan_tf.models.prior import NormalPrior
from artgan_tf.networks import critic
from artgan_tf.paper import Terms


class ClassCriticGAN(NormalPrior, ImprovedArtGAN):
    """This project's own: Improved ArtGAN's D with a critic for each class, a modulated G.

    Improved ArtGAN pays G for being typical of a class: its class term equals a softmax over the
    classes and "fake".  Here D learns classes and reconstruction from real images alone, and G
    answers to the critic of the class it was asked for, which compares real images of a class with
    fakes of that class.
    """

    title, source = "Improved ArtGAN with class critics", "this project's own"
    generator_kind, discriminator_kind = critic.Generator, critic.Discriminator

    @property
    def discriminator_term_names(self) -> tuple[str, ...]:
        relativistic = self.config.train.critic == "relativistic"
        adversarial = ("real",) if relativistic else ("real", "fake")
        reconstruction = ("reconstruction",) * self.config.model.autoencoder
        penalty = ("penalty",) * bool(self.config.train.gradient_penalty)
        return ("class", *adversarial, *reconstruction, *penalty)

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        return ("adversarial",)

    def discriminator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        clean, seen = self.see(real)
        (logits, codes), gradients = self._look(seen, y)
        real_critics = self._critics(seen, codes, y)
        seen_fake = self.see(fake)[1]
        (_, fake_codes), fake_gradients = self._look(seen_fake, fake_y)
        fake_critics = self._critics(seen_fake, fake_codes, fake_y)
        smoothing = self.config.discriminator.label_smoothing
        terms = {"class": losses.cross_entropy(logits, y, smoothing)}
        terms |= self._adversarial(losses.critic_discriminator, real_critics, fake_critics)
        terms |= self._reconstruction(clean, codes)
        return terms | self._penalty(*gradients, *fake_gradients)

    def generator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        relativistic = self.config.train.critic == "relativistic"
        shown = [(fake, fake_y), (real, y)] if relativistic else [(fake, fake_y)]
        found = []
        for images, labels in shown:
            seen = self.see(images)[1]
            _, codes = self.discriminator(seen, training=True)
            found.append(self._critics(seen, codes, labels))
        return self._adversarial(losses.critic_generator, found[-1], found[0])

    def _look(self, seen: Any, labels: Any) -> tuple[tuple[Any, Any], tuple[Any, ...]]:
        """D's logits and codes in its own step, and what the penalty asks for, if there is one.

        That is the gradient of D's own critic.  Those of frozen features are left alone: they are
        shallow and spectrally normalised, and projected GANs (Sauer et al., 2021) do without.
        """

        def own(x: Any) -> tuple[Any, tuple[Any, Any]]:
            logits, codes = self.discriminator(x, training=True, dropout=True)
            critic = self._of_class(self.discriminator.critic(codes), labels)
            return ops.sum(ops.mean(critic, axis=(1, 2))), (logits, codes)

        train = self.config.train
        if not train.gradient_penalty:
            return own(seen)[1], ()
        due = ops.equal(self.step % train.penalty_every, 0)
        found, gradient = backend.with_gradient(own, seen, due, self.state)
        return found, (gradient,)

    def _penalty(self, *gradients: Any) -> Terms:
        """R1 and R2 as in R3GAN, lazily as in StyleGAN2: for the steps that are not due, too."""
        if not gradients:
            return {}
        weight = 0.5 * self.config.train.gradient_penalty * self.config.train.penalty_every
        return {"penalty": weight * sum(map(losses.gradient_penalty, gradients))}

    def _critics(self, seen: Any, codes: Any, labels: Any, training: bool = True) -> list[Any]:
        """c_y of each critic, [N, H, W]: D's own, and those of frozen features."""
        maps = [self.discriminator.critic(codes)]
        if self.features is not None:
            maps += self.discriminator.feature_critics(self.features(seen), training=training)
        return [self._of_class(x, labels) for x in maps]

    def _of_class(self, critics: Any, labels: Any) -> Any:
        return ops.einsum("nhwk,nk->nhw", critics, self.one_hot(labels))

    def _adversarial(self, loss: Any, real: list[Any], fake: list[Any]) -> Terms:
        """The sum of all critics' terms."""
        kind = self.config.train.critic
        terms = [loss(*pair, kind) for pair in zip(real, fake, strict=True)]
        return {name: sum(t[name] for t in terms) for name in terms[0]}

    def realness(self, images: Any, labels: Any) -> Any:
        _, codes = self.discriminator(images)
        critics = self._critics(images, codes, labels, training=False)
        return sum(ops.mean(critic, axis=(1, 2)) for critic in critics)

    def judge(self, images: Any) -> tuple[Any, Any]:
        logits, codes = self.discriminator(images)
        scores = ops.softmax(logits)
        critics = ops.mean(self.discriminator.critic(codes), axis=(1, 2))
        return scores, ops.sigmoid(ops.sum(scores * critics, axis=1))
