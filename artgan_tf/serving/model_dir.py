"""Resolves MODEL (a run or an export) to an export's folder and lists its versions."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from artgan_tf.config import InputError
from artgan_tf.runs.pretrained import locate, no_run, workplace
from artgan_tf.runs.steps import file_of, latest_step

GRAPH = "saved_model.pb"
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class ModelDir:
    """A model to serve.

    Attributes:
        name: the model's name in URLs.
        versions: lists the versions on disk at the time of the call, as {number: folder}.
    """

    name: str
    versions: Callable[[], dict[int, Path]]


def find_model(model: Path) -> ModelDir:
    """Find the model that MODEL names.

    A run without an export has no versions until `export` writes the first one.

    Args:
        model: an export's name level, one version of it, or a run (which means its newest export).

    Raises:
        InputError: MODEL is neither an export nor a run.
    """
    place = workplace(model).resolve()
    if (locate(model) / "config.toml").is_file():
        return _all_versions(_newest_export(place))
    if (place / GRAPH).is_file():
        return _one_version(place)
    if not versions(place):
        raise no_run(model, also="an export, ")
    return _all_versions(place)


def newer_checkpoint(run: Path, model: ModelDir) -> Path | None:
    """Return a run's newest checkpoint if it is newer than the served export, or else None."""
    folder, made = locate(run) / "checkpoints", model.versions()
    step = latest_step(folder)
    if not step or not made:
        return None
    file, served = file_of(folder, step), made[max(made)] / GRAPH
    return file if file.stat().st_mtime > served.stat().st_mtime else None


def model_name(run: Path | str, name: str = "") -> str:
    """Return the name of a run's export: `name`, or the run folder's name if that is empty.

    Raises:
        InputError: the name cannot be used as a folder and in URLs.
    """
    name = name or workplace(run).resolve().name
    if name in ("", ".", "..") or set(name) & set("/\\:\0"):
        raise InputError(
            f"A model cannot be called {name!r}: choose a --name without slashes, colons and lone "
            "dots, for it is one folder below --out and a part of URLs."
        )
    return name


def versions(folder: Path) -> dict[int, Path]:
    """List the versions at an export's name level, as {number: folder}; {} if unreadable."""
    try:
        found = [path for path in folder.iterdir() if _NUMBER.fullmatch(path.name)]
    except OSError:
        return {}
    return {int(path.name): path for path in found if (path / GRAPH).is_file()}


def _all_versions(folder: Path) -> ModelDir:
    return ModelDir(folder.name, lambda: versions(folder))


def _one_version(folder: Path) -> ModelDir:
    if not _NUMBER.fullmatch(folder.name):
        raise InputError(f"{folder} is no version of an export: its name is no number.")
    number = int(folder.name)
    return ModelDir(folder.parent.name, lambda: {number: folder})


def _newest_export(place: Path) -> Path:
    """Return the name level of a run's newest export, or of the one that `export` would write."""
    made = {
        path: names for names in (place / "export").glob("*") for path in versions(names).values()
    }
    if not made:
        return place / "export" / place.name
    return made[max(made, key=lambda path: (path.stat().st_mtime_ns, path.name))]
