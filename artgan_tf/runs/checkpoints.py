"""Checkpoints of everything that a step depends on, so that a resumed run is the same run.

There are the last three, and the best one by a metric.

Weights, batch-norm statistics, the EMA, both optimizers, the step, the seed generators of noise
and dropout, and the running means of the history: all variables, in float32 as they are.
"""

import json
import math
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from artgan_tf.config import InputError
from artgan_tf.gan import GAN

Which = Literal["latest", "best"]
KEEP, BEST = 3, "best.json"
NETWORKS = ("generator", "averaged", "discriminator")


class Checkpoints:
    """The last three checkpoints of a run, and the best.

    Args:
        gan: compiled.
        folder: of the run's checkpoints.
    """

    def __init__(self, gan: GAN, folder: Path):
        self.gan, self.folder = gan, folder
        self.checkpoint = tf.train.Checkpoint(**_groups(gan))
        self.manager = tf.train.CheckpointManager(
            self.checkpoint, str(folder), max_to_keep=KEEP, checkpoint_name="step"
        )

    def restore(self) -> None:
        """Load the newest checkpoint, if there is one."""
        if self.manager.latest_checkpoint:
            self.checkpoint.restore(self.manager.latest_checkpoint).assert_consumed()

    def save(self) -> None:
        """Write the state as the newest checkpoint, if it is not that already."""
        step = self.gan.steps_done
        if latest_step(self.folder) != step or step == 0:
            self.manager.save(checkpoint_number=step)

    def save_best(self, metric: str, value: float, better: Literal["lower", "higher"]) -> bool:
        """Write the state as the best one, if the metric says so; the last best then goes."""
        before = best(self.folder)
        sign = 1.0 if better == "higher" else -1.0
        reached = sign * before["value"] if before.get("metric") == metric else -math.inf
        if not sign * value > reached:  # NaN is not
            return False
        step = self.gan.steps_done
        self.save_apart(f"best-{step}")
        found = {"metric": metric, "value": value, "step": step}
        part = self.folder / f"{BEST}.part"
        part.write_text(json.dumps(found) + "\n", encoding="utf-8")
        part.replace(self.folder / BEST)
        for file in self.folder.glob("best-*"):  # also what a kill has left behind
            if not file.name.startswith(f"best-{step}."):
                file.unlink()
        return True

    def save_apart(self, name: str) -> Path:
        """Write the state under another name, which a resume does not take."""
        return Path(self.checkpoint.write(str(self.folder / name)))


def latest_step(folder: Path) -> int:
    """The step of the newest checkpoint in a folder, 0 where there is none."""
    latest = tf.train.latest_checkpoint(str(folder))
    return int(latest.rpartition("-")[2]) if latest else 0


def best(folder: Path) -> dict[str, Any]:
    """`metric`, `value` and `step` of the best checkpoint; empty where none was kept."""
    file = folder / BEST
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def find(folder: Path, which: Which = "latest") -> tuple[str, int]:
    """The path of a checkpoint, and its step; InputError where there is none."""
    step = best(folder).get("step", 0) if which == "best" else latest_step(folder)
    path = folder / f"{'best' if which == 'best' else 'step'}-{step}"
    if not step or not path.with_name(f"{path.name}.index").is_file():
        kept = " log.metrics keeps one." if which == "best" else ""
        raise InputError(f"{folder} holds no {which} checkpoint.{kept}")
    return str(path), step


def load_networks(gan: GAN, folder: Path, which: Which = "latest") -> list[str]:
    """Put G, its EMA and D of a checkpoint in `folder` into a GAN of the same tables.

    The other run may have had other classes: then what belongs to a class (the rows of G's first
    layer beyond z, D's last layer) stays as it was initialised.

    Returns:
        The paths of the variables that were not wholly taken over; none between equal classes.
    """
    path, _ = find(folder, which)
    try:
        return _load(gan, path)
    except (tf.errors.OpError, IndexError):  # what TensorFlow's reader raises
        raise InputError(f"The checkpoint {path} is damaged: take another one.") from None


def _load(gan: GAN, path: str) -> list[str]:
    reader = tf.train.load_checkpoint(path)
    saved = reader.get_variable_to_shape_map()
    partly = []
    for group in NETWORKS:
        weights = getattr(gan, group).weights
        if sum(key.startswith(f"{group}/") for key in saved) != len(weights):
            raise InputError(f"{path} was made with other networks than this preset's.")
        kept = 0 if group == "discriminator" else gan.config.model.z_size
        for index, variable in enumerate(weights):
            value = reader.get_tensor(f"{group}/{index}/.ATTRIBUTES/VARIABLE_VALUE")
            partly += _take(variable, value, kept)
    return partly


def _take(variable: keras.Variable, value: np.ndarray, kept: int) -> list[str]:
    """Assign the value; where one axis counts classes, only its first `kept` entries."""
    shape = tuple(variable.shape)
    if shape == value.shape:
        variable.assign(value)
        return []
    axes = [
        axis
        for axis, pair in enumerate(zip(shape, value.shape, strict=False))
        if len(set(pair)) > 1
    ]
    if len(shape) != value.ndim or len(axes) != 1:
        raise InputError(f"{variable.path} has shape {shape} here and {value.shape} there.")
    part = (*[slice(None)] * axes[0], slice(kept))
    merged = np.array(variable)
    merged[part] = value[part]
    variable.assign(merged)
    return [variable.path]


def _groups(gan: GAN) -> dict[str, list[tf.Variable]]:
    networks = {name: getattr(gan, name).weights for name in NETWORKS}
    taken = {id(v) for weights in networks.values() for v in weights}
    groups = networks | {
        "state": [v for v in gan.variables if id(v) not in taken],
        "d_optimizer": gan.d_optimizer.variables,
        "g_optimizer": gan.g_optimizer.variables,
    }
    return {name: [v.value for v in variables] for name, variables in groups.items()}
