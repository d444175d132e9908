"""Resolves MODEL (a run or an export) to an export's folder and lists its versions."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from artgan_tf.config import InputError
from artgan_tf.runs.pretrained import locate, no_run, workplace
from artgan_tf.runs.steps import file_of, latest_step
from artgan_tf.sampling.places import GRAPH, NUMBER, versions
from tfrecords_tools.common import files, locks

LEFTOVER = f"{files.PART}export-"  # prefix of an export that is not complete yet


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
        model: an export (the folder of its versions), one version, or a run
            (which means its newest export).

    Raises:
        InputError: MODEL is neither an export nor a run.
    """
    place = workplace(model).resolve()
    if (locate(model) / "config.toml").is_file():
        place = _newest_export(place)
    elif (place / GRAPH).is_file():
        if not NUMBER.fullmatch(place.name):
            raise InputError(f"{place} is no version of an export: its name is no number.")
        return ModelDir(place.parent.name, lambda: {int(place.name): place})
    elif not versions(place):
        raise no_run(model, also="an export, ")
    return ModelDir(place.name, lambda: versions(place))


def _newest_export(place: Path) -> Path:
    """Return the folder of a run's newest export, or of the one that `export` would write."""
    names = (place / "export").glob("*")
    made = [version for name in names for version in versions(name).values()]
    newest = max(made, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)
    return newest.parent if newest else place / "export" / place.name


def newer_checkpoint(run: Path, model: ModelDir) -> Path | None:
    """Return a run's newest checkpoint if it is newer than the served export, or else None."""
    folder, made = locate(run) / "checkpoints", model.versions()
    step = latest_step(folder)
    if not step or not made:
        return None
    file, served = file_of(folder, step), made[max(made)] / GRAPH
    return file if file.stat().st_mtime > served.stat().st_mtime else None


def export_folder(run: Path | str, out: Path | None = None, name: str = "") -> Path:
    """Return the folder that takes a run's next export as one more version.

    Args:
        run: the run's directory, or `pretrained:NAME`.
        out: folder above it; None for `export` in the run's workplace.
        name: its name; empty for the name of the run's folder.

    Raises:
        InputError: the name cannot be used as a folder and in URLs, or the folder holds other
            things than exports.
        NotWritten: the folder cannot be read.
    """
    folder = (out or workplace(run) / "export") / _model_name(run, name)
    with files.telling(folder):
        if folder.exists() and _is_foreign(folder):
            raise InputError(
                f"{folder} holds something else than exports: choose another --out or --name."
            )
    return folder


def _is_foreign(folder: Path) -> bool:
    """Whether a folder is a run, or has files but no export, not even one that was moved aside."""
    if (folder / "config.toml").exists():
        return True
    return not (any(folder.glob(f"*/{GRAPH}")) or all(map(_is_trace, folder.iterdir())))


def _is_trace(path: Path) -> bool:
    """Whether this is what a stopped export may leave: a lock, a part, or an empty version."""
    if NUMBER.fullmatch(path.name) and path.is_dir():
        return not any(path.iterdir())
    return path.name in locks.NAMES or path.name.startswith(files.PART)


def _model_name(run: Path | str, name: str) -> str:
    name = name or workplace(run).resolve().name
    if name in ("", ".", "..") or set(name) & set("/\\:\0"):
        raise InputError(
            f"A model cannot be called {name!r}: choose a --name without slashes, colons and lone "
            "dots, for it is one folder below --out and a part of URLs."
        )
    return name
