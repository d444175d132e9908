"""Finds the checkpoints in a folder by their names, without reading them."""

import json
from pathlib import Path
from typing import Any, Literal

from artgan_tf.config import InputError

Which = Literal["latest", "best"] | int
BEST = "best.json"


def latest_step(folder: Path) -> int:
    """Step of the newest checkpoint in a folder, or 0 if there is none."""
    return max(steps(folder), default=0)


def best(folder: Path) -> dict[str, Any]:
    """`metric`, `value` and `step` of the best checkpoint; empty if there is none.

    Raises InputError if their file is damaged.
    """
    file = folder / BEST
    try:
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except ValueError:
        raise InputError(
            f"{file} is damaged: delete it, and the next best checkpoint writes it again."
        ) from None


def candidates(folder: Path, which: Which) -> list[Path]:
    """Paths of checkpoints to try, in order; raises InputError if there are none.

    `latest` gives all, the newest first; `best` or a step gives one.
    """
    if which == "latest":
        found = [file_of(folder, step) for step in reversed(steps(folder))]
    elif which == "best":
        found = [folder / f"best-{best(folder).get('step', 0)}.npz"]
    else:
        found = [file_of(folder, which), folder / f"best-{which}.npz"]
    if there := [path for path in found if path.exists()]:
        return there if which == "latest" else there[:1]
    kept = ": set log.metrics to keep one" if which == "best" else ""
    if isinstance(which, int):
        kept = f": it has {', '.join(map(str, steps(folder))) or 'none'}"
    name = f"checkpoint of step {which}" if isinstance(which, int) else f"{which} checkpoint"
    if which == "latest":
        kept = ": training saves one every log.checkpoint_every steps, and on Ctrl-C"
        name = "checkpoint yet"
    raise InputError(f"{folder} holds no {name}{kept}.")


def steps(folder: Path) -> list[int]:
    """Steps of the checkpoints in a folder, in ascending order."""
    found = (path.stem.removeprefix("step-") for path in folder.glob("step-*.npz"))
    return sorted(int(name) for name in found if name.isdecimal())


def file_of(folder: Path, step: int) -> Path:
    """The file of the checkpoint of a step, which need not exist."""
    return folder / f"step-{step}.npz"
