"""Times a training, and estimates when its first picture and its end are due."""

from collections.abc import Callable, Mapping
from time import localtime, monotonic, process_time, strftime, time

from artgan_tf.training.summary import line

TIMED, SECONDS = 3, 5.0  # steps and seconds to time before the first estimate
# Seconds until the estimate is checked, doubled each time; the error, as a share of the time that
# was left, above which it is corrected.
LOOK, WRONG = 60.0, 0.25
MINUTE = 60


class Clock:
    """Stopwatches of a training's wall and CPU time; they begin at `totals`, and stopped.

    Beside other work only CPU time tells what a training costs.
    """

    def __init__(self, before: Mapping[str, float] | None = None):
        self._before = dict(before or {})
        self._since: dict[str, float] = {}  # empty while stopped

    @property
    def totals(self) -> dict[str, float]:
        """Seconds so far, by the clock and of all cores, under the names of the history."""
        now = _now()
        return {
            name: self._before.get(name, 0.0) + now[name] - self._since.get(name, now[name])
            for name in now
        }

    @property
    def seconds(self) -> float:
        """Training time so far, by the clock."""
        return self.totals["seconds"]

    def start(self) -> None:
        """Count the time from now on."""
        self._since = _now()

    def stop(self) -> None:
        """Keep the time so far, and count no more."""
        self._before, self._since = self.totals, {}


def _now() -> dict[str, float]:
    return {"seconds": monotonic(), "cpu_seconds": process_time()}


class Expectation:
    """Reports the estimate by `tell` once it is known, and again if it turns out wrong.

    `picture` is the time from the first step to the first picture, 0 if there is one already.
    """

    def __init__(self, steps: int, picture: float, tell: Callable[[str], None]):
        self.steps, self.picture, self.tell = steps, picture, tell
        self._from: tuple[int, float] | None = None  # step and time at which timing began
        self._ends: float | None = None
        self._next = LOOK

    def update(self, step: int) -> None:
        """Update the estimate; to be called after each step."""
        now = monotonic()
        if self._from is None:
            self._from = step, now
            return
        done, seconds = step - self._from[0], now - self._from[1]
        if done < TIMED or seconds < SECONDS:
            return
        rate = done / seconds
        left = (self.steps - step) / rate
        if self._ends is None:
            self._say(f"{self._first(now)}the end in about {_span(left)}", now + left, rate)
        elif seconds >= self._next:
            self._next *= 2
            if abs(now + left - self._ends) > max(MINUTE, WRONG * (self._ends - now)):
                self._say(f"corrected: the end in about {_span(left)}", now + left, rate)

    def _first(self, now: float) -> str:
        assert self._from is not None
        wait = self._from[1] + self.picture - now
        return f"first picture in about {_span(wait)}, " if wait > 0 else ""

    def _say(self, what: str, ends: float, rate: float) -> None:
        self._ends = ends
        clock = strftime("%H:%M", localtime(time() + ends - monotonic()))
        self.tell(line("time", f"{what} ({clock}), at {rate:.3g} steps a second"))


def _span(seconds: float) -> str:
    """A time span in words, such as `40 seconds`, `12 minutes` or `3.5 hours`."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
