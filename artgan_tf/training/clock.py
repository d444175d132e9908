"""Measures how long a run has trained, by the clock and in time of its CPU cores."""

import time
from collections.abc import Mapping

# Beside other work only the second tells what a training costs.
SECONDS, CPU_SECONDS = "seconds", "cpu_seconds"


class Clock:
    """Stopwatches of training time that can start from earlier totals.

    Args:
        before: totals of the run so far, as `totals` gives them.
    """

    def __init__(self, before: Mapping[str, float] | None = None):
        self._before = dict(before or {})
        self._since: dict[str, float] = {}  # empty while stopped

    @property
    def totals(self) -> dict[str, float]:
        """Training time and CPU time of all cores so far, in seconds, under the history's names."""
        now = _now() if self._since else {}
        return {
            name: self._before.get(name, 0.0) + now.get(name, 0.0) - self._since.get(name, 0.0)
            for name in (SECONDS, CPU_SECONDS)
        }

    @property
    def seconds(self) -> float:
        """Training time so far, in seconds."""
        return self.totals[SECONDS]

    def start(self) -> None:
        """Start counting, as training steps begin."""
        self._since = _now()

    def stop(self) -> None:
        """Stop counting, as training steps pause."""
        self._before, self._since = self.totals, {}


def _now() -> dict[str, float]:
    return {SECONDS: time.monotonic(), CPU_SECONDS: time.process_time()}
