"""Locates the model that MODEL names and reads its classes, without starting TensorFlow."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from artgan_tf.class_names import class_index
from artgan_tf.config import InputError
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.pretrained import locate, no_run
from artgan_tf.runs.steps import Which

FACTS = "assets.extra/artgan.json"


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
        try:
            return json.loads((self.folder / FACTS).read_text(encoding="utf-8"))
        except ValueError:
            raise InputError(f"{self.folder / FACTS} is damaged: export the run again.") from None

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """Class names in the order of their labels; raises InputError if they cannot be read."""
        if self.exported:
            return tuple(self.facts["class_names"])
        return tuple(RunDirectory(self.folder).class_names())

    def check(self, which: Which) -> None:
        """Raise InputError if this is a run without such a checkpoint."""
        if not self.exported:
            RunDirectory(self.folder).trained(which)

    def index(self, name: str | int) -> int:
        """Return the index of a class, given by name or index; InputError if it does not exist."""
        return class_index(self.class_names, name)


def find_model(path: Path | str) -> Place:
    """Find the model that a path names.

    Args:
        path: a run's directory, `pretrained:NAME`, or an export's version level or its name level,
            which means the highest version.

    Raises:
        InputError: the path is none of these.
    """
    path = locate(path)
    if (path / "config.toml").is_file():
        return Place(path, exported=False)
    versions = [p for p in path.glob("*") if p.name.isdecimal() and (p / FACTS).is_file()]
    version = path if (path / FACTS).is_file() else max(versions, key=_number, default=None)
    if version is None:
        raise no_run(path, also="an export, ")
    return Place(version, exported=True)


def _number(path: Path) -> int:
    return int(path.name)
