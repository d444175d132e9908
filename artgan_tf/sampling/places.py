"""Where the model lies that MODEL names, and its classes: read without starting TensorFlow."""

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
        folder: where it lies.
        exported: whether it is an export.
    """

    folder: Path
    exported: bool

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What an export says of itself; raises InputError."""
        try:
            return json.loads((self.folder / FACTS).read_text(encoding="utf-8"))
        except ValueError:
            raise InputError(f"{self.folder / FACTS} is damaged: export the run again.") from None

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """In the order of their labels; raises InputError."""
        if self.exported:
            return tuple(self.facts["class_names"])
        return tuple(RunDirectory(self.folder).class_names())

    def check(self, which: Which) -> None:
        """Raises InputError for a run that has no such checkpoint."""
        if not self.exported:
            RunDirectory(self.folder).trained(which)

    def index(self, name: str | int) -> int:
        """The index of a class name; raises InputError."""
        return class_index(self.class_names, name)


def find_model(path: Path | str) -> Place:
    """What a run's directory, `pretrained:NAME` or an export's name or version level names."""
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
