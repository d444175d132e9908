"""ArtGAN (Tan et al., ICIP 2017): G is zNet and Dec, D is Enc and clsNet; Dec also reconstructs.

Losses and networks follow the paper; details that it does not state, three public reimplementations
that agree on them. Images are in [0, 1], z is normal, and D has K+1 sigmoid units. The papers do
not give the initial weights; here kernels are Glorot-uniform.
"""

from typing import Any

import keras
from keras import ops

from artgan_tf import backend, fast, layers, losses
from artgan_tf.config import Config, InputError, ModelOptions
from artgan_tf.gan import GAN
from artgan_tf.losses import Terms
from artgan_tf.models.generator import Generator
from artgan_tf.tables import Stage, check_growth, parse_layers, parse_stages

NORM = {"momentum": 0.9, "epsilon": 1e-5}
SLOPE = 0.2


# ---- networks ---------------------------------------------------------------------------------
def _growing(stages: list[Stage], start: int, dtype: Any) -> list[layers.Block]:
    """A block per stage: transposed convolution, 4x4 stride 2 to double the size, else 3x3."""
    blocks, size = [], start
    for stage in stages:
        conv = _transposed(stage.channels, stage.size != size, dtype)
        blocks.append(layers.Block(conv, NORM, slope=0.0, dtype=dtype))
        size = stage.size
    return blocks


def _transposed(channels: int, grows: bool, dtype: Any) -> keras.layers.Layer:
    kernel, stride = (4, 2) if grows else (3, 1)
    return fast.Conv2DTranspose(channels, kernel, strides=stride, padding="same", dtype=dtype)


