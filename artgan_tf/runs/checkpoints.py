"""Checkpoints of everything that a step depends on, so that a resumed run is the same run.

There are the last three, and the best one by a metric: the weights, batch-norm statistics, the EMA,
both optimizers, the step, the seeds of noise and dropout, and the running means of the history, all
in float32 as they are.  No state that is not finite is ever among them.
"""

import json
import math
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import numpy as np

from artgan_tf import backend
from artgan_tf.config import InputError, RunError
from artgan_tf.gan import GAN
from artgan_tf.runs import names
from artgan_tf.runs.checkpoint_file import Saved, Unusable, not_finite, read, write
from artgan_tf.runs.steps import BEST, Which, best, candidates, file_of, latest_step, steps
from tfrecords_tools.common import files

KEEP = 3
LOOKS = 5  # at a folder that a training writes into meanwhile


class Checkpoints:
    """The last three checkpoints of a run, and the best.

    Args:
        gan: compiled.
        folder: of the run's checkpoints.
    """

    def __init__(self, gan: GAN, folder: Path):
        self.gan, self.folder = gan, folder
        self._kept = 0  # the step that is known to lie there

    def restore(self) -> int:
        """Load the newest checkpoint that can be used, and return its step; 0 where there is none.

        Raises InputError where there are some, and none that can be used.
        """
        if not latest_step(self.folder):
            return 0
        saved = choose(self.folder, "latest", lambda found: found.check(self.gan))
        for name, variable in saved.variables(self.gan).items():
            variable.assign(saved.arrays[name])
        self._kept = saved.step
        return saved.step

    def set_aside(self) -> None:
        """Rename those newer than the restored one, which cannot be used; they are no more taken
        for checkpoints, neither by a resume nor when old ones are deleted."""
        for step in steps(self.folder):
            if step > self._kept:
                with files.telling(file := file_of(self.folder, step)):
                    file.rename(self.folder / f"damaged-{step}.npz")

    def save(self) -> None:
        """Write the state as the newest checkpoint, if it is not that already.

        Raises:
            RunError: the state is not finite; it is written apart.
            NotWritten: the disk is full or refuses; those before are there still.
        """
        step = self.gan.steps_done
        if step in (0, self._kept):
            return
        write(file_of(self.folder, step), self._finite())
        self._kept = step
        for old in steps(self.folder)[:-KEEP]:
            file_of(self.folder, old).unlink()

    def save_best(self, metric: str, value: float, better: Literal["lower", "higher"]) -> bool:
        """Write the state as the best one, if the metric says so; the last best then goes."""
        before = best(self.folder)
        sign = 1.0 if better == "higher" else -1.0
        reached = sign * before["value"] if before.get("metric") == metric else -math.inf
        if not sign * value > reached:  # NaN is not
            return False
        step = self.gan.steps_done
        file = self.folder / f"best-{step}.npz"
        write(file, self._finite())
        found = {"metric": metric, "value": value, "step": step}
        files.write(self.folder / BEST, json.dumps(found) + "\n")
        for other in self.folder.glob("best-*"):  # also what a kill has left behind
            if other != file:
                other.unlink()
        return True

    def not_finite(self, what: str) -> RunError:
        """What is to be raised when `what` is no longer a number; the state is written apart."""
        return self._apart(what, self.arrays())

    def arrays(self) -> dict[str, np.ndarray]:
        """The state as it is, by the names of a checkpoint."""
        return {k: backend.array(v) for k, v in names.variables(self.gan).items()}

    def _finite(self) -> dict[str, np.ndarray]:
        arrays = self.arrays()
        if bad := not_finite(arrays):
            raise self._apart(", ".join(bad[:3]), arrays)
        return arrays

    def _apart(self, what: str, arrays: dict[str, np.ndarray]) -> RunError:
        step, good = self.gan.steps_done, steps(self.folder)
        path = self.folder / f"not-finite-{step}.npz"
        write(path, arrays)
        on = (
            f"the same command goes on from {file_of(self.folder, good[-1])}, the last good "
            f"checkpoint, and a new run from its weights with --init {self.folder.parent}"
            if good
            else "there is no checkpoint before it, so start anew with --fresh"
        )
        return RunError(
            f"Step {step}: {what} is no longer a number, the state lies in {path}; {on}: lower the "
            f"learning rates or set train.precision=float32."
        )


# ---- which one ---------------------------------------------------------------------------------
def choose(folder: Path, which: Which, check: Callable[[Saved], None]) -> Saved:
    """A checkpoint, read once: its step and its weights are of one file.

    Of `latest` it is the newest that can be used; a warning names it and those that cannot.

    Args:
        folder: of a run's checkpoints.
        which: `latest`, `best`, or a step.
        check: raises Unusable.

    Raises:
        InputError: there is none, or none that can be used.
    """
    for _ in range(LOOKS):
        try:
            return _usable(candidates(folder, which), check)
        except FileNotFoundError:  # newer ones have taken its place meanwhile
            continue
    raise InputError(f"{folder} changes too fast to be read: try again.")


def _usable(candidates: Iterable[Path], check: Callable[[Saved], None]) -> Saved:
    faults = []
    for path in candidates:
        try:
            saved = read(path)
            check(saved)
        except Unusable as fault:
            faults.append(f"The checkpoint {path} cannot be used: {fault}.")
            continue
        if faults:
            warnings.warn(f"{' '.join(faults)} Instead {path} is taken.", stacklevel=2)
        return saved
    raise InputError(f"{' '.join(faults)} {_others(path) if len(faults) == 1 else ''}".rstrip())


def _others(path: Path) -> str:
    """What to do about one that cannot be used."""
    others = [str(s) for s in steps(path.parent) if file_of(path.parent, s) != path]
    if not others:
        return "There is no other one."
    return f"Take another --checkpoint: latest, or one of {', '.join(others)}."
