"""The Inception network of December 2015 up to pool3, whose features define FID and KID.

Structure, resizing and names follow the public frozen graph `classify_image_graph_def.pb`;
`inception2015_weights.py` reads the weights.  Uses only Keras layers and `keras.ops`.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from artgan_tf.config import InputError
from artgan_tf.metrics.extractor import Extractor
from artgan_tf.metrics.inception2015_weights import Weights, read_weights

SIDE, CLASSES, EPSILON = 299, 1008, 0.001

# A row is one branch of a block; `>` separates consecutive layers, `|` two parallel layers at the
# end.  `96 3x3` gives channels and kernel (1x1 by default); `/2` is a stride of 2 without padding,
# `valid` means no padding; `avg` and `max` are 3x3 pools.
STEM = "32 3x3/2 > 32 3x3 valid > 64 3x3 > max/2 > 80 > 192 3x3 valid > max/2"
TOWERS_35 = ("64", "48 > 64 5x5", "64 > 96 3x3 > 96 3x3")
TOWERS_8 = ("320", "384 > 384 1x3 | 384 3x1", "448 > 384 3x3 > 384 1x3 | 384 3x1")


def _towers_17(channels: int) -> tuple[str, ...]:
    c = channels
    twice = f"{c} > {c} 7x1 > {c} 1x7 > {c} 7x1 > 192 1x7"
    return "192", f"{c} > {c} 1x7 > 192 7x1", twice, "avg > 192"


BLOCKS: dict[str, tuple[str, ...]] = {
    "mixed": (*TOWERS_35, "avg > 32"),
    "mixed_1": (*TOWERS_35, "avg > 64"),
    "mixed_2": (*TOWERS_35, "avg > 64"),
    "mixed_3": ("384 3x3/2", "64 > 96 3x3 > 96 3x3/2", "max/2"),
    "mixed_4": _towers_17(128),
    "mixed_5": _towers_17(160),
    "mixed_6": _towers_17(160),
    "mixed_7": _towers_17(192),
    "mixed_8": ("192 > 320 3x3/2", "192 > 192 1x7 > 192 7x1 > 192 3x3/2", "max/2"),
    "mixed_9": (*TOWERS_8, "avg > 192"),
    "mixed_10": (*TOWERS_8, "max > 192"),  # the graph has max here, unlike mixed_9
}


def open_inception2015(path: str) -> Extractor:
    """Open the extractor `inception-2015:FILE`; with the frozen graph's file it also has logits."""
    weights, network = read_weights(path), build()
    assign(network, weights)
    softmax = weights.softmax

    def run(images: np.ndarray) -> tuple[Any, Any]:
        features = np.asarray(network.predict_on_batch(images))
        return features, None if softmax is None else features @ softmax

    classifier = "" if softmax is None else ", logits [1008] without bias"
    protocol = f"TF1 bilinear to 299x299, (x - 128) / 128, pool3 [2048]{classifier}"
    name = "inception-2015" if weights.known else f"inception-2015-{weights.sha256[:8]}"
    return Extractor(name, protocol, run, softmax is not None, weights.sha256)


def resize_like_tensorflow1(images: Any, side: int) -> Any:
    """Bilinear resizing as in TensorFlow 1: no half-pixel centres, no antialiasing.

    Images [N, H, W, C] -> float32 [N, side, side, C]; output pixel i samples at i * H / side.
    """
    x = ops.cast(images, "float32")
    for axis in (2, 1):
        length = ops.shape(x)[axis]
        at = ops.arange(side, dtype="float32") * (ops.cast(length, "float32") / side)
        low = ops.cast(ops.floor(at), "int32")
        before = ops.take(x, low, axis=axis)
        after = ops.take(x, ops.minimum(low + 1, length - 1), axis=axis)
        share = ops.reshape(at - ops.floor(at), (side, 1, 1) if axis == 1 else (side, 1))
        x = before + (after - before) * share
    return x


class Prepare(keras.layers.Layer):
    """The graph's preprocessing: [N, H, W, 3] in 0..255 -> float32 [N, 299, 299, 3] in -1..1."""

    def call(self, images: Any) -> Any:
        return (resize_like_tensorflow1(images, SIDE) - 128.0) / 128.0

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple:
        return input_shape[0], SIDE, SIDE, 3


