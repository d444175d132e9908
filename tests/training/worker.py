"""Trains a run in a process of its own: `python worker.py SETTINGS.json RUN_DIR [DEVICES]`."""

import json
import sys
from pathlib import Path


def main(settings: str, run_dir: str, devices: str = "1") -> None:
    """Train `improved/cifar10` or the paper that the settings name, changed by them."""
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    if devices != "1":
        one = tf.config.LogicalDeviceConfiguration()
        tf.config.set_logical_device_configuration(cpu, [one] * int(devices))
    from artgan_tf import resolve, train

    changes = json.loads(Path(settings).read_text())
    preset = changes.pop("preset")
    result = train(resolve(preset, changes), run_dir)
    print("finished", result.step)


if __name__ == "__main__":
    main(*sys.argv[1:])
