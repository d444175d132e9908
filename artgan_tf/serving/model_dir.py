"""What MODEL names, and which versions of it lie there."""

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
    """A model: its name in URLs, and its versions' folders by number, as they are now."""

    name: str
    versions: Callable[[], dict[int, Path]]


def find_model(model: Path) -> ModelDir:
    """What MODEL names: an export's name level, one version, or a run's newest export.

    A run that has no export yet has no versions either, until `export` makes the first.

    Raises:
        InputError: it is neither an export nor a run.
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
    """A run's newest checkpoint where what is served was exported before it."""
    folder, made = run / "checkpoints", model.versions()
    step = latest_step(folder)
    if not step or not made:
        return None
    file, served = file_of(folder, step), made[max(made)] / GRAPH
    return file if file.stat().st_mtime > served.stat().st_mtime else None


def model_name(run: Path | str, name: str = "") -> str:
    """What a run's export is called; raises InputError for a name that is none."""
    name = name or workplace(run).resolve().name
    if name in ("", ".", "..") or set(name) & set("/\\:\0"):
        raise InputError(
            f"A model cannot be called {name!r}: choose a --name without slashes, colons and lone "
            "dots, for it is one folder below --out and a part of URLs."
        )
    return name


def versions(folder: Path) -> dict[int, Path]:
    """The versions that lie at an export's name level."""
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
    """The name level of a run's newest export, or of the one that `export` would make."""
    made = {
        path: names for names in (place / "export").glob("*") for path in versions(names).values()
    }
    if not made:
        return place / "export" / place.name
    return made[max(made, key=lambda path: (path.stat().st_mtime_ns, path.name))]