class ConvNorm(keras.layers.Layer):
    """Convolution without bias -> batch norm without gamma, with fixed statistics -> ReLU.

    Computed as one convolution with a bias: [N, H, W, C] -> [N, H', W', filters].
    """

    def __init__(
        self, filters: int, kernel_size: tuple[int, int], strides: int, padding: str, **kwargs: Any
    ):
        super().__init__(trainable=False, dtype="float32", **kwargs)
        self.filters, self.kernel_size = filters, kernel_size
        self.strides, self.padding = strides, padding

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape, channels = (*self.kernel_size, input_shape[-1], self.filters), (self.filters,)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer="he_normal")
        self.beta = self.add_weight(name="beta", shape=channels, initializer="zeros")
        self.mean = self.add_weight(name="mean", shape=channels, initializer="zeros")
        self.variance = self.add_weight(name="variance", shape=channels, initializer="ones")

    def call(self, x: Any) -> Any:
        scale = ops.rsqrt(self.variance + EPSILON)
        x = ops.conv(x, self.kernel * scale, strides=self.strides, padding=self.padding)
        return ops.relu(x + (self.beta - self.mean * scale))


def build() -> keras.Model:
    """The network with random weights: uint8 [N, H, W, 3], any H and W -> float32 [N, 2048]."""
    images = keras.Input((None, None, 3), dtype="uint8", name="images")
    x = _branch(Prepare(dtype="float32")(images), STEM, "")
    for name, rows in BLOCKS.items():
        branches = [_branch(x, row, scope) for row, scope in _scopes(name, rows)]
        x = keras.layers.Concatenate(dtype="float32", name=name)(branches)
    pool3 = keras.layers.GlobalAveragePooling2D(dtype="float32", name="pool_3")(x)
    network = keras.Model(images, pool3, name="inception_2015")
    network.jit_compile = False  # same kernels on every device
    return network


def convolutions(network: keras.Model) -> dict[str, ConvNorm]:
    """The network's 94 convolutions, by their names in the frozen graph."""
    layers = (layer for layer in network.layers if isinstance(layer, ConvNorm))
    return {layer.name.replace(".", "/"): layer for layer in layers}


def assign(network: keras.Model, weights: Weights) -> None:
    """Assign all weights to the network; InputError, and none assigned, if they are of another."""
    layers = convolutions(network)
    for name in sorted(layers.keys() ^ weights.convolutions.keys()):
        what = "has no" if name in layers else "also has"
        raise InputError(f"{weights.path} is not the 2015 Inception network: it {what} {name}.")
    for name, layer in layers.items():
        for variable, array in zip(layer.weights, weights.convolutions[name], strict=True):
            if variable.shape != array.shape:
                raise InputError(
                    f"{weights.path} is not the 2015 Inception network: {variable.name} of {name} "
                    f"has the shape {array.shape}, not {tuple(variable.shape)}."
                )
    for name, layer in layers.items():
        layer.set_weights(list(weights.convolutions[name]))


def _scopes(block: str, rows: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each row with its scope in the graph; longer branches are `tower`, `tower_1` and so on."""
    towers = itertools.count()
    for row in rows:
        yield row, f"{block}/{_numbered('tower', next(towers))}/" if ">" in row else f"{block}/"


def _branch(x: Any, row: str, scope: str) -> Any:
    """Apply the layers of a row to [N, H, W, C], and name them in order."""
    chain, *beside = row.split("|")
    steps = [step.strip() for step in chain.split(">")]
    forks = [steps.pop(), *(step.strip() for step in beside)] if beside else []
    count = itertools.count()
    for step in steps:
        pool = step.startswith(("avg", "max"))
        name = scope if pool else scope + _numbered("conv", next(count))
        x = (_pool(step) if pool else _convolution(step, name))(x)
    names = (f"{scope}mixed/{_numbered('conv', i)}" for i in range(len(forks)))
    ends = [_convolution(step, name)(x) for step, name in zip(forks, names, strict=True)]
    return keras.layers.Concatenate(dtype="float32")(ends) if forks else x


def _convolution(step: str, name: str) -> ConvNorm:
    match = re.fullmatch(r"(\d+)(?: (\d)x(\d))?(/2| valid)?", step)
    assert match, step
    size = int(match[2] or 1), int(match[3] or 1)
    strides, padding = 2 if match[4] == "/2" else 1, "valid" if match[4] else "same"
    return ConvNorm(int(match[1]), size, strides, padding, name=name.replace("/", "."))


def _pool(step: str) -> keras.layers.Layer:
    """A 3x3 pool; the average ignores padding."""
    kind = keras.layers.AveragePooling2D if step == "avg" else keras.layers.MaxPooling2D
    strides, padding = (2, "valid") if step.endswith("/2") else (1, "same")
    return kind(3, strides=strides, padding=padding, dtype="float32")


def _numbered(name: str, count: int) -> str:
    return f"{name}_{count}" if count else name
