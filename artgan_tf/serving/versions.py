"""Serves the highest version of a model that loads, and polls for new ones.

A new version is loaded and warmed up while the old one is still served, then takes over at once.
Requests in flight finish on the old version. A version that does not load causes a warning and is
tried again after its files have changed; the served version stays. If the served version's own
files change, it is loaded again once they stay the same.
"""

import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from artgan_tf.serving.model_dir import ModelDir
from artgan_tf.serving.servable import Servable

Load = Callable[[Path, str, int], Servable]
Files = frozenset[tuple[str, int, int]]

FAILED = "This version does not load; the server's log tells why."


@dataclass(frozen=True)
class State:
    """State of a version as reported to clients: LOADING, AVAILABLE or END, and an error if any."""

    state: str
    code: str = "OK"
    message: str = ""


class Versions:
    """The served version of one model, kept up to date by a thread.

    Args:
        model: the model's name and folders.
        every: seconds between checks for new versions.
        load: makes a servable from a folder, a name and a version number.
    """

    def __init__(self, model: ModelDir, every: float, load: Load = Servable):
        self.model, self.every, self._load = model, every, load
        self.name = model.name
        self.served: Servable | None = None
        self._states: dict[int, State] = {}
        self._failed: dict[int, Files] = {}
        self._loaded = self._seen = Files()  # of the served version, when loaded and last checked
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_polling, daemon=True)

    @property
    def number(self) -> int:
        """Number of the served version, or 0 if none is served."""
        return self.served.version if self.served else 0

    def get(self, name: str, version: int | None = None) -> Servable | None:
        """Return the served version if it has this name and number (None for any), or else None."""
        served = self.served
        if served is None or name != self.name or version not in (None, served.version):
            return None
        return served

    def states(self) -> list[tuple[int, State]]:
        """Return the states of all versions seen so far, the newest first."""
        return sorted(self._states.copy().items(), reverse=True)

    def poll(self) -> None:
        """Switch to the highest version that loads; without one, the served version stays."""
        found = self.model.versions()
        self._forget(self._failed.keys() - found.keys())
        for number in sorted(found, reverse=True):
            if self._serves(number):
                self._reload(number, found[number])
                return
            if self._take_over(number, found[number]):
                return

    def start(self) -> None:
        """Start the thread that looks for new versions."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking for new versions."""
        self._stopping.set()

    def _keep_polling(self) -> None:
        while not self._stopping.wait(self.every):
            try:
                self.poll()
            except Exception as error:  # for example a disk that is unavailable for a while
                _tell(f"warning: cannot look for versions of {self.name}: {error}")

    def _serves(self, number: int) -> bool:
        return self.served is not None and self.served.version == number

    def _mark(self, number: int, state: State) -> None:
        """Set a version's state; the served one stays AVAILABLE while it is loaded again."""
        if not self._serves(number):
            self._states[number] = state

    def _forget(self, gone: Iterable[int]) -> None:
        """Drop versions that failed and are gone."""
        for number in gone:
            del self._failed[number]
            if not self._serves(number):
                del self._states[number]

    def _reload(self, number: int, folder: Path) -> None:
        """Take the served version over again if its files have changed since it was loaded, but not
        since the last check: while they are copied, the old graph with new weights might load.
        """
        before, self._seen = self._seen, _files(folder)
        if before == self._seen != self._loaded:
            self._take_over(number, folder)

    def _take_over(self, number: int, folder: Path) -> bool:
        """Load a version and serve it; returns False if it, as it is now, does not load."""
        files = _files(folder)
        if self._failed.get(number) == files:
            return False
        self._mark(number, State("LOADING"))
        try:
            servable = self._load(folder, self.name, number)
        except Exception as error:  # a half-copied or foreign SavedModel may raise anything
            self._failed[number] = files
            self._mark(number, State("LOADING", "INTERNAL", FAILED))  # it will be tried again
            _tell(f"warning: version {number} of {self.name} does not load: {error}")
            return False
        self._switch(servable)
        self._loaded = self._seen = files
        self._failed.pop(number, None)
        return True

    def _switch(self, servable: Servable) -> None:
        """Serve this version; no client sees two that are AVAILABLE."""
        old, number = self.served, servable.version
        if old and old.version != number:
            self._states[old.version] = State("END")
        self.served = servable
        self._states[number] = State("AVAILABLE")
        if old:
            _tell(f"Version {number} of {self.name} is served now.")


def _files(folder: Path) -> Files:
    """Return path, size and time of a version's files, which show whether they have changed."""
    found = [(str(path), path.stat()) for path in folder.rglob("*")]
    return frozenset((path, stat.st_size, stat.st_mtime_ns) for path, stat in found)


def _tell(line: str) -> None:
    print(line.split("\n")[0], file=sys.stderr, flush=True)
