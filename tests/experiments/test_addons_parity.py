"""What stands in the place of tensorflow-addons here gives what addons 0.23.0 gave.

The golden values come from experiments/addons_parity/make_golden.py, which ran addons itself.
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


def each(kind: str, **settings: Any) -> Any:
    """Every case of a kind, or those with these settings."""
    table = CASES[kind].items()
    names = [n for n, case in table if settings.items() <= case["settings"].items()]
    assert names
    return pytest.mark.parametrize("golden", [Golden(kind, n) for n in names], ids=names)


@pytest.fixture(autouse=True)
def on_the_cpu() -> Iterator[None]:
    """As the golden values were; a GPU's TF32 would take other tolerances."""
    with tf.device("CPU:0"):
        yield


def test_golden_values_are_those_of_the_last_addons():
    assert ABOUT["versions"]["tensorflow-addons"] == "0.23.0"
    assert ABOUT["versions"]["tensorflow-cpu"] == "2.15.1"
    assert (FOLDER / "golden.npz").stat().st_size < 200_000


# ---- instance and group normalisation: Keras core's GroupNormalization ------------------------
@each("norm")
def test_norms(golden):
    """No conventions differ: both take epsilon 1e-3 when none is given, inside the root.

    Addons has a class for instance norm, Keras core spells it groups=-1.
    """
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


# ---- spectral normalisation -------------------------------------------------------------------
# A training call of addons does three things, which are apart here: power iterations
# (`update_spectral_norm`, one each), the division by sigma (in every call of the layer) and
# writing the divided kernel over the kernel (never done here).  u is a row there, a column here.
# Addons makes v anew from u in every iteration; so does `update`, so that v needs no start value.
def spectral(golden: Golden) -> tuple[Any, keras.Model]:
    """Our layer with the first kernel, bias and u of addons, and a network of it alone."""
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
    """The part of a training call of addons that moves u."""
    for _ in range(golden.settings["power_iterations"]):
        update_spectral_norm(network)


@each("spectral")
def test_spectral_call_by_call(golden):
    """Each call on its own: the kernel is what addons had at its start, u goes on by itself."""
    layer, network = spectral(golden)
    for k in range(CALLS):
        layer.kernel.assign(golden["start"][k])
        call(golden, network)
        golden.holds(layer.u.numpy().T, golden["u"][k], f"u, call {k}")
        golden.holds(layer.normalized(layer.kernel), golden["kernel"][k], f"kernel, call {k}")
        golden.holds(network(golden["x"], training=True), golden["output"][k], f"output, call {k}")
        golden.holds(network(golden["x"]), golden["inference"][k], f"inference, call {k}")


@each("spectral", rate=0.0)
def test_spectral_calls_in_a_row_without_writing_over_the_kernel(golden):
    """Addons divides by sigma_1, sigma_2 ... one after another, we by the newest sigma alone.

    Without training between, it comes to the same: u and v do not depend on the kernel's size, so
    each sigma of addons is the newest over the one before, and their product is the newest.
    """
    layer, network = spectral(golden)
    for k in range(CALLS):
        call(golden, network)
        np.testing.assert_array_equal(layer.kernel, golden["start"][0])
        golden.holds(layer.normalized(layer.kernel), golden["kernel"][k], f"kernel, call {k}")
        golden.holds(network(golden["x"]), golden["inference"][k], f"inference, call {k}")


@each("spectral")
def test_spectral_gradient(golden):
    """Addons gives the gradient G by the divided kernel S = W / sigma, as it wrote S over W.

    Ours is by W, through sigma = v' W u too, as the paper has it: (G - <G, S> v u') / sigma.
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


@each("spectral")
def test_before_the_first_training_call_addons_does_not_normalise(golden):
    """We always do; `GAN` makes five iterations at the start, so that u fits the kernel by then."""
    _, network = spectral(golden)
    call(golden, network)
    bias = golden.arrays.get("bias", 0.0)
    sigma = np.linalg.norm(golden["start"][0]) / np.linalg.norm(golden["kernel"][0])
    assert sigma > 2.0
    golden.holds(sigma * (network(golden["x"]) - bias), golden["raw"] - bias, "raw output")


# ---- the moving average -----------------------------------------------------------------------
class SmallGenerator(keras.Model):
    """The model that addons averaged; its five inputs are z and the class weights."""

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
    """The project's GAN, in whose train step G takes the recorded weights instead of learning."""

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
    """A GAN about to take the recorded steps, its average where addons' slots started.

    That start is G's weights before the first step, in addons and here: see the assertion.
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
    """Both: mean += (1 - decay) (weight - mean), after the step, with the steps done before it.

    Our warm-up, min(decay, (1 + step) / (10 + step)), is addons' `dynamic_decay`.  Addons can do
    without, we cannot: for these cases the GAN counts on from a step where the warm-up is over.

    Addons' optimizer never sees batch norm's statistics: in a model with its averages they stay
    the newest ones (`assigned`).  We average them too, as its `average_op` does when asked to.
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
