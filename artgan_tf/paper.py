"""`Paper`: what a paper defines, and what its networks are given.

`GAN` trains whatever fills this in.
"""

from typing import Any

import keras
from keras import ops

from artgan_tf import backend
from artgan_tf.config import Config
from artgan_tf.networks.augment import augment

Terms = dict[str, Any]


class Paper(keras.Model):
    """Networks, the prior of z and the terms of both losses; pixels and labels as they take them.

    Subclasses give what raises NotImplementedError here.
    """

    title: str  # of the model, and where it is from
    source: str
    prior: str  # of z, in words
    pixel_range: tuple[float, float]
    generator_kind: type[keras.Model]  # of (model section, image size, dtype)
    config: Config
    num_classes: int
    dtype_name: str
    random: keras.random.SeedGenerator
    step: keras.Variable
    strength: keras.Variable | None  # of augmentation, where it adapts

    # ---- what a paper defines -----------------------------------------------------------------
    @property
    def discriminator_term_names(self) -> tuple[str, ...]:
        """The names of L_D's terms, in the order they are reported."""
        raise NotImplementedError

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        """The names of L_G's terms."""
        raise NotImplementedError

    def new_generator(self) -> keras.Model:
        """An unbuilt generator of this configuration."""
        config = self.config
        return self.generator_kind(config.model, config.data.image_size, self.dtype_name)

    def new_discriminator(self) -> keras.Model:
        """An unbuilt discriminator of this configuration."""
        raise NotImplementedError

    def latents(self, n: int, seed: keras.random.SeedGenerator) -> Any:
        """z from the paper's prior, float32 [n, Z]."""
        raise NotImplementedError

    def latents_by_seed(self, seeds: Any) -> Any:
        """The same prior, float32 [N, Z], each row from its own seed (int64 [N]) alone."""
        raise NotImplementedError

    def between(self, z: Any, other: Any, t: Any) -> Any:
        """Latents on the way from z (t = 0) to another z (t = 1), all likely under the prior.

        Args:
            z, other: float32 [N, Z].
            t: float32 [N], from 0 to 1.
        """
        raise NotImplementedError

    def discriminator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """The terms of L_D for real images and fakes, and the labels of both."""
        raise NotImplementedError

    def generator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """The terms of L_G for real images and fakes, and the labels of both."""
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

    # ---- inputs -------------------------------------------------------------------------------
    def from_uint8(self, images: Any) -> Any:
        """uint8 images as float32 in the paper's range."""
        low, high = self.pixel_range
        return ops.cast(images, "float32") * ((high - low) / 255.0) + low

    def to_uint8(self, images: Any) -> Any:
        """Float images of the paper's range as uint8, rounded."""
        low, high = self.pixel_range
        grey = (ops.cast(images, "float32") - low) * (255.0 / (high - low))
        return ops.cast(ops.clip(ops.round(grey), 0.0, 255.0), "uint8")

    def one_hot(self, labels: Any) -> Any:
        """float32 [N, K]."""
        return ops.one_hot(labels, self.num_classes)

    def fake_labels(self, n: int) -> Any:
        """int32 [n], the labels of a whole fake batch: tiled, random, or groups of 5 (B5).

        Tiled ones begin with class 0 in every batch that has room for all, as published; in smaller
        ones where the last batch ended, so that all classes come equally often.
        """
        kind, k = self.config.train.fake_labels, self.num_classes
        if kind == "random":
            return keras.random.randint((n,), 0, k, dtype="int32", seed=self.random)
        if kind == "groups":
            shuffled = keras.random.shuffle(ops.arange(k, dtype="int32"), seed=self.random)
            return ops.repeat(ops.take(shuffled, ops.arange(-(-n // 5)) % k), 5)[:n]
        first = ops.where(k <= n, 0, ops.cast(self.step % k, "int32") * n)
        return (first + ops.arange(n, dtype="int32")) % k

    def see(self, images: Any) -> tuple[Any, Any]:
        """What D is shown: the (augmented) clean images, and those with noise on them."""
        options = self.config.discriminator
        clean = augment(images, options.augment, self.random, self.pixel_range, self.strength)
        if not options.noise:
            return clean, clean
        left = 1.0
        if options.noise_decay_steps:
            left = ops.maximum(
                0.0, 1.0 - ops.cast(self.step, "float32") / options.noise_decay_steps
            )
        n, *shape = ops.shape(clean)
        noise = backend.own_rows(
            n, lambda total: keras.random.normal((total, *shape), seed=self.random)
        )
        return clean, clean + options.noise * left * noise
