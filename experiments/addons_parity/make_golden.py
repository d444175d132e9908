"""Golden values of tensorflow-addons 0.23.0 for this project's replacements.

    python -m experiments.addons_parity.make_golden

It needs the environment of requirements.txt (TensorFlow 2.15, Keras 2) and writes golden.npz
(inputs, initial weights and results, in arrays named case/name) and golden.json (versions, and
the settings and tolerance of every case).  tests/experiments/test_addons_parity.py reads both.
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
    """Content of golden.json."""
    versions = {name: version(name) for name in PACKAGES}
    return {
        "command": "python -m experiments.addons_parity.make_golden",
        "seed": cases.SEED,
        "versions": {"python": platform.python_version(), **versions},
        "cases": cases.OF_KIND,
    }


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Standard normal numbers, float32."""
    return rng.normal(size=shape).astype("float32")


# ---- instance and group normalisation ---------------------------------------------------------
def norm(settings: dict[str, Any], rng: np.random.Generator) -> Arrays:
    """Output of a normalization, and gradient of sum(weights * output) with respect to its input.

    The channels' scales span a factor of 300, so that epsilon matters in the small ones.
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
    """Training calls of SpectralNormalization; with a rate, a step of SGD follows each.

    The leading axis of arrays is the call.  `start` is the kernel before the call, `kernel` and `u`
    are those after it, `inference` is the output of a following call without training, and
    `gradient` is addons' gradient of sum(weights * output) with respect to the kernel.
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
    """A training call and its results, then a step of SGD on the kernel."""
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
    """Train a small model with MovingAverage; records weights and averages after each step.

    Entry 0 is before the first step.  The optimizer gets trainable variables only and does not
    average batch norm's statistics, so its `average_op` is called for these to get a reference.
    `assigned` is the model after `assign_average_vars`.
    """
    model, variables = small_model(rng)
    inner = getattr(tf.keras.optimizers.legacy, settings["optimizer"])(settings["learning_rate"])
    optimizer = tfa.optimizers.MovingAverage(
        inner, average_decay=settings["decay"], dynamic_decay=settings["dynamic_decay"]
    )
    shadows = {name: tf.Variable(v) for name, v in variables.items() if not v.trainable}
    weights = [numbers(variables)]
    averages = [numbers(variables)]  # the optimizer's first step initializes its slots with these
    for _ in range(cases.STEPS):
        train(model, optimizer, normal(rng, 8, 5), normal(rng, 8, 2))
        decay = optimizer._get_decay(optimizer.iterations - 1)  # the decay of this step
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
    """A minimal generator with batch norm, and its variables by name."""
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
    """Current values of the variables."""
    return {name: variable.numpy().copy() for name, variable in variables.items()}


def stacked(steps: list[Arrays]) -> Arrays:
    """An array for each variable, with steps on the leading axis."""
    return {name: np.stack([step[name] for step in steps]) for name in steps[0]}


MAKERS = {"norm": norm, "spectral": spectral, "average": average}


if __name__ == "__main__":
    main()
