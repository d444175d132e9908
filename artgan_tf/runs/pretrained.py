"""Pretrained generators in the package, named `pretrained:NAME` wherever a run is expected.

Each is a run's directory with one checkpoint: the averaged generator and the discriminator in
float16. Its card has the checksum of the weights. `sampling/pack.py` makes one from a run.
"""

import json
from functools import lru_cache
from pathlib import Path

from artgan_tf import cli
from artgan_tf.config import InputError, runs_root
from tfrecords_tools.common import files
from tfrecords_tools.common.errors import meant, meant_folder

PREFIX, CARD, SHEET = "pretrained:", "card.json", "sheet.webp"
FOLDER = Path(__file__).parents[1] / "pretrained"


def names() -> list[str]:
    """Sorted names of the pretrained generators."""
    return sorted(card.parent.name for card in FOLDER.glob(f"*/{CARD}"))


def locate(model: Path | str) -> Path:
    """The directory of a run, given by its path or as `pretrained:NAME`.

    Raises InputError for an unknown NAME, or if the weights do not match the card's checksum.
    """
    name = _name(model)
    if name is None:
        return Path(model)
    if name not in names():
        hint = meant(name, names())
        raise InputError(f"There is no {PREFIX}{name}{hint}: use {_any_of_them()}.")
    _verify(FOLDER / name)
    return FOLDER / name


def is_pretrained(model: Path | str) -> bool:
    """Whether a name is `pretrained:NAME`."""
    return _name(model) is not None


def workplace(model: Path | str) -> Path:
    """Folder for a run's exports and results: its own, or `runs/pretrained/NAME` if pretrained."""
    name = _name(model)
    return Path(model) if name is None else runs_root() / PREFIX.rstrip(":") / name


def no_run(path: Path | str, also: str = "") -> InputError:
    """The error for a path that is not a run; `also` is what else is accepted ("an export, ")."""
    return InputError(
        f"There is no run {str(path)!r}{_meant(Path(path))}: name a folder made by fit, "
        f"{also}{_any_of_them()}."
    )


def meant_name(word: str) -> str:
    """Suggest `pretrained:NAME` for a bare NAME; an empty string for other words."""
    return f" (did you mean '{PREFIX}{word}'?)" if word in names() else ""


def _any_of_them() -> str:
    *others, last = (PREFIX + name for name in names())
    return f"{', '.join(others)} or {last}" if others else last


def _meant(path: Path) -> str:
    """Suggests a run of that bare name, a model with a class of that name, or a similar folder."""
    word, own = str(path), runs_root()
    if hint := meant_name(word):
        return hint
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


@lru_cache  # verified files are not hashed again
def _verify(folder: Path) -> None:
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        file, expected = folder / "checkpoints" / f"step-{card['step']}.npz", card["sha256"]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{folder / CARD} is damaged: install the package again.") from None
    if not file.is_file() or files.sha256(file) != expected:
        raise InputError(f"{file} is missing or damaged: install the package again.")
