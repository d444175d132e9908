"""Improved ArtGAN (Tan et al., TIP 2019): a magnified generator, a categorical autoencoder as D.

Losses, networks and hyper-parameters follow the paper and its authors' public code. Images are in
[-1, 1] and z is uniform. Layers have no bias, and every kernel starts from N(0, 0.02^2).
"""

from typing import Any

import keras
from keras import ops

from artgan_tf import backend, fast, layers, losses
from artgan_tf.config import Config, ModelOptions
from artgan_tf.gan import GAN
from artgan_tf.losses import Terms
from artgan_tf.models.generator import Generator
from artgan_tf.tables import Stage, check_growth, parse_layers, parse_stages, scale

NORM = {"momentum": 0.9, "epsilon": 1e-3}
SLOPE = 0.2


# ---- networks ---------------------------------------------------------------------------------
def normal() -> keras.initializers.Initializer:
    """The initializer of every kernel."""
    return backend.RandomNormal(stddev=0.02)


def dense(units: int, spectral: bool = False, **kwargs: Any) -> keras.layers.Layer:
    """A linear layer without a bias."""
    kind = layers.SpectralDense if spectral else keras.layers.Dense
    return kind(units, use_bias=False, kernel_initializer=normal(), **kwargs)


def convolution(
    channels: int, stride: int = 1, kernel: int = 3, spectral: bool = False, **kwargs: Any
) -> keras.layers.Layer:
    """A SAME convolution without a bias."""
    kind = layers.SpectralConv2D if spectral else fast.Conv2D
    settings: dict[str, Any] = {"padding": "same", "use_bias": False}
    return kind(channels, kernel, strides=stride, kernel_initializer=normal(), **settings, **kwargs)


def growing_convolution(channels: int, grows: bool, dtype: Any) -> keras.layers.Layer:
    """A 3x3 convolution, after nearest upsampling to twice the size if it grows."""
    if grows:
        return layers.UpsampleConv2D(channels, normal(), dtype=dtype)
    return convolution(channels, dtype=dtype)


def block(
    weights: keras.layers.Layer, dtype: Any, norm: Any = NORM, dropout: float = 0.0
) -> layers.Block:
    """[dropout ->] weights [-> batch norm] -> leaky ReLU."""
    return layers.Block(weights, norm, SLOPE, dropout, dtype=dtype)


def first_layer(width: float, dtype: Any) -> layers.Block:
    """G's first layer, from z and classes to 4x4 codes of 512 channels: dense, BN, leaky ReLU."""
    return block(dense(16 * scale(512, width), dtype=dtype), dtype)


def _growing(stages: list[Stage], start: int, dtype: Any) -> list[layers.Block]:
    """For each stage [upsampling, if the size doubles ->] convolution -> BN -> leaky ReLU."""
    blocks, size = [], start
    for stage in stages:
        inner = growing_convolution(stage.channels, stage.size != size, dtype)
        blocks.append(block(inner, dtype))
        size = stage.size
    return blocks


