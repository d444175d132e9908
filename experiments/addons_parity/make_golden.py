"""Golden values of tensorflow-addons 0.23.0 for what this project has in its place.

    python -m experiments.addons_parity.make_golden

It needs the environment of requirements.txt (TensorFlow 2.15, Keras 2) and writes golden.npz
(inputs, first weights and results; arrays are named case/what) and golden.json (versions, the
settings and the tolerance of every case).  tests/experiments/test_addons_parity.py reads both.
"""

import argparse
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa

from experiments.addons_parity import cases

Arrays = dict[str, Any]
HERE = Path(__file__).parent
PACKAGES = ("tensorflow-cpu", "tensorflow-addons", "keras", "numpy")


def main() -> None:
    """Run every case and write both files."""
    parser = argparse.ArgumentParser(description="Golden values of tensorflow-addons.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for both files")
    out = parser.parse_args().out
    arrays: Arrays = {}
    for kind, make in MAKERS.items():
        for name, case in cases.OF_KIND[kind].items():
            tf.keras.utils.set_random_seed(cases.SEED)
            results = make(case["settings"], np.random.default_rng(cases.SEED))
            arrays |= {f"{name}/{what}": np.asarray(value) for what, value in results.items()}
    np.savez_compressed(out / "golden.npz", **arrays)
    text = json.dumps(about(), indent=2)
    (out / "golden.json").write_text(f"{text}\n", encoding="utf-8")


def about() -> dict[str, Any]:
    """What golden.json tells."""
    versions = {name: version(name) for name in PACKAGES}
    return {
        "command": "python -m experiments.addons_parity.make_golden",
        "seed": cases.SEED,
        "versions": {"python": platform.python_version(), **versions},
        "cases": cases.OF_KIND,
    }


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """float32 numbers of the standard normal distribution."""
    return rng.normal(size=shape).astype("float32")


# ---- instance and group normalisation ---------------------------------------------------------
def norm(settings: dict[str, Any], rng: np.random.Generator) -> Arrays:
    """The output of a normalisation, and the gradient of sum(weights * output) by its input.

    The channels' sizes span a factor of 300, so that epsilon counts in the small ones.
    """
    kinds = (tfa.layers.InstanceNormalization, tfa.layers.GroupNormalization)
    layer = kinds["groups" in settings](**settings)
    sizes = np.array([3.0, 1.0, 0.3, 0.1, 0.03, 0.01], "float32")
    x = (normal(rng, 2, 5, 3, 6) + np.float32(0.5)) * sizes
    gamma, beta, weights = normal(rng, 6), normal(rng, 6), normal(rng, *x.shape)
    layer.build(x.shape)
    first = {"gamma": gamma, "beta": beta} if settings.get("scale", True) else {}
    for name, value in first.items():
        getattr(layer, name).assign(value)
    with tf.GradientTape() as tape:
        tape.watch(given := tf.constant(x))
        output = layer(given)
        loss = tf.reduce_sum(weights * output)
    results = {"x": x, "weights": weights, "output": output}
    return first | results | {"gradient": tape.gradient(loss, given)}


# ---- spectral normalisation -------------------------------------------------------------------
def spectral(settings: dict[str, Any], rng: np.random.Generator) -> Arrays:
    """Training calls of SpectralNormalization; with a rate, each is followed by a step of SGD.

    Arrays of a leading axis hold one entry a call.  `start` is the kernel as the call finds it,
    `kernel` and `u` are as it leaves them, `inference` is the output of a call without training
    after it, `gradient` that of sum(weights * output) as addons gives it for the kernel.
    """
    inner = getattr(tf.keras.layers, settings["layer"])(**settings["of_layer"])
    layer = tfa.layers.SpectralNormalization(inner, settings["power_iterations"])
    shape = (4, 7) if settings["layer"] == "Dense" else (2, 5, 4, 2)
    x = normal(rng, *shape)
    layer.build(x.shape)
    inner.kernel.assign(1.5 * normal(rng, *inner.kernel.shape))
    if inner.use_bias:
        inner.bias.assign(normal(rng, *inner.bias.shape))
    raw = layer(x, training=False)
    weights = normal(rng, *raw.shape)
    given = {"x": x, "weights": weights, "first_u": layer.u.numpy(), "raw": raw}
    given |= {"bias": inner.bias.numpy()} if inner.use_bias else {}
    calls = [spectral_call(layer, x, weights, settings["rate"]) for _ in range(cases.CALLS)]
    return given | {name: np.stack([call[name] for call in calls]) for name in calls[0]}


