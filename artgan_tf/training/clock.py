"""How long a run has trained."""

import time


class Clock:
    """Training time: what passes while it runs, and what was before.

    Args:
        seconds: of the run so far.
    """

    def __init__(self, seconds: float = 0.0):
        self._before = seconds
        self._since: float | None = None  # it stands still

    @property
    def seconds(self) -> float:
        """The training time until now."""
        running = 0.0 if self._since is None else time.monotonic() - self._since
        return self._before + running

    def start(self) -> None:
        """Steps are done from now on."""
        self._since = time.monotonic()

    def stop(self) -> None:
        """They are done no more."""
        self._before, self._since = self.seconds, None
