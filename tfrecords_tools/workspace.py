"""The output folder of a conversion: which shards are done, and which plan it belongs to.

`.convert/` holds the plan and a report for each finished shard.  A shard is done when its report
exists and its file has the size given in the report.  `report.json` is written last.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from tfrecords_tools.common.errors import InputError, RunError
from tfrecords_tools.common.files import clear_all, reason, write_json
from tfrecords_tools.common.locks import LOCK, NAMES, held
from tfrecords_tools.plan import Plan, Shard
from tfrecords_tools.shards import ShardReport

STATE, PLAN, REPORT = ".convert", "plan.json", "report.json"
DESCRIPTIONS = ("dataset_info.json", "features.json", "label.labels.txt", "report.txt", REPORT)
OLD_DEFAULTS = {"ignore_profiles": True}  # for sets that were made before an option existed


class Workspace:
    """The output folder of a plan; `opened` creates it."""

    def __init__(self, folder: Path, plan: Plan):
        self.folder, self.plan, self.state = folder, plan, folder / STATE
        self.owner = self.state / PLAN

    @contextmanager
    def opened(self, overwrite: bool) -> Iterator[None]:
        """Lock the folder against other conversions; with `overwrite`, empty it first.

        Raises:
            InputError: another conversion holds the lock, or the folder cannot be created.
            RunError: the disk fails while the folder is open.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"--out {self.folder} cannot be written: {reason(error)}.") from None
        try:
            with held(self.state, "converting", "wait for it, or give another --out"):
                if overwrite:
                    self._delete()
                clear_all(self.folder)
                if not self.owner.exists():
                    write_json(self.owner, self.plan.identity)
                yield
            if not self.owner.exists():  # `close`; a network file system keeps an open lock file
                with suppress(OSError):
                    (self.state / LOCK).unlink(missing_ok=True)
                    self.state.rmdir()
        except OSError as error:
            raise RunError(
                f"{self.folder} cannot be written: {reason(error)}; the same command resumes where "
                f"it stopped."
            ) from None

    def finished(self) -> bool:
        """Return whether the data set is complete."""
        whole = all((self.folder / name).is_file() for name in DESCRIPTIONS)
        complete = len(self.done()) == len(self.plan.shards)
        return whole and complete and not self.owner.exists()

    def notes(self, shard: Shard) -> Path:
        """Return the path of a shard's report."""
        return self.state / f"{shard.file}.json"

    def done(self) -> list[ShardReport]:
        """Return the reports of the shards that are complete."""
        noted = (read_json(self.notes(shard)) for shard in self.plan.shards)
        found = [*filter(None, noted), *self._final().get("shards", [])]
        reports = {report["file"]: ShardReport(**report) for report in found}
        return [
            reports[shard.file]
            for shard in self.plan.shards
            if shard.file in reports and self._size(shard.file) == reports[shard.file].bytes
        ]

    def close(self) -> None:
        """Delete the state of the conversion, once everything is written; its plan last."""
        for path in sorted(self.state.iterdir(), key=lambda path: path == self.owner):
            if path.name not in NAMES:
                _delete(path)

    def _final(self) -> dict[str, Any]:
        return read_json(self.folder / REPORT) or {}

    def _size(self, file: str) -> int:
        path = self.folder / file
        return path.stat().st_size if path.is_file() else -1

    # ---- ownership ----------------------------------------------------------------------------
    def check(self, overwrite: bool) -> None:
        """Raise InputError if the folder is not ours, or without `overwrite` not of this plan."""
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"--out {self.folder} is a file: give a folder.")
        there = [path.name for path in self.folder.iterdir()] if self.folder.exists() else []
        known = read_json(self.owner) or self._final().get("plan")
        if known is None and there not in ([], [STATE]):  # killed before it wrote its plan
            raise InputError(f"--out {self.folder} holds other files: give a new or empty folder.")
        difference = _difference(known, self.plan.identity) if known and not overwrite else ""
        if difference:
            raise InputError(
                f"{self.folder} was made with {difference}: give another --out, or add --overwrite "
                f"to start again."
            )

    def _delete(self) -> None:
        """Delete what conversions of this name, or of this folder, have written, and nothing else.

        The plan and the report, which show that the folder is ours, go last; lock files stay.
        """
        last = [self.owner, self.folder / REPORT]
        kept = [*last, *(self.state / name for name in NAMES)]
        written = [self.folder / name for name in DESCRIPTIONS]
        written += [*self.folder.glob(f"{self.plan.name}-*.tfrecord-*-of-*"), *self.state.glob("*")]
        noted = [path.stem for path in self.state.glob("*.tfrecord-*-of-*.json")]
        reported = [each["file"] for each in self._final().get("shards", [])]
        for name in [*noted, *reported]:  # of another name, if the folder was renamed
            written += self.folder.glob(name) if fnmatch(name, "*.tfrecord-*-of-*") else []
        for path in [*(path for path in written if path not in kept), *last]:
            _delete(path)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a JSON file, or None if the file is missing or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Return the first difference between two plans in words; empty if they are the same."""
    options, lists = OLD_DEFAULTS | old.get("options", {}), old.get("lists", {})
    for key, value in new["options"].items():
        if options.get(key) != value:
            return f"--{key.replace('_', '-')} {options.get(key)}, not {value}"
    for name in sorted(new["lists"].keys() | lists.keys()):
        if lists.get(name) != new["lists"].get(name):
            return f"another {name}"
    if old.get("images") != new["images"]:
        return "other images or labels, or under another name"
    versions = {key: old.get(key) for key in ("version", "pillow") if old.get(key) != new[key]}
    return ", ".join(f"{key} {value}, not {new[key]}" for key, value in versions.items())
