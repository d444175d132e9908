"""Generators that come with the package: `pretrained:NAME` wherever a run is named.

Each is a run's directory with one checkpoint, of float16 networks alone: the averaged generator and
the discriminator.  Its card tells what it was trained on, and what its weights' checksum is;
beside it lie a sheet of pictures and the run's figures.

    python -m artgan_tf.runs.pretrained RUN NAME    # makes one of a run
"""

import hashlib
import json
import shutil
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np

from artgan_tf.config import InputError, runs_root
from tfrecords_tools.errors import meant

PREFIX, CARD, SHEET = "pretrained:", "card.json", "sheet.webp"
FOLDER = Path(__file__).parents[1] / "pretrained"
KEPT = ("averaged", "discriminator")  # of a checkpoint's networks
FILES = ("config.toml", "classes.txt", "metrics.jsonl")
SHEET_COUNT = 10  # pictures of each class


def names() -> list[str]:
    """Of the generators that there are, sorted."""
    return sorted(card.parent.name for card in FOLDER.glob(f"*/{CARD}"))


def locate(model: Path | str) -> Path:
    """The directory of a run that is named by its path or as `pretrained:NAME`.

    Raises InputError for a name that is not there, or weights that are not the card's.
    """
    name = _name(model)
    if name is None:
        return Path(model)
    if name not in names():
        there = [PREFIX + each for each in names()]
        hint = meant(name, names())
        raise InputError(f"There is no {PREFIX}{name}{hint}: take {' or '.join(there)}.")
    _verify(FOLDER / name)
    return FOLDER / name


def workplace(model: Path | str) -> Path:
    """Where exports and results of a run go: into it, but beside one's own if it is pretrained."""
    name = _name(model)
    return Path(model) if name is None else runs_root() / name


def pack(run: Path, name: str) -> Path:
    """Make `pretrained:NAME` of a run's newest checkpoint."""
    from artgan_tf.runs.checkpoint_file import write
    from artgan_tf.runs.checkpoints import choose
    from artgan_tf.runs.load import load
    from artgan_tf.runs.names import network
    from artgan_tf.sampling.sheets import grid, wish
    from tfrecords_tools.sheet import named_grid

    saved = choose(run / "checkpoints", "latest", lambda found: None)
    folder, step = FOLDER / name, saved.step
    made = folder / "checkpoints" / f"step-{step}.npz"
    kept = {k: v.astype(np.float16) for k, v in saved.arrays.items() if network(k) in KEPT}
    write(made, kept, compressed=True)
    for each in FILES:
        if (run / each).exists():
            shutil.copy(run / each, folder / each)
    painter = load(folder)
    sheet = grid(painter, wish(painter, count=SHEET_COUNT))
    named_grid(sheet.images, sheet.names).save(folder / SHEET, quality=90)
    # The card comes last: without it there is no such generator.
    card = {"step": step, "sha256": _sha256(made)}
    (folder / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return folder


def _name(model: Path | str) -> str | None:
    text = str(model)
    return text.removeprefix(PREFIX) if text.startswith(PREFIX) else None


@lru_cache  # a file that was right stays so
def _verify(folder: Path) -> None:
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        file, expected = folder / "checkpoints" / f"step-{card['step']}.npz", card["sha256"]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{folder / CARD} is damaged: install the package again.") from None
    if not file.is_file() or _sha256(file) != expected:
        raise InputError(f"{file} is missing or damaged: install the package again.")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    print(pack(Path(sys.argv[1]), sys.argv[2]))