def spectral_call(layer: Any, x: Any, weights: Any, rate: float) -> Arrays:
    """One training call, what it left, and then a step of SGD on the kernel."""
    variable = layer.layer.kernel
    start = variable.numpy()
    with tf.GradientTape() as tape:
        output = layer(x, training=True)
        loss = tf.reduce_sum(weights * output)
    gradient = tape.gradient(loss, variable)
    left = {"kernel": variable.numpy(), "u": layer.u.numpy(), "inference": layer(x, training=False)}
    variable.assign_sub(rate * gradient)
    return {"start": start, "output": output, "gradient": gradient, **left}


# ---- the moving average -----------------------------------------------------------------------
def average(settings: dict[str, Any], rng: np.random.Generator) -> Arrays:
    """Training steps of a small model with MovingAverage: weights and averages after each.

    Entry 0 is before the first step.  The optimizer is handed trainable variables only, so it
    keeps no average of batch norm's statistics; for these its own `average_op` is called, to have
    a reference for them too.  `assigned` is the model after `assign_average_vars`.
    """
    model, variables = small_model(rng)
    inner = getattr(tf.keras.optimizers.legacy, settings["optimizer"])(settings["learning_rate"])
    optimizer = tfa.optimizers.MovingAverage(
        inner, average_decay=settings["decay"], dynamic_decay=settings["dynamic_decay"]
    )
    shadows = {name: tf.Variable(v) for name, v in variables.items() if not v.trainable}
    weights = [numbers(variables)]
    averages = [numbers(variables)]  # where the optimizer makes its slots from, at its first step
    for _ in range(cases.STEPS):
        train(model, optimizer, normal(rng, 8, 5), normal(rng, 8, 2))
        decay = optimizer._get_decay(optimizer.iterations - 1)  # as it was in this step
        for name, shadow in shadows.items():
            optimizer.average_op(variables[name], shadow, {"tfa_ma_decay": decay})
        slots = {n: optimizer.get_slot(v, "average") for n, v in variables.items() if v.trainable}
        weights.append(numbers(variables))
        averages.append(numbers(slots | shadows))
    optimizer.assign_average_vars(model.trainable_variables)
    found = {"weights": stacked(weights), "averages": stacked(averages)}
    found["assigned"] = numbers(variables)
    return {f"{kind}/{name}": v for kind, values in found.items() for name, v in values.items()}


def small_model(rng: np.random.Generator) -> tuple[Any, dict[str, Any]]:
    """A generator of the least size that has batch norm, and its variables by name."""
    layers = tf.keras.layers
    first = layers.Dense(4, use_bias=False)
    model = tf.keras.Sequential([first, layers.BatchNormalization(), layers.Dense(2)])
    model.build((None, 5))
    weights = (variable for layer in model.layers for variable in layer.weights)
    variables = dict(zip(cases.VARIABLES, weights, strict=True))
    for name, variable in variables.items():
        if "moving" not in name:
            variable.assign(normal(rng, *variable.shape))
    return model, variables


def train(model: Any, optimizer: Any, x: Any, target: Any) -> None:
    """One step towards a random target."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x, training=True) - target) ** 2)
    variables = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))


def numbers(variables: dict[str, Any]) -> Arrays:
    """The values of variables as they are now."""
    return {name: variable.numpy().copy() for name, variable in variables.items()}


def stacked(steps: list[Arrays]) -> Arrays:
    """One array for each variable, with the steps as leading axis."""
    return {name: np.stack([step[name] for step in steps]) for name in steps[0]}


MAKERS = {"norm": norm, "spectral": spectral, "average": average}


if __name__ == "__main__":
    main()