# This name is stored in files written by `save`, so it must not change.
@keras.saving.register_keras_serializable("artgan_tf.improved", "Generator")
class ImprovedGenerator(Generator):
    """z and classes -> images in [-1, 1]; a magnified generator draws at 2S and pools to S.

    `model.generator` ends at the size S of the images, or at 2S with `model.magnify`.

    Call: as `Generator`; `magnified=True` returns the images [N, 2S, 2S, 3] before pooling.
    """

    def __init__(
        self, options: ModelOptions, image_size: int, dtype: Any = "float32", **kwargs: Any
    ):
        super().__init__(options, image_size, dtype, **kwargs)
        self.magnify = options.magnify
        last = 2 * image_size if options.magnify else image_size
        stages = [s for s in parse_stages(options.generator, options.width) if s.size <= last]
        check_growth("generator", stages, 4, last)
        self.project = first_layer(options.width, dtype)
        self.blocks = _growing(stages, 4, dtype)
        self.paint = convolution(3, dtype=dtype)
        self.pool = keras.layers.AveragePooling2D(3, strides=2, padding="same")

    def call(self, z: Any, classes: Any, training: bool = False, magnified: bool = False) -> Any:
        x = self.project(ops.concatenate([z, classes], axis=-1), training=training)
        x = ops.reshape(x, (-1, 4, 4, x.shape[-1] // 16))
        for block in self.blocks:
            x = block(x, training=training)
        images = ops.tanh(ops.cast(self.paint(x), "float32"))
        return self.pool(images) if self.magnify and not magnified else images


class ImprovedDiscriminator(keras.Model):
    """The categorical autoencoder: K logits o(x) and a reconstruction r(x) of the image.

    `model.encoder` and `model.decoder` are its tables; `discriminator` sets the dropout before
    layers marked `d`, and spectral normalization of the encoder and the classifier. There is no
    FAKE unit: the realness logit is logsumexp of the K logits.

    Call: images [N, S, S, 3] in [-1, 1] -> (float32 logits [N, K], codes), as in `layers.Block`:
    the G step needs `training`, the D step `dropout` too.
    """

    def __init__(self, config: Config, classes: int, dtype: Any = "float32"):
        super().__init__()
        model, options, size = config.model, config.discriminator, config.data.image_size
        spectral = options.spectral_norm
        self.encoder = []
        for index, layer in enumerate(parse_layers(model.encoder, model.width)):
            conv = convolution(layer.channels, layer.stride, layer.kernel, spectral, dtype=dtype)
            norm, dropout = NORM if index else None, options.dropout if layer.dropout else 0.0
            self.encoder.append(block(conv, dtype, norm, dropout))
            size = -(-size // layer.stride)
        self.flatten = keras.layers.Flatten(dtype=dtype)
        self.classifier = dense(classes, spectral, dtype="float32")
        self.decoder = self._decoder(config, size, dtype) if model.autoencoder else []

    @staticmethod
    def _decoder(config: Config, start: int, dtype: Any) -> list[keras.layers.Layer]:
        size = config.data.image_size
        stages = parse_stages(config.model.decoder, config.model.width)
        check_growth("decoder", stages, start, size, size // 2)
        paint = growing_convolution(3, stages[-1].size != size, dtype)
        return [*_growing(stages, start, dtype), paint]

    def build(self, images_shape: tuple[int | None, ...]) -> None:
        # Explicitly, because `call` does not use the decoder.
        _, codes = self.call(keras.KerasTensor((1, *images_shape[1:])))
        if self.decoder:
            self.decode(codes)

    def call(self, images: Any, training: bool = False, dropout: bool = False) -> Any:
        x = images
        for block in self.encoder:
            x = block(x, training=training, dropout=dropout)
        return self.classifier(self.flatten(x)), x

    def decode(self, codes: Any, training: bool = False) -> Any:
        """Turn the encoder's codes into float32 images [N, S, S, 3] in [-1, 1]."""
        x = codes
        *blocks, paint = self.decoder
        for block in blocks:
            x = block(x, training=training)
        return ops.tanh(ops.cast(paint(x), "float32"))


# ---- losses -----------------------------------------------------------------------------------
def discriminator_loss(real_logits: Any, labels: Any, fake_logits: Any) -> Terms:
    """CE(o(x), y) + softplus(-l(x)) + softplus(l(s)), L_D without the reconstruction r.

    Of logits o [N, K] and labels int [N]; l = logsumexp over K, p(real) = sigmoid(l).
    """
    return {
        "class": losses.cross_entropy(real_logits, labels),
        "real": realness_loss(real_logits, 1.0),
        "fake": realness_loss(fake_logits, 0.0),
    }


def generator_loss(fake_logits: Any, fake_labels: Any) -> Terms:
    """softplus(-l(s)) + CE(o(s), y^), L_G without r, of logits o [N, K] and labels int [N]."""
    return {
        "adversarial": realness_loss(fake_logits, 1.0),
        "class": losses.cross_entropy(fake_logits, fake_labels),
    }


def realness_loss(logits: Any, target: float) -> Any:
    """BCE of p = sigmoid(l), l = logsumexp_k o_k: batch mean of softplus(l) - target * l.

    This is exact for logits [N, K] and a target probability of "real"; in the public code
    log_sum_exp broadcasts to [B, B], and is slightly wrong inside the softplus.
    """
    realness = ops.logsumexp(logits, axis=-1)
    return ops.mean(ops.softplus(realness) - target * realness)


# ---- the model --------------------------------------------------------------------------------
class ImprovedArtGAN(GAN):
    """Improved ArtGAN: a magnified generator, and a categorical autoencoder as discriminator."""

    title, source = "Improved ArtGAN", "Tan, Chan, Aguirre, Tanaka, IEEE TIP 2019"
    prior = "the uniform distribution on [-1, 1]"
    pixel_range = (-1.0, 1.0)
    generator_class, discriminator_class = ImprovedGenerator, ImprovedDiscriminator

    def latents(self, n: int, seed: keras.random.SeedGenerator) -> Any:
        return keras.random.uniform((n, self.config.model.z_size), -1.0, 1.0, seed=seed)

    def latents_by_seed(self, seeds: Any) -> Any:
        return backend.uniform_by_seed(seeds, self.config.model.z_size)

    def interpolate(self, z: Any, other: Any, t: Any) -> Any:
        t = t[:, None]
        return (1.0 - t) * z + t * other  # stays in the cube, and is exact at both ends

    @property
    def discriminator_term_names(self) -> tuple[str, ...]:
        return ("class", "real", "fake", "reconstruction")[: 3 + self.config.model.autoencoder]

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        return ("adversarial", "class", "reconstruction")[: 2 + self.config.model.autoencoder]

    def discriminator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """`discriminator_loss` + 0.5 MSE(r(x), x), where the second x is without noise."""
        clean, noisy = self.perturb(real)
        real_logits, real_codes = self.discriminator(noisy, training=True, dropout=True)
        fake_logits, _ = self.discriminator(self.perturb(fake)[1], training=True, dropout=True)
        terms = discriminator_loss(real_logits, y, fake_logits)
        return terms | self._reconstruction(clean, real_codes)

    def generator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """`generator_loss` + 0.5 MSE(r(s), s), with gradients through both r(s) and s."""
        clean, noisy = self.perturb(fake)
        logits, codes = self.discriminator(noisy, training=True)
        return generator_loss(logits, fake_y) | self._reconstruction(clean, codes)

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
