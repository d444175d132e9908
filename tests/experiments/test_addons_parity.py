"""This project's replacements for tensorflow-addons give the results of addons 0.23.0.

The golden values come from experiments/addons_parity/make_golden.py, which ran addons.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import resolve
from artgan_tf.gan import GAN, Terms
from artgan_tf.layers import SpectralConv2D, SpectralDense, update_spectral_norm
from experiments.addons_parity.cases import CALLS, STEPS, VARIABLES

FOLDER = Path(__file__).resolve().parents[2] / "experiments/addons_parity"
ABOUT = json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))
CASES: dict[str, Any] = ABOUT["cases"]
BATCH = np.zeros((1, 8, 8, 3), "uint8"), np.zeros(1, "int32")
LATE = 10**9  # a step at which the warm-up's (1 + step) / (10 + step) is 1 in float32


class Golden:
    """The arrays, settings and tolerance of a case."""

    def __init__(self, kind: str, name: str):
        self.case, self.name = CASES[kind][name], name
        self.settings = self.case["settings"]
        with np.load(FOLDER / "golden.npz") as arrays:
            names = [key for key in arrays if key.startswith(f"{name}/")]
            self.arrays = {key.removeprefix(f"{name}/"): arrays[key] for key in names}

    def __getitem__(self, what: str) -> Any:
        return self.arrays[what]

    def holds(self, ours: Any, theirs: Any, what: str) -> None:
        tolerance = {"rtol": self.case["rtol"], "atol": self.case["atol"]}
        np.testing.assert_allclose(ours, theirs, **tolerance, err_msg=f"{self.name}: {what}")


def each(kind: str) -> Any:
    """All cases of a kind."""
    names = list(CASES[kind])
    return pytest.mark.parametrize("golden", [Golden(kind, n) for n in names], ids=names)


@pytest.fixture(autouse=True)
def on_the_cpu() -> Iterator[None]:
    """Run on the CPU like the golden values; a GPU's TF32 would need other tolerances."""
    with tf.device("CPU:0"):
        yield


# ---- instance and group normalization: Keras core's GroupNormalization ------------------------
@each("norm")
def test_norms(golden):
    layer = keras.layers.GroupNormalization(**{"groups": -1, **golden.settings})
    layer.build(golden["x"].shape)
    for name in {"gamma", "beta"} & golden.arrays.keys():
        getattr(layer, name).assign(golden[name])
    with tf.GradientTape() as tape:
        tape.watch(x := tf.constant(golden["x"]))
        output = layer(x)
        loss = tf.reduce_sum(golden["weights"] * output)
    golden.holds(output, golden["output"], "output")
    golden.holds(tape.gradient(loss, x), golden["gradient"], "gradient")


# ---- spectral normalization -------------------------------------------------------------------
# A training call of addons does three things, which are separate here: power iterations
# (`update_spectral_norm`, one each), the division by sigma (in every call of the layer) and
# overwriting the kernel with the divided one (never done here).  u is a row there, a column here.
# Addons computes v from u in every iteration, and so does `update`, so v needs no initial value.
def spectral(golden: Golden) -> tuple[Any, keras.Model]:
    """Our layer with addons' initial kernel, bias and u, and a network of only this layer."""
    kinds: dict[str, Any] = {"Conv2D": SpectralConv2D, "Dense": SpectralDense}
    layer = kinds[golden.settings["layer"]](**golden.settings["of_layer"])
    network = keras.Sequential([layer])
    network(golden["x"])
    layer.kernel.assign(golden["start"][0])
    layer.u.assign(golden["first_u"].T)
    if layer.use_bias:
        layer.bias.assign(golden["bias"])
    return layer, network


def call(golden: Golden, network: keras.Model) -> None:
    """The part of addons' training call that updates u."""
    for _ in range(golden.settings["power_iterations"]):
        update_spectral_norm(network)


@each("spectral")
def test_spectral_call_by_call(golden):
    """Each call starts from addons' kernel; u carries over from our previous call."""
    layer, network = spectral(golden)
    for k in range(CALLS):
        layer.kernel.assign(golden["start"][k])
        call(golden, network)
        golden.holds(layer.u.numpy().T, golden["u"][k], f"u, call {k}")
        golden.holds(layer.normalized(layer.kernel), golden["kernel"][k], f"kernel, call {k}")
        golden.holds(network(golden["x"], training=True), golden["output"][k], f"output, call {k}")
        golden.holds(network(golden["x"]), golden["inference"][k], f"inference, call {k}")


