"""A run's directory: its files, checks before a start or resume, and the history."""

import itertools
import json
import os
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import tomli_w

from artgan_tf.config import Config, InputError, flat, from_tree, to_tree
from artgan_tf.data.fingerprint import Fingerprint, changes
from artgan_tf.former import bring_up_to_date
from artgan_tf.runs.pretrained import no_run
from artgan_tf.runs.steps import Which, candidates, latest_step
from tfrecords_tools.common import files, locks

FREE_TO_CHANGE = ("train.steps", "log.", "data.on_")  # on resume


def sample_grids(folder: Path) -> dict[int, Path]:
    """Grids of samples in a folder, by step in ascending order; not those of magnified pictures."""
    steps = {path.stem.removeprefix("step_"): path for path in folder.glob("step_*.png")}
    found = {int(step): path for step, path in steps.items() if step.isdecimal()}
    return dict(sorted(found.items()))


class RunDirectory:
    """Paths and files of one run."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self.config_file = self.path / "config.toml"
        self.classes_file = self.path / "classes.txt"
        self.data_file = self.path / "data.json"
        self.cores_file = self.path / "cores.txt"
        self.history_file = self.path / "history.jsonl"
        self.checkpoints = self.path / "checkpoints"
        self.samples = self.path / "samples"
        self.tensorboard = self.path / "tensorboard"
        self.losses_plot = self.path / "losses.png"
        self._rows = b""  # of the history, not written yet because the disk was full

    # ---- opening ------------------------------------------------------------------------------
    def check(self, config: Config, class_names: Sequence[str], data: Fingerprint) -> None:
        """Check that `config` may start or resume a run here; writes nothing.

        Raises InputError as `check_place` does, for a run with other classes, and for a run with
        other images unless `data.on_change` is "accept".
        """
        self.check_place(config)
        if self.has_checkpoints:
            self._check_classes(class_names)
            self._check_data(config, data)

    def check_place(self, config: Config) -> None:
        """Raises InputError if the directory holds other files, or a run with other settings.

        A run that has no checkpoint yet may begin again with any.
        """
        if self.has_checkpoints:
            self._check_same(config)
        elif self.config_file.exists() or not self.path.exists():
            return
        elif not self.path.is_dir() or self._has_files():
            raise InputError(f"{self.path} is not empty and not a run: choose another --run-dir.")

    @contextmanager
    def held(self) -> Iterator[ExitStack]:
        """Lock the directory against a second training, and yield the locks, for `begin`.

        Raises InputError if it is locked.
        """
        with ExitStack() as hold:
            hold.enter_context(self._held())
            yield hold

    def begin(
        self,
        config: Config,
        class_names: Sequence[str],
        data: Fingerprint,
        hold: ExitStack,
        fresh: bool = False,
    ) -> None:
        """Create the directory, and write what defines the run.

        With `fresh` a run is moved aside first, and so is one without a checkpoint that had other
        settings.

        That is its settings, its classes in label order and the fingerprint of its images. `hold`
        is from `held`.
        """
        abandoned = self.config_file.exists() and not self.has_checkpoints
        if (fresh and self._has_files()) or (abandoned and self.changed(config)):
            if self.path.resolve() == Path.cwd():
                raise InputError(f"{Path.cwd()} cannot be moved aside from within: leave it first.")
            aside = _aside(self.path)
            with files.telling(self.path):
                self.path.rename(aside)
            hold.enter_context(self._held())
            (aside / locks.HOLDER).unlink(missing_ok=True)
        for folder in (self.checkpoints, self.samples):
            with files.telling(folder):
                folder.mkdir(parents=True, exist_ok=True)
            files.clear_all(folder)
        files.write(self.classes_file, "\n".join(class_names) + "\n")
        files.write(self.data_file, json.dumps(data, indent=1) + "\n")
        files.write(self.config_file, tomli_w.dumps(to_tree(config)))

    def note_cores(self, count: int) -> int:
        """Record the number of cores; returns the number recorded before, or 0 if unknown."""
        try:
            before = int(self.cores_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            before = 0
        if before != count:
            files.write(self.cores_file, f"{count}\n")
        return before

    def _held(self) -> AbstractContextManager[None]:
        return locks.held(self.path, "training", "wait for it, or choose another --run-dir")

    @property
    def has_checkpoints(self) -> bool:
        """Whether there is a run with something to resume."""
        return self.config_file.exists() and bool(latest_step(self.checkpoints))

    def _has_files(self) -> bool:
        return any(path.name not in locks.NAMES for path in self.path.iterdir())

    def _check_same(self, config: Config) -> None:
        for key, (old, new) in self.changed(config).items():
            if not key.startswith(FREE_TO_CHANGE):
                raise InputError(
                    f"{self.path} was started with {key} = {old!r}, not {new!r}: "
                    f"only --steps, log.* and data.on_* may change; use --fresh or another "
                    f"--run-dir."
                )

    def _check_classes(self, class_names: Sequence[str]) -> None:
        if self.class_names() != list(class_names):
            raise InputError(
                f"{self.path} was trained on classes {', '.join(self.class_names())}, but the data "
                f"now has {', '.join(class_names)}: use --fresh or another --run-dir."
            )

    def changed_images(self, data: Fingerprint) -> str:
        """How the images differ from those of the run's last start, in words.

        Empty if they are the same, or if the run does not say. Raises InputError if its file is
        damaged.
        """
        if not self.data_file.is_file():  # made by an earlier version, or packaged
            return ""
        try:
            before = json.loads(self.data_file.read_text(encoding="utf-8"))
            return changes(before, data) if before else ""
        except (ValueError, AttributeError, TypeError):
            raise InputError(f"{self.data_file} is damaged: restore or delete it.") from None

    def _check_data(self, config: Config, data: Fingerprint) -> None:
        changed = self.changed_images(data)
        if changed and config.data.on_change == "stop":
            raise InputError(
                f"{config.data.spec} is not what {self.path} was trained on, it now has {changed}: "
                f"restore it, continue with the changed images by --set data.on_change=accept, or "
                f"use --fresh or another --run-dir."
            )

    def changed(self, config: Config) -> dict[str, tuple[Any, Any]]:
        """Settings that differ from those of the run's last start: key -> (old, new) value."""
        old, new = flat(self.config()), flat(config)
        found = {key: (old.get(key), new[key]) for key in new if old.get(key) != new[key]}
        if len({*map(_place, found.get("data.spec", ()))}) == 1:  # spelt in two ways
            del found["data.spec"]
        return found

    def config(self) -> Config:
        """Configuration of the run's last start; raises InputError if it is missing or damaged."""
        if not self.config_file.is_file():
            raise no_run(self.path)
        try:
            tree = tomllib.loads(self.config_file.read_text(encoding="utf-8"))
        except ValueError as error:  # of tomllib and of UTF-8
            raise InputError(f"{self.config_file} is damaged: {error}.") from None
        bring_up_to_date(tree, self.config_file)
        return from_tree(tree)

    def class_names(self) -> list[str]:
        """Class names, in label order; raises InputError if their file is missing or damaged."""
        try:
            return self.classes_file.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            raise InputError(f"{self.classes_file} is missing or damaged: restore it.") from None

    def trained(self, which: Which) -> tuple[Config, list[str]]:
        """Configuration and class names; raises InputError if the run or checkpoint is missing."""
        config, names = self.config(), self.class_names()
        candidates(self.checkpoints, which)
        return config, names

    # ---- history ------------------------------------------------------------------------------
    def append_history(self, row: dict[str, Any]) -> None:
        """Append a JSON line, after rows that could not be written before; raises NotWritten."""
        self._rows += json.dumps(row).encode() + b"\n"
        files.append(self.history_file, self._rows)
        self._rows = b""

    def history(self) -> list[dict[str, Any]]:
        """All rows of the history, without an incomplete last line."""
        if not self.history_file.exists():
            return []
        lines = self.history_file.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def cut_history(self, step: int) -> None:
        """Delete rows after `step`, whose steps will be repeated."""
        rows = [row for row in self.history() if row["step"] <= step]
        files.write(self.history_file, "".join(json.dumps(row) + "\n" for row in rows))


def _place(spec: str) -> str:
    path = spec.removeprefix("folder:").removeprefix("tfrecords:")
    return spec if spec == "demo" else os.path.abspath(os.path.expanduser(path))


def _aside(path: Path) -> Path:
    stamp = f"{path.name}.{time.strftime('%Y%m%d-%H%M%S')}"
    names = (stamp if not number else f"{stamp}-{number}" for number in itertools.count())
    return next(aside for name in names if not (aside := path.with_name(name)).exists())
