"""`ArtGAN` (A, 2017), `ImprovedArtGAN` (B, 2019) and `ClassCriticGAN`: nets, prior and losses."""

from typing import Any

import keras
from keras import ops

from artgan_tf import backend, losses
from artgan_tf.config import Config, InputError
from artgan_tf.gan import GAN, Terms
from artgan_tf.networks import artgan, critic, improved
from artgan_tf.networks.tables import parse_layers, parse_stages


class NormalPrior:
    """z from the standard normal distribution, for a `GAN`."""

    config: Config
    prior = "the standard normal distribution"

    def latents(self, n: int, seed: keras.random.SeedGenerator) -> Any:
        return keras.random.normal((n, self.config.model.z_size), seed=seed)

    def latents_by_seed(self, seeds: Any) -> Any:
        return backend.normal_by_seed(seeds, self.config.model.z_size)

    def between(self, z: Any, other: Any, t: Any) -> Any:
        # Along an arc: half-way between two normal z of this length, a straight line is shorter.
        t, product = t[:, None], ops.sum(z * other, axis=1, keepdims=True)
        a, b = (ops.sqrt(ops.sum(ops.square(x), axis=1, keepdims=True)) for x in (z, other))
        angle = ops.arccos(ops.clip(product / ops.maximum(a * b, 1e-12), -1.0, 1.0))
        # Equal and opposite z have no arc of their own, and nearly so none that float32 can tell.
        turn = ops.maximum(ops.sin(angle), 1e-2)
        straight, length = ops.sin(angle) < 1e-2, (1.0 - t) * a + t * b
        p, q = (ops.where(straight, s, ops.sin(s * angle) / turn) for s in (1.0 - t, t))
        p, q = (s * length / ops.maximum(x, 1e-12) for s, x in ((p, a), (q, b)))
        return p * z + q * other


class ArtGAN(NormalPrior, GAN):
    """Paper A: K+1 sigmoid units, Dec shared between G and Dec(Enc(x))."""

    title, source = "ArtGAN", "Tan, Chan, Aguirre, Tanaka, ICIP 2017"
    pixel_range = (0.0, 1.0)

    @property
    def discriminator_term_names(self) -> tuple[str, ...]:
        return ("real", "fake")

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        return ("adversarial", "reconstruction")[: 1 + self.config.model.autoencoder]

    def new_generator(self) -> keras.Model:
        options = self.config.model
        return artgan.Generator(options, self.config.data.image_size, self.dtype_name)

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

    def judge(self, images: Any) -> tuple[Any, Any]:
        units = ops.sigmoid(self.discriminator(images)[0])  # the last one is FAKE
        return units[:, :-1], 1.0 - units[:, -1]


class ImprovedArtGAN(GAN):
    """Paper B: magnified generator, categorical autoencoder discriminator."""

    title, source = "Improved ArtGAN", "Tan, Chan, Aguirre, Tanaka, IEEE TIP 2019"
    prior = "the uniform distribution on [-1, 1]"
    pixel_range = (-1.0, 1.0)
    discriminator_kind = improved.Discriminator

    @property
    def discriminator_term_names(self) -> tuple[str, ...]:
        return ("class", "real", "fake", "reconstruction")[: 3 + self.config.model.autoencoder]

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        return ("adversarial", "class", "reconstruction")[: 2 + self.config.model.autoencoder]

    def new_generator(self) -> keras.Model:
        options = self.config.model
        return improved.Generator(options, self.config.data.image_size, self.dtype_name)

    def new_discriminator(self) -> keras.Model:
        config = self.config
        return self.discriminator_kind(
            config.model,
            self.num_classes,
            config.data.image_size,
            config.discriminator,
            self.dtype_name,
        )

    def latents(self, n: int, seed: keras.random.SeedGenerator) -> Any:
        return keras.random.uniform((n, self.config.model.z_size), -1.0, 1.0, seed=seed)

    def latents_by_seed(self, seeds: Any) -> Any:
        return backend.uniform_by_seed(seeds, self.config.model.z_size)

    def between(self, z: Any, other: Any, t: Any) -> Any:
        t = t[:, None]
        return (1.0 - t) * z + t * other  # stays within the cube, and ends exactly at both

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

    def judge(self, images: Any) -> tuple[Any, Any]:
        logits = self.discriminator(images)[0]
        return ops.softmax(logits), ops.sigmoid(ops.logsumexp(logits, axis=1))


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


MODELS = {"artgan": ArtGAN, "improved": ImprovedArtGAN, "critic": ClassCriticGAN}


def build_gan(config: Config, num_classes: int) -> GAN:
    """The GAN of the configuration's paper, uncompiled; raises InputError for what cannot be."""
    _check(config)
    return MODELS[config.model.paper](config, num_classes)


def _check(config: Config) -> None:
    if config.model.magnify and config.model.paper != "improved":
        raise InputError(
            f"model.magnify is paper B's: set it to false with paper={config.model.paper!r}."
        )
    if config.model.paper == "artgan":
        _check_codes(config)
    if config.model.paper == "critic":
        _check_trick(config)
    elif config.discriminator.features != "none":
        raise InputError(
            f"discriminator.features are for model.paper='critic': set them to none with "
            f"paper={config.model.paper!r}."
        )


def _check_trick(config: Config) -> None:
    """The trick asks how well D tells fakes from real images, each by itself."""
    if config.train.cifar_trick and config.train.critic == "relativistic":
        raise InputError(
            "train.cifar_trick needs D's loss of fakes, which train.critic='relativistic' has not: "
            "set the trick to false or take another critic."
        )


def _check_codes(config: Config) -> None:
    """Dec takes zNet's codes and Enc's, so both must have one shape (A2)."""
    model, size, channels = config.model, config.data.image_size, 3
    for layer in parse_layers(model.encoder, model.width):
        size, channels = -(-size // layer.stride), layer.channels
    stages = [(stage.size, stage.channels) for stage in parse_stages(model.latent, model.width)]
    if stages[-1:] != [(size, channels)]:
        raise InputError(
            f"model.encoder ends at {size}:{channels} but model.latent at {model.latent[-1:]}: Dec "
            f"takes both, so they must agree."
        )
