"""Saves and restores the complete training state, so that a resumed run continues exactly.

Each checkpoint holds the weights, batch-norm statistics, the EMA, both optimizers, the step, the
seeds of noise and dropout, and the running means of the history, all at full precision (float32).
"""

import json
import math
import warnings
from collections.abc import Callable, Iterable, Mapping
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
ATTEMPTS = 5  # to read a folder while a training writes to it
MERITS = {"lower": lambda x: -x, "higher": lambda x: x, "one": lambda x: -abs(x - 1.0)}


class Checkpoints:
    """A run's last three checkpoints and its best one; one with NaN or infinity is never saved."""

    def __init__(self, gan: GAN, folder: Path):
        self.gan, self.folder = gan, folder
        self._saved = 0  # step of the last saved or restored checkpoint

    def restore(self) -> int:
        """Load the newest usable checkpoint and return its step, or 0 if there is no checkpoint.

        Raises InputError if none of the checkpoints is usable.
        """
        if not latest_step(self.folder):
            return 0
        saved = choose(self.folder, "latest", lambda found: found.check(self.gan))
        for name, variable in saved.variables(self.gan).items():
            variable.assign(saved.arrays[name])
        self._saved = saved.step
        return saved.step

    def set_aside(self) -> None:
        """Rename unusable checkpoints, newer than the restored one, to `damaged-STEP`.

        A later resume, and the deletion of old checkpoints, then ignore them.
        """
        for step in steps(self.folder):
            if step > self._saved:
                with files.telling(file := file_of(self.folder, step)):
                    file.rename(self.folder / f"damaged-{step}.npz")

    def save(self) -> None:
        """Save the state as the newest checkpoint, unless this step is already saved.

        Raises:
            RunError: the state contains NaN or infinity; it is saved as `not-finite-STEP.npz`.
            NotWritten: the file cannot be written; earlier checkpoints are kept.
        """
        step = self.gan.steps_done
        if step in (0, self._saved):
            return
        write(file_of(self.folder, step), self._finite())
        self._saved = step
        for old in steps(self.folder)[:-KEEP]:
            file_of(self.folder, old).unlink()

    def save_best(
        self,
        metric: str,
        value: float,
        better: Literal["lower", "higher", "one"],
        extractor: Mapping[str, str] | None = None,
    ) -> bool:
        """Save the state as the best checkpoint if its metric improved; returns whether it did.

        Better is a `lower` or `higher` value, or the one nearer to `one`.

        A checkpoint by another metric, or by the features of another `extractor`, is always
        replaced; NaN never improves. Raises as `save`.
        """
        by = {"metric": metric, "extractor": dict(extractor or {})}
        before, merit = best(self.folder), MERITS[better]
        # A file of an earlier version names no extractor.
        same = before and all(before.get(key, of) == of for key, of in by.items())
        reached = merit(before["value"]) if same else -math.inf
        if not merit(value) > reached:  # also if value is NaN
            return False
        step = self.gan.steps_done
        file = self.folder / f"best-{step}.npz"
        write(file, self._finite())
        found = by | {"value": value, "step": step}
        files.write(self.folder / BEST, json.dumps(found) + "\n")
        for other in self.folder.glob("best-*"):  # also those of an interrupted save
            if other != file:
                other.unlink()
        return True

    def not_finite(self, what: str) -> RunError:
        """Save the state as `not-finite-STEP.npz`; return the error to raise, naming `what`."""
        return self._save_not_finite(what, self.arrays())

    def arrays(self) -> dict[str, np.ndarray]:
        """The current state: name in a checkpoint -> array."""
        return {k: backend.array(v) for k, v in names.variables(self.gan).items()}

    def _finite(self) -> dict[str, np.ndarray]:
        arrays = self.arrays()
        if bad := not_finite(arrays):
            raise self._save_not_finite(", ".join(bad[:3]), arrays)
        return arrays

    def _save_not_finite(self, what: str, arrays: dict[str, np.ndarray]) -> RunError:
        step, good = self.gan.steps_done, steps(self.folder)
        path = self.folder / f"not-finite-{step}.npz"
        write(path, arrays)
        on = (
            f"start a new run from {file_of(self.folder, good[-1]).name}, the last good one, with "
            f"--init {self.folder.parent}"
            if good
            else "there is no earlier checkpoint, so start again"
        )
        return RunError(
            f"Step {step}: {what} is not finite, the state is saved in {path}: {on} and lower "
            f"learning rates or train.precision=float32."
        )


# ---- choice ------------------------------------------------------------------------------------
def choose(folder: Path, which: Which, check: Callable[[Saved], None]) -> Saved:
    """Read a checkpoint; its step and weights always come from the same file.

    `latest` is the newest usable one; a warning names it and unusable newer ones. `check` raises
    Unusable for one that does not fit. Raises InputError if there is none, or none is usable.
    """
    for _ in range(ATTEMPTS):
        try:
            return _usable(candidates(folder, which), check)
        except FileNotFoundError:  # the training has deleted it meanwhile
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
            warnings.warn(f"{' '.join(faults)} Using {path} instead.", stacklevel=2)
        return saved
    raise InputError(f"{' '.join(faults)} {_advice(path) if len(faults) == 1 else ''}".rstrip())


def _advice(path: Path) -> str:
    """A sentence that names the other checkpoints."""
    others = [str(s) for s in steps(path.parent) if file_of(path.parent, s) != path]
    if not others:
        return "There is no other checkpoint."
    return f"Use another --checkpoint: latest, or one of {', '.join(others)}."
