"""Strikes conversions at chosen moments, and finds the processes that still run afterwards."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.tfrecords_tools.conversions import COMMAND, REPOSITORY

SETTINGS = ("--size", "48", "--shards", "7", "--encoding", "png")  # 14 shards
FLAGS = (*SETTINGS, "--workers", "2")
PATIENCE = 30  # seconds for processes to end
Moment = Callable[[Path], bool]  # output folder -> now?

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="it looks into /proc for what still runs"
)


class Undisturbed(NamedTuple):
    source: Path
    content: dict[str, bytes]


class Struck(NamedTuple):
    group: int
    code: int
    printed: str
    landed: bool  # before the conversion ended


def once_done(count: int) -> Moment:
    """Return the moment when this many shards are reported done."""
    return lambda out: len(list((out / ".convert").glob("[!.]*-of-*.json"))) >= count


def once_there(name: str) -> Moment:
    return lambda out: (out / name).exists()


def once_gone(name: str) -> Moment:
    return lambda out: not (out / name).exists()


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


def struck(
    source: Path,
    out: Path,
    moment: Moment,
    strike: Callable[[int], object],
    flags: Sequence[str] = FLAGS,
    pause: float = 0,
) -> Struck:
    """Start a conversion, do something to its process group at a moment, and wait for its end."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.with_name("printed").open("w+") as printed:  # workers may keep a pipe open for longer
        process = subprocess.Popen(
            [*COMMAND, str(source), "--out", str(out), *flags],
            cwd=REPOSITORY, start_new_session=True, stdout=subprocess.DEVNULL, stderr=printed,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # after a shell's `&`
        )  # fmt: skip
        while process.poll() is None and not moment(out):
            time.sleep(0.0005)
        time.sleep(pause)
        if landed := process.poll() is None:
            strike(process.pid)
        code = process.wait(PATIENCE)
        printed.seek(0)
        return Struck(process.pid, code, printed.read(), landed)
