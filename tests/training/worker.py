"""`fit` in a process of its own: `worker.py OPTIONS ARGUMENT OF FIT ...`.

OPTIONS is JSON: `devices`, how many CPU devices there are; `dies_at`, the step at which the process
kills itself, 0 for none; and `file`, an .npz that gets all variables of each of this process's
replicas, by path and number of the replica.
"""

import json
import os
import signal
import sys
from typing import Any
from unittest.mock import patch


def main(options: dict[str, Any], arguments: list[str]) -> None:
    """Train, and save the replicas."""
    import tensorflow as tf

    if options["devices"] > 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        one = tf.config.LogicalDeviceConfiguration()
        tf.config.set_logical_device_configuration(cpu, [one] * options["devices"])
    from artgan_tf import cli
    from artgan_tf.fit import fit
    from artgan_tf.training.tensorflow_engine import TensorFlowEngine

    compiled, compile_steps, step = [], TensorFlowEngine.compile, TensorFlowEngine.train

    def noted(engine: TensorFlowEngine, gan: Any) -> None:
        compiled.append(gan)
        compile_steps(engine, gan)

    def take(engine: TensorFlowEngine, batch: Any) -> None:
        step(engine, batch)
        if options["dies_at"] and compiled[-1].steps_done == options["dies_at"]:
            os.kill(os.getpid(), signal.SIGKILL)

    with patch.multiple(TensorFlowEngine, compile=noted, train=take):
        try:
            cli.main(fit, "fit", arguments)
        except SystemExit as ended:
            if ended.code:
                raise
    save_replicas(compiled[-1], options["file"])


def save_replicas(gan: Any, file: str) -> None:
    """Save every variable of every replica of this process."""
    import numpy as np

    found: dict[str, Any] = {}
    for variable in gan.variables:
        own = getattr(variable.value, "values", (variable.value,))
        found |= {f"{variable.path} {number}": value.numpy() for number, value in enumerate(own)}
    np.savez(file, **found)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
