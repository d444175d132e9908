"""Improved ArtGAN's nets (2019): the magnified generator, the autoencoder discriminator.

Images in [-1, 1]; no bias anywhere; every kernel starts from N(0, 0.02^2).
"""

from typing import Any

import keras
from keras import ops

from artgan_tf.config import Discriminator as DiscriminatorOptions
from artgan_tf.config import InputError
from artgan_tf.config import Model as ModelOptions
from artgan_tf.networks import generator
from artgan_tf.networks.convolutions import Conv2D
from artgan_tf.networks.layers import Block, SpectralConv2D, SpectralDense, UpsampleConv2D
from artgan_tf.networks.tables import Stage, check_growth, parse_layers, parse_stages, scale

NORM = {"momentum": 0.9, "epsilon": 1e-3}
SLOPE = 0.2


def normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)


def convolution(
    channels: int, stride: int = 1, kernel: int = 3, spectral: bool = False, **kwargs: Any
):
    kind = SpectralConv2D if spectral else Conv2D
    return kind(
        channels,
        kernel,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer=normal(),
        **kwargs,
    )


def _growing(stages: list[Stage], start: int, dtype: Any) -> list[Block]:
    """[up, conv, BN, LReLU] for each stage; the upsampling only where the size doubles."""
    blocks, size = [], start
    for stage in stages:
        if stage.size == size:
            inner = convolution(stage.channels, dtype=dtype)
        else:
            inner = UpsampleConv2D(stage.channels, normal(), dtype=dtype)
        blocks.append(Block(inner, NORM, SLOPE, dtype=dtype))
        size = stage.size
    return blocks


@keras.saving.register_keras_serializable("artgan_tf.improved")
class Generator(generator.Generator):
    """z and class weights to an image; with magnification it draws at 2x and pools (B3, B4).

    Args:
        options: the `model` section.
        image_size: training size; the table's last stage is that, or twice that when magnified.
        dtype: policy of the inner layers; the output is float32.

    Call: z [N, Z] and classes [N, K] (one-hot, or weights that mix classes) -> float32 images
    [N, S, S, 3] in [-1, 1]; with `magnified=True` those of twice the size, before the pooling.
    """

    def __init__(
        self, options: ModelOptions, image_size: int, dtype: Any = "float32", **kwargs: Any
    ):
        super().__init__(options, image_size, dtype, **kwargs)
        self.magnify = options.magnify
        last = 2 * image_size if options.magnify else image_size
        stages = [s for s in parse_stages(options.generator, options.width) if s.size <= last]
        check_growth(stages, start=4)
        if not stages or stages[-1].size != last:
            raise InputError(f"model.generator should end at size {last}: {options.generator}.")
        self.start_channels = scale(512, options.width)
        dense = keras.layers.Dense(
            16 * self.start_channels, use_bias=False, kernel_initializer=normal(), dtype=dtype
        )
        self.project = Block(dense, NORM, SLOPE, dtype=dtype)
        self.blocks = _growing(stages, 4, dtype)
        self.paint = convolution(3, dtype=dtype)
        self.pool = keras.layers.AveragePooling2D(3, strides=2, padding="same")

    def call(self, z: Any, classes: Any, training: bool = False, magnified: bool = False) -> Any:
        x = self.project(ops.concatenate([z, classes], axis=-1), training=training)
        x = ops.reshape(x, (-1, 4, 4, self.start_channels))
        for block in self.blocks:
            x = block(x, training=training)
        images = ops.tanh(ops.cast(self.paint(x), "float32"))
        return self.pool(images) if self.magnify and not magnified else images


class Discriminator(keras.Model):
    """The categorical autoencoder: K logits and a reconstruction of the image (B4).

    Args:
        options: the `model` section.
        classes: K; the realness logit is logsumexp of the K logits, there is no FAKE unit.
        image_size: of the images it sees.
        restraint: the `discriminator` section (dropout, spectral normalisation of the encoder and
            the classifier).
        dtype: policy of the inner layers; outputs are float32.

    Call: images [N, S, S, 3] in [-1, 1] -> (logits [N, K], codes); `decode(codes)` -> images;
    `training` puts batch norm on batch statistics, `dropout` turns dropout on: the G step wants
    the first without the second (B2).
    """

    def __init__(
        self,
        options: ModelOptions,
        classes: int,
        image_size: int,
        restraint: DiscriminatorOptions | None = None,
        dtype: Any = "float32",
    ):
        super().__init__()
        restraint = restraint or DiscriminatorOptions()
        spectral = restraint.spectral_norm
        self.encoder, size = [], image_size
        for index, layer in enumerate(parse_layers(options.encoder, options.width)):
            conv = convolution(layer.channels, layer.stride, layer.kernel, spectral, dtype=dtype)
            dropout = restraint.dropout if layer.dropout else 0.0
            self.encoder.append(Block(conv, NORM if index else None, SLOPE, dropout, dtype=dtype))
            size //= layer.stride
        self.flatten = keras.layers.Flatten(dtype=dtype)
        self.classifier = self._head(classes, spectral)
        self.decoder = self._decoder(options, size, image_size, dtype)

    @staticmethod
    def _head(units: int, spectral: bool) -> keras.layers.Layer:
        kind = SpectralDense if spectral else keras.layers.Dense
        return kind(units, use_bias=False, kernel_initializer=normal(), dtype="float32")

    @staticmethod
    def _decoder(options: ModelOptions, start: int, image_size: int, dtype: Any) -> list:
        if not options.autoencoder:
            return []
        stages = parse_stages(options.decoder, options.width)
        check_growth(stages, start)
        if not stages or stages[-1].size not in (image_size, image_size // 2):
            raise InputError(
                f"model.decoder should end at {image_size} or half: {options.decoder}."
            )
        grows = stages[-1].size != image_size
        paint = UpsampleConv2D(3, normal(), dtype=dtype) if grows else convolution(3, dtype=dtype)
        return [*_growing(stages, start, dtype), paint]

    def build(self, images_shape: tuple[int | None, ...]) -> None:
        # By hand, because `call` alone does not reach the decoder.
        _, codes = self.call(ops.zeros((1, *images_shape[1:])))
        if self.decoder:
            self.decode(codes)

    def call(self, images: Any, training: bool = False, dropout: bool = False) -> Any:
        x = images
        for block in self.encoder:
            x = block(x, training=training, dropout=dropout)
        return self.classifier(self.flatten(x)), x

    def decode(self, codes: Any, training: bool = False) -> Any:
        """Images in [-1, 1] from the encoder's codes."""
        x = codes
        *blocks, paint = self.decoder
        for block in blocks:
            x = block(x, training=training)
        return ops.tanh(ops.cast(paint(x), "float32"))
