"""Critics on frozen features, beside the one on D's own codes (Sauer et al., 2021)."""

from typing import Any

import keras
from keras import ops

from artgan_tf.frozen.features import MIXED
from artgan_tf.models import improved


class FeatureCritics(keras.layers.Layer):
    """A critic for each class on every mixed map of frozen features.

    Maps of these `sizes`, larger ones halved down to 8x8, pass layers of `width` channels.
    Call: maps, each [N, H, W, M] -> for each map c_k, float32 [N, H', W', K].
    """

    def __init__(self, classes: int, width: int, sizes: tuple[int, ...], **kwargs: Any):
        super().__init__(**kwargs)
        self.sizes, settings = sizes, {"spectral": True, "dtype": self.dtype_policy}
        self.towers: list[list[keras.layers.Layer]] = []
        for size in sizes:
            blocks: list[keras.layers.Layer] = []
            while size > 8 or not blocks:
                stride = 2 if size > 8 else 1
                inner = improved.convolution(width, stride, **settings)
                blocks.append(improved.block(inner, self.dtype_policy))
                size //= stride
            self.towers.append([*blocks, improved.convolution(classes, **settings)])

    def examples(self) -> list[Any]:
        """Symbolic maps with the shapes of real ones, to build the layers."""
        return [keras.KerasTensor((1, s, s, m)) for s, m in zip(self.sizes, MIXED, strict=True)]

    def call(self, maps: list[Any], training: bool = False) -> list[Any]:
        found = []
        for (*blocks, last), x in zip(self.towers, maps, strict=True):
            for block in blocks:
                x = block(x, training=training)
            found.append(ops.cast(last(x), "float32"))
        return found
