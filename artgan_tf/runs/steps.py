"""Which checkpoints lie in a folder, by their names: told without reading any of them."""

import json
from pathlib import Path
from typing import Any, Literal

from artgan_tf.config import InputError

Which = Literal["latest", "best"] | int
BEST = "best.json"


def latest_step(folder: Path) -> int:
    """The step of the newest checkpoint in a folder, 0 where there is none."""
    return max(steps(folder), default=0)


def best(folder: Path) -> dict[str, Any]:
    """`metric`, `value` and `step` of the best checkpoint; empty where none was kept."""
    file = folder / BEST
    try:
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except ValueError:
        raise InputError(
            f"{file} is damaged: delete it, the next best one makes it anew."
        ) from None


def candidates(folder: Path, which: Which) -> list[Path]:
    """The files to try, the first one first; InputError where there is none."""
    if which == "latest":
        found = [file_of(folder, step) for step in reversed(steps(folder))]
    elif which == "best":
        found = [folder / f"best-{best(folder).get('step', 0)}.npz"]
    else:
        found = [file_of(folder, which), folder / f"best-{which}.npz"]
    if there := [path for path in found if path.exists()]:
        return there if which == "latest" else there[:1]
    kept = " log.metrics keeps one." if which == "best" else ""
    if isinstance(which, int):
        kept = f" There are some of {', '.join(map(str, steps(folder))) or 'no step at all'}."
    name = f"checkpoint of step {which}" if isinstance(which, int) else f"{which} checkpoint"
    if which == "latest":
        kept = " Training saves one at log.checkpoint_every, or when it is stopped (Ctrl-C)."
        name = "checkpoint yet"
    raise InputError(f"{folder} holds no {name}.{kept}")


def steps(folder: Path) -> list[int]:
    """Those that there are checkpoints of, the oldest first."""
    found = (path.stem.removeprefix("step-") for path in folder.glob("step-*.npz"))
    return sorted(int(name) for name in found if name.isdecimal())


def file_of(folder: Path, step: int) -> Path:
    return folder / f"step-{step}.npz"
