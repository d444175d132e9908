"""Frozen, randomly mixed features of images as inputs of critics (Sauer et al., 2021).

A network trained on natural images sees local structure that a new discriminator does not. Fixed
random kernels mix its maps across channels and scales, so that G cannot succeed by satisfying only
some channels. Nothing here is trained, saved or exported.
"""

import itertools
from typing import Any

import keras
import numpy as np
from keras import ops

from artgan_tf.frozen.efficientnet import CHANNELS, STRIDES, load_efficientnet

MIXED = (64, 64, 128, 128)  # channels of the mixed maps
# Root mean squares of the network's maps over 256 paintings, by which the maps are divided.
SCALES = (8.3, 7.2, 5.8, 2.6)


class FrozenFeatures:
    """Computes four mixed maps of images.

    It is not a Keras layer, so that its weights are not tracked as part of a model.

    Args:
        size: side to which images are enlarged, in pixels.
        dtype: policy of the network.

    Raises:
        InputError: the network's package is missing, or its file is damaged.
    """

    def __init__(self, size: int, dtype: Any = "float32"):
        self.size, dtype = size, keras.dtype_policies.get(dtype).compute_dtype
        self.network = load_efficientnet(dtype)
        draw = np.random.default_rng(0).standard_normal
        self.across = [
            _kernel(draw((1, 1, c, m)) / np.sqrt(c) / scale, dtype)
            for c, m, scale in zip(CHANNELS, MIXED, SCALES, strict=True)
        ]
        self.down = [
            _kernel(draw((3, 3, deep, m)) / np.sqrt(9 * deep), dtype)
            for m, deep in itertools.pairwise(MIXED)
        ]

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables, for a compiled step to read."""
        return [*self.network.variables, *self.across, *self.down]

    def __call__(self, images: Any) -> list[Any]:
        """Compute maps [N, size / stride, size / stride, M] of images [N, S, S, 3] in [-1, 1].

        The strides are `STRIDES`, and M are the channels in `MIXED`.
        """
        size = (self.size, self.size)
        maps = self.network(ops.image.resize(images, size, interpolation="bilinear"))
        maps = [_convolve(x, kernel) for x, kernel in zip(maps, self.across, strict=True)]
        for i, kernel in reversed(list(enumerate(self.down))):
            deep = _convolve(maps[i + 1], kernel)
            deep = ops.image.resize(deep, maps[i].shape[1:3], interpolation="bilinear")
            maps[i] = (maps[i] + ops.cast(deep, maps[i].dtype)) / 2**0.5
        return maps


def map_sizes(size: int) -> tuple[int, ...]:
    """Sides of the maps of images with a given side."""
    return tuple(-(-size // stride) for stride in STRIDES)


def _kernel(values: np.ndarray, dtype: str) -> keras.Variable:
    return keras.Variable(values.astype(np.float32), trainable=False, dtype=dtype)


def _convolve(x: Any, kernel: keras.Variable) -> Any:
    return ops.conv(ops.cast(x, kernel.dtype), kernel, padding="same")
