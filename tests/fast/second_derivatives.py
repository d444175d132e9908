"""A gradient step on a gradient penalty through each of our layers and through Keras's.

`python -m tests.fast.second_derivatives OUT.npz`, with the backend of KERAS_BACKEND.
OUT gets all variables after the step, as `CASE/ours/PATH` and `CASE/plain/PATH`. With a rate of 1,
each weight, including the shift of the input, changes by its gradient.
"""

import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from artgan_tf import backend, fast
from artgan_tf.layers import UpsampleConv2D
from artgan_tf.losses import gradient_penalty

N, SIDE, CHANNELS = 3, 4, 4
SAME: dict[str, Any] = {"padding": "same"}
NORM = {"momentum": 0.9, "epsilon": 1e-3}


def upsampled(filters: int) -> keras.Model:
    enlarge = keras.layers.UpSampling2D(2, interpolation="nearest")
    return keras.Sequential([enlarge, keras.layers.Conv2D(filters, 3, use_bias=False, **SAME)])


CASES: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "batch norm": (
        lambda: fast.BatchNormalization(**NORM),
        lambda: keras.layers.BatchNormalization(**NORM),
    ),
    "convolution": (
        lambda: fast.Conv2D(5, 3, strides=2, **SAME),
        lambda: keras.layers.Conv2D(5, 3, strides=2, **SAME),
    ),
    "transposed convolution": (
        lambda: fast.Conv2DTranspose(5, 4, strides=2, **SAME),
        lambda: keras.layers.Conv2DTranspose(5, 4, strides=2, **SAME),
    ),
    "upsampling": (lambda: UpsampleConv2D(5), lambda: upsampled(5)),
    "depthwise": (
        lambda: fast.DepthwiseConv2D(3, strides=2, **SAME),
        lambda: keras.layers.DepthwiseConv2D(3, strides=2, **SAME),
    ),
}


class Shifted(keras.Model):
    """A layer with a trainable shift of its input."""

    def __init__(self, layer: Any):
        super().__init__()
        self.layer = layer
        self.shift = self.add_weight(shape=(N, SIDE, SIDE, CHANNELS), name="shift")

    def call(self, x: Any, training: bool = False) -> Any:
        return self.layer(x + self.shift, training=training)


def draw(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def descended(layer: Any) -> list[np.ndarray]:
    """The variables after a compiled step on the penalty and on the layer's output."""
    network, x = Shifted(layer), ops.convert_to_tensor(draw((N, SIDE, SIDE, CHANNELS), 100))
    network(x)
    for index, variable in enumerate(network.trainable_variables):
        variable.assign(draw(tuple(variable.shape), index))
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(network.trainable_variables)
    state = [*network.variables, *optimizer.variables]

    def work(x: Any) -> tuple[Any, Any]:
        y = network(x, training=True)
        return ops.sum(ops.sin(y)), y

    def terms() -> dict[str, Any]:
        due = ops.equal(optimizer.iterations % 2, 0)
        y, gradient = backend.with_gradient(work, x, due, state)
        return {"penalty": gradient_penalty(gradient), "outputs": ops.mean(ops.square(y))}

    def step() -> None:
        backend.descend(optimizer, network, terms, state)

    backend.compiled(step, state)()
    return [np.array(v) for v in network.variables]


def computed() -> dict[str, Any]:
    """The variables of all cases."""
    return {
        f"{case}/{kind}/{i}": value
        for case, pair in CASES.items()
        for kind, layer in zip(("ours", "plain"), pair, strict=True)
        for i, value in enumerate(descended(layer()))
    }


if __name__ == "__main__":
    fast.PAYS["float32"] = 0
    np.savez(sys.argv[1], **computed())
