"""Kinds of faults, their cases and their results."""

import importlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artgan_tf.evaluation.results import commit
from artgan_tf.hardware import describe


class Failed(Exception):
    """The program misbehaved: a traceback, a hang, another exit code, a partial file left."""


class Lost(Exception):
    """Saved data is gone or wrong."""


@dataclass(frozen=True)
class Case:
    """A single try of a fault.

    Attributes:
        name: key in the results, unique within its kind.
        attempt: does the harm and checks the outcome; returns a note, raises `Failed` or `Lost`.
        shown: whether the note is printed below the table.
    """

    name: str
    attempt: Callable[[], str | None]
    shown: bool = False


@dataclass(frozen=True)
class Kind:
    """A file of cases.

    Attributes:
        name: name of the file.
        title: title in the table.
        cases: makes the cases, given a work folder.
    """

    name: str
    title: str
    cases: Callable[[Path], Iterable[Case]]


def kinds() -> Iterator[Kind]:
    """All kinds in `kinds/`, by name."""
    for file in sorted((Path(__file__).parent / "kinds").glob("*.py")):
        module = importlib.import_module(f"experiments.faults.kinds.{file.stem}")
        title = (module.__doc__ or file.stem).partition("\n")[0].rstrip(".")
        yield Kind(file.stem, title, module.cases)


class Results:
    """Results of the cases, in a JSON file that is updated after each case.

    Args:
        file: the JSON file; read if it exists.
    """

    def __init__(self, file: Path):
        self.file = file
        self.kinds: dict[str, dict[str, Any]] = (
            json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        )

    def forget(self, kind: str) -> None:
        """Forget a kind's results, so that its cases are tried again."""
        self.kinds.pop(kind, None)

    def collect(self, kind: Kind, work: Path) -> Iterator[str]:
        """Try the cases that are not survived yet; yields a line for each."""
        work.mkdir(parents=True, exist_ok=True)
        kept = self.kinds.setdefault(kind.name, {"cases": {}})
        kept |= {"title": kind.title, "commit": commit(), "hardware": describe()}
        for case in kind.cases(work):
            if kept["cases"].get(case.name, {}).get("end") == "survived":
                continue
            row = kept["cases"][case.name] = _tried(case)
            self._write()
            yield f"{kind.name}: {case.name}: {row['end']} {row['told']}".rstrip()

    def not_survived(self, kind: str) -> list[str]:
        """A line for each case of a kind that was not survived."""
        cases = self.kinds[kind]["cases"].items()
        return [f"{kind}: {k}: {v['told']}" for k, v in cases if v["end"] != "survived"]

    def _write(self) -> None:
        part = self.file.with_name(f"{self.file.name}.part")
        kinds = ",\n".join(
            f"{json.dumps(name)}: {_lines(kept)}" for name, kept in self.kinds.items()
        )
        part.write_text(f"{{{kinds}}}\n", encoding="utf-8")
        part.replace(self.file)


def _lines(kept: Mapping[str, Any]) -> str:
    """A kind's results as JSON, with a line for each case."""
    cases = ",\n".join(f"{json.dumps(name)}: {json.dumps(x)}" for name, x in kept["cases"].items())
    head = json.dumps({k: v for k, v in kept.items() if k != "cases"})
    return f'{head[:-1]}, "cases": {{\n{cases}}}}}'


def _tried(case: Case) -> dict[str, Any]:
    begun, end = time.monotonic(), "survived"
    try:
        told = case.attempt() or ""
    except (Failed, Lost) as error:
        end, told = type(error).__name__.lower(), str(error)
    seconds = round(time.monotonic() - begun, 1)
    return {"end": end, "told": told, "seconds": seconds, "shown": case.shown}
