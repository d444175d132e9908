"""Generators that come with the package: `pretrained:NAME` wherever a run is named.

Each is a run's directory with one checkpoint, of float16 networks alone: the averaged generator and
the discriminator.  Its card tells what it was trained on, and what its weights' checksum is;
beside it lie a sheet of pictures and the run's figures.  `sampling/pack.py` makes one of a run.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from artgan_tf import cli
from artgan_tf.config import InputError, runs_root
from tfrecords_tools.common.errors import meant, meant_folder

PREFIX, CARD, SHEET = "pretrained:", "card.json", "sheet.webp"
FOLDER = Path(__file__).parents[1] / "pretrained"


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


def no_run(path: Path | str, also: str = "") -> InputError:
    """What every verb says of a path that is no run.

    Args:
        path: as it was given.
        also: what else the verb would have taken.
    """
    there = " or ".join(PREFIX + each for each in names())
    return InputError(
        f"There is no run {str(path)!r}{_meant(Path(path))}: name the folder of one that fit has "
        f"made, {also}{there}."
    )


def _meant(path: Path) -> str:
    """A run by its bare name, or one that paints the class of that name, or a folder near by."""
    word, own = str(path), runs_root()
    if word in names():
        return f" (did you mean '{PREFIX}{word}'?)"
    if (own / path / "config.toml").is_file():
        return f" (did you mean {str(own / path)!r}?)"
    lists = {str(file.parent): file for file in sorted(own.glob("*/classes.txt"))}
    lists |= {PREFIX + each: FOLDER / each / "classes.txt" for each in names()}
    for model, file in lists.items():
        if word in file.read_text(encoding="utf-8", errors="replace").splitlines():
            painted = cli.command("artgan_tf.sample", model, "--classes", word)
            return f" (did you mean {painted!r}?)"
    return meant_folder(path)


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
    if not file.is_file() or sha256(file) != expected:
        raise InputError(f"{file} is missing or damaged: install the package again.")


def sha256(file: Path) -> str:
    """Of a weights file, as its card has it."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
