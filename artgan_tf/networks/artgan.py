"""ArtGAN's nets (2017): zNet and Dec make G, Enc and clsNet make D; Dec is shared.

Images in [0, 1]. The papers do not say how the weights start: kernels here are Glorot-uniform.
"""

from typing import Any

import keras
from keras import ops

from artgan_tf.config import Discriminator as DiscriminatorOptions
from artgan_tf.config import InputError
from artgan_tf.config import Model as ModelOptions
from artgan_tf.networks import generator
from artgan_tf.networks.convolutions import Conv2D, Conv2DTranspose
from artgan_tf.networks.layers import Block, SpectralConv2D, SpectralDense
from artgan_tf.networks.tables import Stage, check_growth, parse_layers, parse_stages

NORM = {"momentum": 0.9, "epsilon": 1e-5}
SLOPE = 0.2


def _growing(stages: list[Stage], start: int, dtype: Any) -> list[Block]:
    """Transposed convolutions: 4x4 stride 2 where the size doubles, else 3x3 stride 1."""
    blocks, size = [], start
    for stage in stages:
        conv = _transposed(stage.channels, stage.size != size, dtype)
        blocks.append(Block(conv, NORM, slope=0.0, dtype=dtype))
        size = stage.size
    return blocks


def _transposed(channels: int, grows: bool, dtype: Any) -> keras.layers.Layer:
    kernel, stride = (4, 2) if grows else (3, 1)
    return Conv2DTranspose(channels, kernel, strides=stride, padding="same", dtype=dtype)


@keras.saving.register_keras_serializable("artgan_tf.artgan")
class Generator(generator.Generator):
    """zNet: (z, classes) -> codes; Dec: codes -> image (A1, A2).

    Args:
        options: the `model` section; `latent` is zNet's table, `generator` is Dec's.
        image_size: of the images, twice the last stage.
        dtype: policy of the inner layers; the output is float32.

    Call: z [N, Z] and classes [N, K] (one-hot, or weights) -> float32 images [N, S, S, 3] in
    [0, 1]. `decode(codes)` is Dec alone, for Dec(Enc(x)).
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
        check_growth([*latent, *stages], first.size)
        if not stages or 2 * stages[-1].size != image_size:
            raise InputError(
                f"model.generator should end at size {image_size // 2}, half of data.image_size: "
                f"{options.generator}."
            )
        # On a 1x1 map a 4x4 transposed convolution without padding gives a 4x4 map.
        spread = keras.layers.Conv2DTranspose(first.channels, first.size, dtype=dtype)
        self.latent = [Block(spread, NORM, 0.0, dtype=dtype), *_growing(latent, first.size, dtype)]
        self.decoder = _growing(stages, latent[-1].size if latent else first.size, dtype)
        self.paint = _transposed(3, True, dtype)

    def call(self, z: Any, classes: Any, training: bool = False) -> Any:
        x = ops.concatenate([z, classes], axis=-1)[:, None, None, :]
        for block in self.latent:
            x = block(x, training=training)
        return self.decode(x, training=training)

    def decode(self, codes: Any, training: bool = False) -> Any:
        """Dec: images in [0, 1] from zNet's or Enc's codes."""
        x = codes
        for block in self.decoder:
            x = block(x, training=training)
        return ops.sigmoid(ops.cast(self.paint(x), "float32"))


class Discriminator(keras.Model):
    """Enc: image -> codes; clsNet: codes -> K+1 logits, the last one FAKE (A1, A2).

    Args:
        options: the `model` section; `encoder` is Enc's table, `classifier` is clsNet's.
        classes: K.
        restraint: the `discriminator` section (dropout before layers marked `d`, spectral
            normalisation of every layer).
        dtype: policy of the inner layers; logits are float32.

    Call: images [N, S, S, 3] in [0, 1] -> (logits [N, K+1], codes); p_i is the i-th sigmoid.
    """

    def __init__(
        self,
        options: ModelOptions,
        classes: int,
        restraint: DiscriminatorOptions | None = None,
        dtype: Any = "float32",
    ):
        super().__init__()
        self.restraint = restraint or DiscriminatorOptions()
        spectral = self.restraint.spectral_norm
        self.encoder = self._convolutions(options.encoder, options.width, dtype, first=True)
        self.classifier = self._convolutions(options.classifier, options.width, dtype, first=False)
        self.flatten = keras.layers.Flatten(dtype=dtype)
        dense = SpectralDense if spectral else keras.layers.Dense
        self.logits = dense(classes + 1, dtype="float32")

    def _convolutions(self, table: tuple[str, ...], width: float, dtype: Any, first: bool) -> list:
        kind = SpectralConv2D if self.restraint.spectral_norm else Conv2D
        blocks = []
        for index, row in enumerate(parse_layers(table, width)):
            conv = kind(row.channels, row.kernel, strides=row.stride, padding="same", dtype=dtype)
            norm = None if first and index == 0 else NORM
            dropout = self.restraint.dropout if row.dropout else 0.0
            blocks.append(Block(conv, norm, SLOPE, dropout, dtype=dtype))
        return blocks

    def call(self, images: Any, training: bool = False, dropout: bool = False) -> Any:
        codes = images
        for block in self.encoder:
            codes = block(codes, training=training, dropout=dropout)
        x = codes
        for block in self.classifier:
            x = block(x, training=training, dropout=dropout)
        return self.logits(self.flatten(x)), codes
