"""Trains a run in a separate process: `worker.py SETTINGS.json RUN_DIR [DEVICES [FILE]]`."""

import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch


def main(settings: str, run_dir: str, devices: str = "1", file: str = "") -> None:
    """Train `improved/cifar10`, or the paper in the settings, with these settings.

    The settings' `stops` are the steps at which training stops and starts again.  FILE, an
    .npz, gets all variables of each of this process's replicas, by path and number of the replica.
    """
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    if devices != "1":
        one = tf.config.LogicalDeviceConfiguration()
        tf.config.set_logical_device_configuration(cpu, [one] * int(devices))
    from artgan_tf import resolve, train
    from artgan_tf.training.tensorflow_engine import TensorFlowEngine

    changes = json.loads(Path(settings).read_text())
    preset, stops = changes.pop("preset"), changes.pop("stops", [])
    config = resolve(preset, changes)
    for stop in stops:
        train(resolve(preset, changes | {"train.steps": stop}), run_dir)
    compile_steps = TensorFlowEngine.compile
    with patch.object(TensorFlowEngine, "compile", autospec=True) as compiled:
        compiled.side_effect = compile_steps
        result = train(config, run_dir)
    if file:
        (_, gan), _ = compiled.call_args
        save_replicas(gan, file)
    print("finished", result.step)


def save_replicas(gan: Any, file: str) -> None:
    """Save every variable of every replica of this process."""
    import numpy as np

    found: dict[str, Any] = {}
    for variable in gan.variables:
        own = getattr(variable.value, "values", (variable.value,))
        found |= {f"{variable.path} {number}": value.numpy() for number, value in enumerate(own)}
    np.savez(file, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
