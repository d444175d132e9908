"""Checkpoints of everything that a step depends on, so that a resumed run is the same run.

There are the last three, and the best one by a metric.  Each is one `.npz` file, which TensorFlow,
JAX and NumPy read alike: the weights, batch-norm statistics, the EMA, both optimizers, the step,
the seeds of noise and dropout, and the running means of the history, all in float32 as they are.
"""

import json
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from artgan_tf import backend
from artgan_tf.config import InputError
from artgan_tf.gan import GAN

Which = Literal["latest", "best"]
KEEP, BEST = 3, "best.json"
NETWORKS = ("generator", "averaged", "discriminator")
DAMAGED = (zipfile.BadZipFile, OSError, EOFError, KeyError, ValueError)


class Checkpoints:
    """The last three checkpoints of a run, and the best.

    Args:
        gan: compiled.
        folder: of the run's checkpoints.
    """

    def __init__(self, gan: GAN, folder: Path):
        self.gan, self.folder = gan, folder

    def restore(self) -> None:
        """Load the newest checkpoint, if there is one."""
        if not latest_step(self.folder):
            return
        path, _ = find(self.folder)
        arrays, variables = _read(path), _variables(self.gan)
        if arrays.keys() != variables.keys():
            raise InputError(f"{path} was made with other networks than this preset's.")
        for key, variable in variables.items():
            variable.assign(arrays[key])

    def save(self) -> None:
        """Write the state as the newest checkpoint, if it is not that already."""
        step = self.gan.steps_done
        if latest_step(self.folder) != step or step == 0:
            self.save_apart(f"step-{step}")
        for old in _steps(self.folder)[:-KEEP]:
            (self.folder / f"step-{old}.npz").unlink()

    def save_best(self, metric: str, value: float, better: Literal["lower", "higher"]) -> bool:
        """Write the state as the best one, if the metric says so; the last best then goes."""
        before = best(self.folder)
        sign = 1.0 if better == "higher" else -1.0
        reached = sign * before["value"] if before.get("metric") == metric else -math.inf
        if not sign * value > reached:  # NaN is not
            return False
        step = self.gan.steps_done
        file = self.save_apart(f"best-{step}")
        found = {"metric": metric, "value": value, "step": step}
        part = self.folder / f"{BEST}.part"
        part.write_text(json.dumps(found) + "\n", encoding="utf-8")
        part.replace(self.folder / BEST)
        for other in self.folder.glob("best-*"):  # also what a kill has left behind
            if other != file:
                other.unlink()
        return True

    def save_apart(self, name: str) -> Path:
        """Write the state under another name, which a resume does not take."""
        arrays = {key: backend.array(variable) for key, variable in _variables(self.gan).items()}
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{name}.npz"
        part = file.with_suffix(".part")
        with part.open("wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]
        return part.replace(file)


def latest_step(folder: Path) -> int:
    """The step of the newest checkpoint in a folder, 0 where there is none."""
    return max(_steps(folder), default=0)


def best(folder: Path) -> dict[str, Any]:
    """`metric`, `value` and `step` of the best checkpoint; empty where none was kept."""
    file = folder / BEST
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def find(folder: Path, which: Which = "latest") -> tuple[Path, int]:
    """The file of a checkpoint, and its step; InputError where there is none."""
    step = best(folder).get("step", 0) if which == "best" else latest_step(folder)
    file = folder / f"{'best' if which == 'best' else 'step'}-{step}.npz"
    if not step or not file.is_file():
        kept = " log.metrics keeps one." if which == "best" else ""
        raise InputError(f"{folder} holds no {which} checkpoint.{kept}")
    return file, step


def load_networks(gan: GAN, folder: Path, which: Which = "latest") -> list[str]:
    """Put G, its EMA and D of a checkpoint in `folder` into a GAN of the same tables.

    The other run may have had other classes: then what belongs to a class (the rows of G's first
    layer beyond z, D's last layer) stays as it was initialised.

    Returns:
        The paths of the variables that were not wholly taken over; none between equal classes.
    """
    path, _ = find(folder, which)
    saved, partly = _read(path), []
    for group in NETWORKS:
        weights, found = getattr(gan, group).weights, group
        if group == "generator" and "generator/0" not in saved:
            found = "averaged"  # the only generator of a pretrained one
        if sum(key.startswith(f"{found}/") for key in saved) != len(weights):
            raise InputError(f"{path} was made with other networks than this preset's.")
        for index, variable in enumerate(weights):
            # In G the classes follow z, if there is z.
            z = 0 if group == "discriminator" else max(0, variable.shape[0] - gan.num_classes)
            partly += _take(variable, saved[f"{found}/{index}"], z)
    return partly


def _steps(folder: Path) -> list[int]:
    """Those that there are checkpoints of, the oldest first."""
    names = (path.stem.removeprefix("step-") for path in folder.glob("step-*.npz"))
    return sorted(int(name) for name in names if name.isdecimal())


def _read(path: Path) -> Mapping[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except DAMAGED:
        raise InputError(f"The checkpoint {path} is damaged: take another one.") from None


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
    (axis,) = axes
    part = (*[slice(None)] * axis, slice(min(kept, value.shape[axis])))
    merged = np.array(variable)
    merged[part] = value[part]
    variable.assign(merged)
    return [variable.path]


def _variables(gan: GAN) -> dict[str, keras.Variable]:
    """All variables by the names they have in the file."""
    networks = {name: getattr(gan, name).weights for name in NETWORKS}
    taken = {id(v) for weights in networks.values() for v in weights}
    groups = networks | {
        "state": [v for v in gan.variables if id(v) not in taken],
        "d_optimizer": gan.d_optimizer.variables,
        "g_optimizer": gan.g_optimizer.variables,
    }
    return {f"{name}/{i}": v for name, group in groups.items() for i, v in enumerate(group)}
