"""Measures how long a run has trained."""

import time


class Clock:
    """A stopwatch of training time that can start from an earlier total.

    Args:
        seconds: training time of the run so far.
    """

    def __init__(self, seconds: float = 0.0):
        self._before = seconds
        self._since: float | None = None  # None while stopped

    @property
    def seconds(self) -> float:
        """Training time so far, in seconds."""
        running = 0.0 if self._since is None else time.monotonic() - self._since
        return self._before + running

    def start(self) -> None:
        """Start counting, as training steps begin."""
        self._since = time.monotonic()

    def stop(self) -> None:
        """Stop counting, as training steps pause."""
        self._before, self._since = self.seconds, None
