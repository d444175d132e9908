"""The nets of this project's own model: a modulated generator, a critic for each class.

Images in [-1, 1]; tables, convolutions and initial weights are Improved ArtGAN's.
"""

from typing import Any

import keras
from keras import ops

from artgan_tf import backend
from artgan_tf.config import Discriminator as DiscriminatorOptions
from artgan_tf.config import InputError
from artgan_tf.config import Model as ModelOptions
from artgan_tf.networks import generator, improved
from artgan_tf.networks.features import MIXED, map_sizes
from artgan_tf.networks.fused import BatchNormalization
from artgan_tf.networks.improved import NORM, SLOPE, convolution, normal
from artgan_tf.networks.layers import Block, SpectralConv2D, UpsampleConv2D
from artgan_tf.networks.tables import check_growth, parse_stages, scale


class ModulatedBlock(keras.layers.Layer):
    """Weights -> batch norm, scaled and shifted by the style -> leaky ReLU.

    Args:
        weights: the layer with the weights, of 4-d outputs.
        modulated: False leaves batch norm alone.

    Call: x [N, H, W, C], style [N, S] -> [N, H', W', C'].
    """

    def __init__(self, weights: keras.layers.Layer, modulated: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        several = backend.replicas() > 1
        self.inner = weights
        self.norm = BatchNormalization(**NORM, synchronized=several, dtype=self.dtype_policy)
        self.modulate = None
        if modulated:
            self.modulate = keras.layers.Dense(
                2 * weights.filters, kernel_initializer=normal(), dtype=self.dtype_policy
            )

    def call(self, x: Any, style: Any, training: bool = False) -> Any:
        x = self.norm(self.inner(x), training=training)
        if self.modulate is not None:
            scale, shift = ops.split(self.modulate(style)[:, None, None, :], 2, axis=-1)
            x = x * (1.0 + scale) + shift
        return ops.leaky_relu(x, negative_slope=SLOPE)


@keras.saving.register_keras_serializable("artgan_tf.critic")
class Generator(generator.Generator):
    """z and class weights to an image of the training size.

    Every batch norm but the first is scaled and shifted by z and the class (as in BigGAN), and the
    picture is the sum of what each size paints, enlarged (as in StyleGAN2).

    Args:
        options: the `model` section; `modulation` names what moves the batch norms, `skips=False`
            lets the last size alone paint.
        image_size: training size, which the table ends at.
        dtype: policy of the inner layers; the output is float32.

    Call: z [N, Z] and classes [N, K] (one-hot, or weights that mix classes) -> float32 images
    [N, S, S, 3] in [-1, 1].
    """

    def __init__(
        self, options: ModelOptions, image_size: int, dtype: Any = "float32", **kwargs: Any
    ):
        super().__init__(options, image_size, dtype, **kwargs)
        stages = parse_stages(options.generator, options.width)
        check_growth(stages, start=4)
        if not stages or stages[-1].size != image_size:
            raise InputError(
                f"model.generator should end at size {image_size}: {options.generator}."
            )
        self.modulation = options.modulation
        self.start_channels = scale(512, options.width)
        dense = keras.layers.Dense(
            16 * self.start_channels, use_bias=False, kernel_initializer=normal(), dtype=dtype
        )
        self.project = Block(dense, NORM, SLOPE, dtype=dtype)
        self.blocks, self.paints, size = [], [], 4
        for index, stage in enumerate(stages):
            grows = stage.size != size
            inner = (
                UpsampleConv2D(stage.channels, normal(), dtype=dtype)
                if grows
                else convolution(stage.channels, dtype=dtype)
            )
            self.blocks.append(ModulatedBlock(inner, bool(self.modulation), dtype=dtype))
            last = index + 1 == len(stages)
            ends = last or stages[index + 1].size != stage.size
            paints = ends and (options.skips or last)
            self.paints.append(convolution(3, dtype=dtype) if paints else None)
            size = stage.size

    def call(self, z: Any, classes: Any, training: bool = False) -> Any:
        # A class is a single 1: as long as z is on average, it has as much to say.
        classes = classes * z.shape[-1] ** 0.5
        both = ops.concatenate([z, classes], axis=-1)
        parts = {"latent": z, "class": classes}
        chosen = [part for name, part in parts.items() if name in self.modulation]  # z first
        style = ops.concatenate(chosen, axis=-1) if chosen else z
        x = ops.reshape(self.project(both, training=training), (-1, 4, 4, self.start_channels))
        picture: Any = None
        for block, paint in zip(self.blocks, self.paints, strict=True):
            x = block(x, style, training=training)
            if paint is not None:
                painted = ops.cast(paint(x), "float32")
                picture = painted if picture is None else painted + _enlarged(picture)
        return ops.tanh(picture)


class Discriminator(improved.Discriminator):
    """Improved ArtGAN's categorical autoencoder with a critic for each class on its codes.

    `critic(codes)` gives c_k, [N, H, W, K]: how real a picture is as one of class k, at each place
    of the codes, or for all of them (H = W = 1).  `feature_critics(maps)` gives as much of the
    mixed maps of frozen features.
    """

    def __init__(
        self,
        options: ModelOptions,
        classes: int,
        image_size: int,
        restraint: DiscriminatorOptions | None = None,
        dtype: Any = "float32",
    ):
        super().__init__(options, classes, image_size, restraint, dtype)
        restraint = restraint or DiscriminatorOptions()
        self.local = options.critic == "local"
        self.head = self._head(classes, restraint.spectral_norm)
        self.feature_critics: FeatureCritics | None = None
        if restraint.features != "none":
            width = scale(128, options.width)
            sizes = map_sizes(restraint.feature_size)
            self.feature_critics = FeatureCritics(classes, width, sizes, dtype=dtype)

    def build(self, images_shape: tuple[int | None, ...]) -> None:
        super().build(images_shape)
        _, codes = self.call(ops.zeros((1, *images_shape[1:])))
        self.critic(codes)
        if self.feature_critics is not None:
            self.feature_critics(self.feature_critics.examples())

    def critic(self, codes: Any) -> Any:
        """c_k at the places of the codes, float32 [N, H, W, K]."""
        if self.local:
            return self.head(codes)
        return self.head(self.flatten(codes))[:, None, None, :]


class FeatureCritics(keras.layers.Layer):
    """A critic for each class on every mixed map of frozen features (Sauer et al., 2021).

    Args:
        classes: K.
        width: of the inner layers.
        sizes: of the maps; large ones are halved until they have 8 x 8 places.
    """

    def __init__(self, classes: int, width: int, sizes: tuple[int, ...], **kwargs: Any):
        super().__init__(**kwargs)
        self.sizes = sizes
        self.towers: list[list[keras.layers.Layer]] = []
        for size in sizes:
            blocks: list[keras.layers.Layer] = []
            while size > 8 or not blocks:
                stride = 2 if size > 8 else 1
                inner = _spectral(width, stride, self.dtype_policy)
                blocks.append(Block(inner, NORM, SLOPE, dtype=self.dtype_policy))
                size //= stride
            self.towers.append([*blocks, _spectral(classes, 1, self.dtype_policy)])

    def examples(self) -> list[Any]:
        """Maps of zeros, of the shapes that there will be."""
        return [ops.zeros((1, s, s, m)) for s, m in zip(self.sizes, MIXED, strict=True)]

    def call(self, maps: list[Any], training: bool = False) -> list[Any]:
        found = []
        for (*blocks, last), x in zip(self.towers, maps, strict=True):
            for block in blocks:
                x = block(x, training=training)
            found.append(ops.cast(last(x), "float32"))
        return found


def _spectral(channels: int, stride: int, dtype: Any) -> SpectralConv2D:
    return convolution(channels, stride, spectral=True, dtype=dtype)


def _enlarged(picture: Any) -> Any:
    """[N, H, W, 3] at twice the size, bilinear."""
    size = tuple(2 * side for side in picture.shape[1:3])
    return ops.image.resize(picture, size, interpolation="bilinear")
