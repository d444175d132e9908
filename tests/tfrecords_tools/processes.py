"""Interrupts conversions at chosen moments, and finds the processes that still run afterwards."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.tfrecords_tools.conversions import COMMAND, REPOSITORY

FLAGS = ("--size", "48", "--shards", "7", "--encoding", "png", "--workers", "2")  # 14 shards
PATIENCE = 30  # seconds for processes to end
Moment = Callable[[Path, float], bool]  # output folder, seconds since the start -> now?

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="it looks into /proc for what still runs"
)


class Undisturbed(NamedTuple):
    source: Path
    content: dict[str, bytes]
    seconds: float


def after(seconds: float) -> Moment:
    return lambda out, elapsed: elapsed >= seconds


def once(condition: Callable[[Path], bool], pause: float) -> Moment:
    """Return a moment shortly after the condition was first met."""
    seen: list[float] = []

    def now(out: Path, elapsed: float) -> bool:
        if not seen and condition(out):
            seen.append(elapsed)
        return bool(seen) and elapsed >= seen[0] + pause

    return now


def once_done(count: int, pause: float) -> Moment:
    """Return a moment shortly after this many shards were reported done."""
    return once(lambda out: len(list((out / ".convert").glob("[!.]*-of-*.json"))) >= count, pause)


def once_there(name: str, pause: float = 0.0) -> Moment:
    return once(lambda out: (out / name).exists(), pause)


def alive(group: int) -> list[str]:
    """Return the processes of a group that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # it has just ended
            continue
        if int(of) == group and state not in "ZX":
            found.append(path.parent.name)
    return found


def ended(group: int) -> bool:
    begun = time.monotonic()
    while alive(group) and time.monotonic() - begun < PATIENCE:
        time.sleep(0.02)
    return not alive(group)


class Ended(NamedTuple):
    code: int
    printed: str


def struck(
    source: Path,
    out: Path,
    moment: Moment,
    strike: Callable[[int], object],
    flags: Sequence[str] = FLAGS,
) -> Ended:
    """Start a conversion, and do something to its process group at a moment."""
    command = [*COMMAND, str(source), "--out", str(out), *flags]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, start_new_session=True, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's `&` ignores it
    )  # fmt: skip
    begun = time.monotonic()
    while process.poll() is None and not moment(out, time.monotonic() - begun):
        time.sleep(0.001)
    late = process.poll() is not None or (out / "dataset_info.json").exists()
    if not late:
        strike(process.pid)
    _, printed = process.communicate(timeout=PATIENCE)
    assert ended(process.pid)
    if late:
        pytest.skip("this machine was too busy to strike in time")
    return Ended(process.returncode, printed)
