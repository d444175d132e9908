"""Locates the model that MODEL names and reads its classes, without starting TensorFlow."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from artgan_tf.config import InputError
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.pretrained import locate, no_run
from artgan_tf.runs.steps import Which

EXTRA, GRAPH = "assets.extra", "saved_model.pb"
FACTS = f"{EXTRA}/artgan.json"
NEEDED = {"class_names": list, "image_size": int}  # facts that painting needs
NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Place:
    """The folder of a run, or of an export's version.

    Attributes:
        folder: the folder itself.
        exported: whether it belongs to an export.
    """

    folder: Path
    exported: bool

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Contents of an export's `artgan.json`; raises InputError if the file is damaged."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            found = json.loads((self.folder / FACTS).read_text(encoding="utf-8"))
            if all(isinstance(found[key], kind) for key, kind in NEEDED.items()):
                return found
        raise damaged(self.folder / FACTS)

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """Class names in the order of their labels; raises InputError if they cannot be read."""
        if self.exported:
            return tuple(self.facts["class_names"])
        return tuple(RunDirectory(self.folder).class_names())

    def check(self, which: Which) -> None:
        """Raise InputError if there is no such checkpoint; an export has none to choose from."""
        if not self.exported:
            RunDirectory(self.folder).trained(which)
        elif which != "latest":
            raise InputError(
                f"{self.folder} is an export, of one checkpoint: leave --checkpoint out, or name "
                f"the run."
            )


def damaged(path: Path, why: str = "") -> InputError:
    """The error for an export, or a file of it, that cannot be read."""
    told = f" ({why})" if why else ""
    return InputError(f"{path} is damaged or incomplete{told}: copy it or export the run again.")


def versions(folder: Path) -> dict[int, Path]:
    """List an export's versions as {number: folder}; {} if the folder is unreadable."""
    try:
        found = [path for path in folder.iterdir() if NUMBER.fullmatch(path.name)]
    except OSError:
        return {}
    return {int(path.name): path for path in found if (path / GRAPH).is_file()}


def find_model(path: Path | str) -> Place:
    """Find the model that a path names.

    Args:
        path: a run's directory, `pretrained:NAME`, one version of an export, or the
            folder of its versions, which means the highest one.

    Raises:
        InputError: the path is none of these.
    """
    path = locate(path)
    if (path / "config.toml").is_file():
        return Place(path, exported=False)
    newest_first = [version for _, version in sorted(versions(path).items(), reverse=True)]
    for version in (path, *newest_first):
        if (version / FACTS).is_file():
            return Place(version, exported=True)
    raise no_run(path, also="an export, ")