# This name is stored in files written by `save`, so it must not change.
@keras.saving.register_keras_serializable("artgan_tf.artgan", "Generator")
class ArtGANGenerator(Generator):
    """zNet: (z, classes) -> codes; Dec: codes -> images in [0, 1].

    `model.latent` is zNet's table, `model.generator` is Dec's; a final layer doubles the size.
    Raises InputError if a table is empty or does not lead to the image size.
    """

    def __init__(
        self, options: ModelOptions, image_size: int, dtype: Any = "float32", **kwargs: Any
    ):
        super().__init__(options, image_size, dtype, **kwargs)
        if not options.latent:
            raise InputError(
                "model.latent has no stage: ArtGAN's zNet starts with one like '4:1024'."
            )
        first, *latent = parse_stages(options.latent, options.width)
        stages = parse_stages(options.generator, options.width)
        check_growth("latent", latent, first.size)
        size = [first, *latent][-1].size
        check_growth("generator", stages, size, image_size // 2)
        # On a 1x1 map a 4x4 transposed convolution without padding gives a 4x4 map.
        spread = keras.layers.Conv2DTranspose(first.channels, first.size, dtype=dtype)
        grown = _growing(latent, first.size, dtype)
        self.latent = [layers.Block(spread, NORM, 0.0, dtype=dtype), *grown]
        self.decoder = _growing(stages, size, dtype)
        self.paint = _transposed(3, True, dtype)

    def call(self, z: Any, classes: Any, training: bool = False) -> Any:
        x = ops.concatenate([z, classes], axis=-1)[:, None, None, :]
        for block in self.latent:
            x = block(x, training=training)
        return self.decode(x, training=training)

    def decode(self, codes: Any, training: bool = False) -> Any:
        """Dec: turn codes of zNet or Enc into float32 images [N, S, S, 3] in [0, 1]."""
        x = codes
        for block in self.decoder:
            x = block(x, training=training)
        return ops.sigmoid(ops.cast(self.paint(x), "float32"))


class ArtGANDiscriminator(keras.Model):
    """Enc: images -> codes; clsNet: codes -> K+1 logits, the last one FAKE.

    `model.encoder` is Enc's table, `model.classifier` clsNet's; `discriminator` sets the dropout
    before layers marked `d`, and spectral normalization.

    Call: images [N, S, S, 3] in [0, 1] -> (float32 logits [N, K+1], codes); p_i is the sigmoid of
    the i-th logit. `training` and `dropout` as in `layers.Block`.
    """

    def __init__(self, config: Config, classes: int, dtype: Any = "float32"):
        super().__init__()
        self.options, model = config.discriminator, config.model
        self.encoder = self._convolutions(model.encoder, model.width, dtype, first_norm=None)
        self.classifier = self._convolutions(model.classifier, model.width, dtype, NORM)
        self.flatten = keras.layers.Flatten(dtype=dtype)
        dense = layers.SpectralDense if self.options.spectral_norm else keras.layers.Dense
        self.logits = dense(classes + 1, dtype="float32")

    def _convolutions(
        self, table: tuple[str, ...], width: float, dtype: Any, first_norm: dict[str, float] | None
    ) -> list[layers.Block]:
        kind = layers.SpectralConv2D if self.options.spectral_norm else fast.Conv2D
        blocks, norm = [], first_norm
        for row in parse_layers(table, width):
            conv = kind(row.channels, row.kernel, strides=row.stride, padding="same", dtype=dtype)
            dropout = self.options.dropout if row.dropout else 0.0
            blocks.append(layers.Block(conv, norm, SLOPE, dropout, dtype=dtype))
            norm = NORM
        return blocks

    def call(self, images: Any, training: bool = False, dropout: bool = False) -> Any:
        codes = images
        for block in self.encoder:
            codes = block(codes, training=training, dropout=dropout)
        x = codes
        for block in self.classifier:
            x = block(x, training=training, dropout=dropout)
        return self.logits(self.flatten(x)), codes


# ---- losses -----------------------------------------------------------------------------------
def discriminator_loss(real_logits: Any, labels: Any, fake_logits: Any) -> Terms:
    """L_D = BCE(D(x), onehot(k)) + BCE(D(G(z)), onehot(FAKE)), over K+1 sigmoid units.

    Of logits [N, K+1], the last one FAKE, and the real images' classes, int [N].
    """
    units = real_logits.shape[-1]
    real_target = ops.one_hot(labels, units)
    fake_target = ops.one_hot(ops.full_like(labels, units - 1), units)
    return {
        "real": losses.binary_cross_entropy(real_logits, real_target),
        "fake": losses.binary_cross_entropy(fake_logits, fake_target),
    }


def generator_loss(fake_logits: Any, fake_labels: Any) -> Terms:
    """L_adv = BCE(D(G(z)), [onehot(k^), 0]), for logits [N, K+1] and int labels [N]."""
    target = ops.one_hot(fake_labels, fake_logits.shape[-1])
    return {"adversarial": losses.binary_cross_entropy(fake_logits, target)}


# ---- the model --------------------------------------------------------------------------------
class NormalPrior:
    """The standard normal prior of z, to be mixed into a `GAN`."""

    config: Config
    prior = "the standard normal distribution"

    def latents(self, n: int, seed: keras.random.SeedGenerator) -> Any:
        return keras.random.normal((n, self.config.model.z_size), seed=seed)

    def latents_by_seed(self, seeds: Any) -> Any:
        return backend.normal_by_seed(seeds, self.config.model.z_size)

    def interpolate(self, z: Any, other: Any, t: Any) -> Any:
        # Along an arc: on a straight line, z half-way would be shorter than the prior makes likely.
        t, product = t[:, None], ops.sum(z * other, axis=1, keepdims=True)
        a, b = (ops.sqrt(ops.sum(ops.square(x), axis=1, keepdims=True)) for x in (z, other))
        angle = ops.arccos(ops.clip(product / ops.maximum(a * b, 1e-12), -1.0, 1.0))
        # Equal or opposite z define no arc; nearly so, none that float32 resolves: take a line.
        turn = ops.maximum(ops.sin(angle), 1e-2)
        straight, length = ops.sin(angle) < 1e-2, (1.0 - t) * a + t * b
        p, q = (ops.where(straight, s, ops.sin(s * angle) / turn) for s in (1.0 - t, t))
        p, q = (s * length / ops.maximum(x, 1e-12) for s, x in ((p, a), (q, b)))
        return p * z + q * other


class ArtGAN(NormalPrior, GAN):
    """ArtGAN: K+1 sigmoid units, and Dec shared by G and the reconstruction Dec(Enc(x))."""

    title, source = "ArtGAN", "Tan, Chan, Aguirre, Tanaka, ICIP 2017"
    pixel_range = (0.0, 1.0)
    generator_class, discriminator_class = ArtGANGenerator, ArtGANDiscriminator

    @property
    def discriminator_term_names(self) -> tuple[str, ...]:
        return ("real", "fake")

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        return ("adversarial", "reconstruction")[: 1 + self.config.model.autoencoder]

    def discriminator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """`discriminator_loss` of noisy images."""
        real_logits, _ = self.discriminator(self.perturb(real)[1], training=True, dropout=True)
        fake_logits, _ = self.discriminator(self.perturb(fake)[1], training=True, dropout=True)
        return discriminator_loss(real_logits, y, fake_logits)

    def generator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """L_adv + L_L2, where L_L2 = MSE(Dec(Enc(x)), x) has gradients to Dec only."""
        logits, _ = self.discriminator(self.perturb(fake)[1], training=True)
        terms = generator_loss(logits, fake_y)
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
