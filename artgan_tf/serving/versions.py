"""Which version of a model is served: the highest that lies there and loads, looked for again.

A new version is loaded and warmed up beside the one that is served, and takes over at once;
requests in flight finish on the old one.  One that does not load takes nobody down: it is told, and
tried again once its files have changed.
"""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artgan_tf.serving.model_dir import ModelDir
from artgan_tf.serving.servable import Servable

Load = Callable[[Path, str, int], Servable]
Files = frozenset[tuple[str, int, int]]

FAILED = "This version does not load; the server's log tells why."


@dataclass(frozen=True)
class State:
    """What is told of a version: LOADING, AVAILABLE or END, and what is wrong with it."""

    state: str
    code: str = "OK"
    message: str = ""


class Versions:
    """The served version of one model, kept up to date by a thread.

    Args:
        model: its name and folders.
        every: seconds between looks.
        load: makes a servable of a folder, a name and a number.
    """

    def __init__(self, model: ModelDir, every: float, load: Load = Servable):
        self.model, self.every, self._load = model, every, load
        self.name = model.name
        self.served: Servable | None = None
        self._states: dict[int, State] = {}
        self._failed: dict[int, Files] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, daemon=True)

    @property
    def number(self) -> int:
        """Of the served version; 0 for none."""
        return self.served.version if self.served else 0

    def get(self, name: str, version: int | None = None) -> Servable | None:
        """The servable of a request, if it is served."""
        served = self.served
        if served is None or name != self.name or version not in (None, served.version):
            return None
        return served

    def states(self) -> list[tuple[int, State]]:
        """All versions seen so far, the newest first."""
        return sorted(self._states.copy().items(), reverse=True)

    def look(self) -> None:
        """Take over the highest version that loads; the served one stays if there is none."""
        found = self.model.versions()
        for number in sorted(found, reverse=True):
            if self.served and number == self.served.version:
                return
            if self._take_over(number, found[number]):
                return

    def start(self) -> None:
        """Look again and again from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def _keep_looking(self) -> None:
        while not self._stopping.wait(self.every):
            try:
                self.look()
            except Exception as error:  # such as a disk that is away for a while
                _tell(f"warning: cannot look for versions of {self.name}: {error}")

    def _take_over(self, number: int, folder: Path) -> bool:
        files = _files(folder)
        if self._failed.get(number) == files:
            return False
        self._states[number] = State("LOADING")
        try:
            servable = self._load(folder, self.name, number)
        except Exception as error:  # whatever a half-copied or foreign SavedModel raises
            self._failed[number] = files
            self._states[number] = State("LOADING", "INTERNAL", FAILED)  # as it is tried again
            _tell(f"warning: version {number} of {self.name} does not load: {error}")
            return False
        self._switch(servable)
        return True

    def _switch(self, servable: Servable) -> None:
        old, self.served = self.served, servable
        self._states[servable.version] = State("AVAILABLE")
        if old:
            self._states[old.version] = State("END")
            _tell(f"Version {servable.version} of {self.name} is served now.")


def _files(folder: Path) -> Files:
    """What tells whether a version's files have changed."""
    found: set[tuple[str, int, int]] = set()
    for path in folder.rglob("*"):
        stat: Any = path.stat()
        found.add((str(path), stat.st_size, stat.st_mtime_ns))
    return frozenset(found)


def _tell(line: str) -> None:
    print(line.split("\n")[0], file=sys.stderr, flush=True)
