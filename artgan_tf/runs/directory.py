"""A run's directory: what lies where, when it may be resumed, and its history."""

import json
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import tomli_w

from artgan_tf.config import Config, InputError, flat, from_tree, to_tree
from artgan_tf.data.fingerprint import Fingerprint, changes
from artgan_tf.runs.pretrained import no_run
from artgan_tf.runs.steps import Which, candidates
from tfrecords_tools.common import files, locks

FREE_TO_CHANGE = ("train.steps", "log.", "data.on_change")  # on resume


class RunDirectory:
    """Paths and records of one run.

    Args:
        path: the directory.
    """

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
        self._rows = b""  # of the history, that could not be written yet

    # ---- opening ------------------------------------------------------------------------------
    def check(self, config: Config, class_names: Sequence[str], data: Fingerprint) -> None:
        """Make sure that `config` may start or resume a run here; nothing is written.

        Raises InputError as `check_place` does, and for a run with other classes, or with other
        images unless `data.on_change` is "accept".
        """
        self.check_place(config)
        if self.config_file.exists():
            self._check_classes(class_names)
            self._check_data(config, data)

    def check_place(self, config: Config) -> None:
        """Raises InputError for a directory that is no run, or a run with other settings."""
        if self.config_file.exists():
            self._check_same(config)
        elif self.path.exists() and (not self.path.is_dir() or self._has_files()):
            raise InputError(
                f"{self.path} is not empty and no run of ours: choose another --run-dir."
            )

    @contextmanager
    def held(self) -> Iterator[ExitStack]:
        """Keep a second training out; InputError where there is one.

        Gives what holds the directory, for `begin`.
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
        """Create what is not there; `fresh` moves what is there aside first."""
        if fresh and self._has_files():
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
        """Keep how many cores compute the run; returns how many it was before, 0 for not known."""
        try:
            before = int(self.cores_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            before = 0
        if before != count:
            files.write(self.cores_file, f"{count}\n")
        return before

    def _held(self) -> AbstractContextManager[None]:
        return locks.held(self.path, "training", "let it end, or choose another --run-dir")

    def _has_files(self) -> bool:
        return any(path.name not in locks.NAMES for path in self.path.iterdir())

    def _check_same(self, config: Config) -> None:
        for key, (old, new) in self.changed(config).items():
            if not key.startswith(FREE_TO_CHANGE):
                raise InputError(
                    f"{self.path} was started with {key} = {old!r}, not {new!r}: "
                    f"only --steps and log.* may change; use --fresh or another --run-dir."
                )

    def _check_classes(self, class_names: Sequence[str]) -> None:
        if self.class_names() != list(class_names):
            raise InputError(
                f"{self.path} was trained on classes {', '.join(self.class_names())}, but the data "
                f"now has {', '.join(class_names)}: use --fresh or another --run-dir."
            )

    def _check_data(self, config: Config, data: Fingerprint) -> None:
        if not self.data_file.is_file():  # a run of an earlier version
            return
        try:
            changed = changes(json.loads(self.data_file.read_text(encoding="utf-8")), data)
        except ValueError:
            raise InputError(f"{self.data_file} is damaged: restore or delete it.") from None
        if changed and config.data.on_change == "stop":
            raise InputError(
                f"{config.data.spec} is not what {self.path} was trained on, it now has {changed}: "
                f"restore it, go on with other batches by --set data.on_change=accept, or use "
                f"--fresh or another --run-dir."
            )

    def changed(self, config: Config) -> dict[str, tuple[Any, Any]]:
        """Settings that are not those the run was last started with: key -> old and new value."""
        old, new = flat(self.config()), flat(config)
        return {key: (old.get(key), new[key]) for key in new if old.get(key) != new[key]}

    def config(self) -> Config:
        """The configuration the run was last started with; InputError where there is none."""
        if not self.config_file.is_file():
            raise no_run(self.path)
        try:
            tree = tomllib.loads(self.config_file.read_text(encoding="utf-8"))
        except ValueError as error:  # TOML's and UTF-8's own
            raise InputError(f"{self.config_file} is damaged: {error}.") from None
        return from_tree(tree)

    def class_names(self) -> list[str]:
        """The class names, in the order of their labels."""
        try:
            return self.classes_file.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            raise InputError(f"{self.classes_file} is missing or damaged: restore it.") from None

    def trained(self, which: Which) -> tuple[Config, list[str]]:
        """Settings and class names of a run that has such a checkpoint; InputError of another."""
        config, names = self.config(), self.class_names()
        candidates(self.checkpoints, which)
        return config, names

    # ---- history ------------------------------------------------------------------------------
    def append_history(self, row: dict[str, Any]) -> None:
        """One JSON line; what a full disk refused before comes with it.  Raises NotWritten."""
        self._rows += json.dumps(row).encode() + b"\n"
        files.append(self.history_file, self._rows)
        self._rows = b""

    def history(self) -> list[dict[str, Any]]:
        """All rows; a last line that a kill cut short is left out."""
        if not self.history_file.exists():
            return []
        lines = self.history_file.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def cut_history(self, step: int) -> None:
        """Forget rows beyond `step`: they belong to steps that will be done again."""
        rows = [row for row in self.history() if row["step"] <= step]
        files.write(self.history_file, "".join(json.dumps(row) + "\n" for row in rows))


def _aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.{stamp}")
    number = 1
    while aside.exists():
        aside, number = path.with_name(f"{path.name}.{stamp}-{number}"), number + 1
    return aside
