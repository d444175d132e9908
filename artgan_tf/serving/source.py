"""What MODEL names, and which versions of it lie there."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from artgan_tf.config import InputError
from artgan_tf.runs.pretrained import locate, workplace

GRAPH = "saved_model.pb"
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Source:
    """A model: its name in URLs, and its versions' folders by number, as they are now."""

    name: str
    versions: Callable[[], dict[int, Path]]


def find_source(model: Path) -> Source:
    """What MODEL names: an export's name level, one version, or a run's newest export.

    Raises:
        InputError: there is no export.
    """
    run, model = model, workplace(model).resolve()
    if (locate(run) / "config.toml").is_file():
        model = _newest_export(model, run)
    elif (model / GRAPH).is_file():
        return _one_version(model)
    if not versions(model):
        raise InputError(
            f"{model} holds no export: python -m artgan_tf.export RUN makes one of a trained run."
        )
    return Source(model.name, lambda: versions(model))


def versions(folder: Path) -> dict[int, Path]:
    """The versions that lie at an export's name level."""
    try:
        found = [path for path in folder.iterdir() if _NUMBER.fullmatch(path.name)]
    except OSError:
        return {}
    return {int(path.name): path for path in found if (path / GRAPH).is_file()}


def _one_version(folder: Path) -> Source:
    if not _NUMBER.fullmatch(folder.name):
        raise InputError(f"{folder} is no version of an export: its name is no number.")
    number = int(folder.name)
    return Source(folder.parent.name, lambda: {number: folder})


def _newest_export(place: Path, run: Path) -> Path:
    made = {
        path: names for names in (place / "export").glob("*") for path in versions(names).values()
    }
    if not made:
        raise InputError(f"{run} has no export yet: python -m artgan_tf.export {run} makes one.")
    return made[max(made, key=lambda path: (path.stat().st_mtime_ns, path.name))]