@each("spectral")
def test_spectral_gradient(golden):
    """Addons gives the gradient G with respect to the divided kernel S = W / sigma.

    Ours is that of W, also through sigma = v' W u, as in the paper: (G - <G, S> v u') / sigma.
    """
    layer, network = spectral(golden)
    call(golden, network)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(golden["weights"] * network(golden["x"]))
    ours = tape.gradient(loss, layer.kernel.value)
    g, s = golden["gradient"][0], golden["kernel"][0]
    sigma = np.linalg.norm(golden["start"][0]) / np.linalg.norm(s)
    direction = (layer.v.numpy() @ golden["u"][0]).reshape(g.shape)
    golden.holds(ours * sigma, g - np.sum(g * s) * direction, "gradient")


# ---- the moving average -----------------------------------------------------------------------
class SmallGenerator(keras.Model):
    """The model that addons averaged; its five inputs are z and class weights."""

    def __init__(self) -> None:
        super().__init__()
        self.first = keras.layers.Dense(4, use_bias=False)
        self.norm, self.last = keras.layers.BatchNormalization(), keras.layers.Dense(2)

    def call(self, z: Any, y: Any) -> Any:
        return self.last(self.norm(self.first(keras.ops.concatenate([z, y], axis=-1))))

    def by_name(self) -> dict[str, Any]:
        layers = (self.first, self.norm, self.last)
        variables = [variable for layer in layers for variable in layer.weights]
        return dict(zip(VARIABLES, variables, strict=True))


class Replay(GAN):
    """The project's GAN, whose train step assigns recorded weights to G instead of training it."""

    pixel_range = (-1.0, 1.0)
    discriminator_term_names = ()
    generator_term_names = ()
    recorded: Iterator[dict[str, Any]]

    def new_generator(self) -> keras.Model:
        return SmallGenerator()

    def new_discriminator(self) -> keras.Model:
        return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1)])

    def discriminator_step(self, real: Any, y: Any, fake_y: Any) -> Terms:
        return {}

    def generator_step(self, real: Any, y: Any, fake_y: Any) -> Terms:
        assign(self.generator, next(self.recorded))
        return {}


def assign(model: Any, values: dict[str, Any]) -> None:
    for name, variable in model.by_name().items():
        variable.assign(values[name])


def replay(golden: Golden) -> Replay:
    """A GAN before the recorded steps, with its average at the start of addons' slots.

    In addons and here, that start is G's weights before the first step: see the assertion.
    """
    small = {"data.classes": 2, "data.image_size": 8, "model.z_size": 3}
    ema = {"train.ema": golden.settings["decay"], "train.cifar_trick": False}
    gan = Replay(resolve("improved/cifar10", small | ema), 2)
    gan.compile()
    np.testing.assert_equal(gan.averaged.get_weights(), gan.generator.get_weights())
    steps = [{n: golden[f"weights/{n}"][k] for n in VARIABLES} for k in range(STEPS + 1)]
    assign(gan.generator, steps[0])
    assign(gan.averaged, steps[0])
    gan.recorded = iter(steps[1:])
    gan.step.assign(0 if golden.settings["dynamic_decay"] else LATE)
    return gan


@each("average")
def test_average_of_weights_and_statistics(golden):
    """Our warm-up is addons' `dynamic_decay`; without it, the GAN starts after the warm-up.

    Addons' optimizer never gets batch norm's statistics: in a model with its averages they keep
    the latest values (`assigned`).  We average them too, like its `average_op`.
    """
    gan = replay(golden)
    for k in range(STEPS):
        gan.train_step(BATCH)
        for name, mean in gan.averaged.by_name().items():
            golden.holds(mean, golden[f"averages/{name}"][k + 1], f"{name}, step {k}")
    for name, variable in gan.generator.by_name().items():
        newest = "moving" in name
        theirs = variable if newest else golden[f"averages/{name}"][-1]
        np.testing.assert_array_equal(theirs, golden[f"assigned/{name}"])
