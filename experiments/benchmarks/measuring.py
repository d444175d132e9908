"""Times whole processes, and describes the machine they run on."""

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from artgan_tf.hardware import processor
from tfrecords_tools.folders import files
from tfrecords_tools.images import SUFFIXES

Command = Callable[[Path], Sequence[str]]  # output folder -> command line


class Run(NamedTuple):
    """Wall time, and CPU time of all processes together, in seconds."""

    wall: float
    cpu: float


Times = dict[str, list[Run]]  # by contestant


def pictures(folder: Path) -> list[Path]:
    """The pictures below a folder; reads them all, so that no contestant waits for the disk."""
    found = [path for path in files(folder) if path.suffix.lower() in SUFFIXES]
    if not found:
        raise SystemExit(f"{folder} holds no pictures: experiments.benchmarks.enlarge makes some.")
    for path in found:
        path.read_bytes()
    return found


def compete(
    contestants: Mapping[str, Command], runs: int, scratch: Path, cores: Iterable[int]
) -> Times:
    """Run the contestants in turns, A B A B, so that other load affects all equally.

    Args:
        contestants: commands by name; the output of the last run stays in `scratch`/name.
        runs: runs of each contestant.
        scratch: folder for the output.
        cores: cores they may use.
    """
    times: Times = {name: [] for name in contestants}
    for run in range(runs):
        for name, command in contestants.items():
            place = scratch / name
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            times[name].append(clocked(command(place), cores))
            told = f"{name}, run {run + 1} of {runs}: {times[name][-1].wall:.1f} s"
            print(told, file=sys.stderr, flush=True)
    return times


def clocked(command: Sequence[str], cores: Iterable[int]) -> Run:
    """Time of a command, from start to end."""
    with only(cores):
        begun, spent = time.perf_counter(), computing()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        run = Run(time.perf_counter() - begun, computing() - spent)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return run


def computing() -> float:
    """CPU seconds of all finished descendant processes."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def only(cores: Iterable[int]) -> Iterator[None]:
    """Restrict this process and its children to these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def one_core() -> set[int]:
    """The last core, as the first tends to serve interrupts."""
    return {max(os.sched_getaffinity(0))}


def all_cores() -> set[int]:
    """All cores that this process may use."""
    return os.sched_getaffinity(0)


def ratio(times: Times, slow: str, fast: str) -> Run:
    """Speed-up of `fast` over `slow`: the median over pairs of runs of the same turn."""
    pairs = list(zip(times[slow], times[fast], strict=True))
    return Run(median(s.wall / f.wall for s, f in pairs), median(s.cpu / f.cpu for s, f in pairs))


def rate(times: Times, name: str, count: int) -> float:
    """Pictures per second in the median run."""
    return count / median(run.wall for run in times[name])


def converter(
    source: Path, size: int, *, encoding: str = "jpeg", workers: int = 1, limit: int | None = None
) -> Command:
    """The command of our converter."""
    options = ["--size", size, "--encoding", encoding, "--crop", "none", "--workers", workers]
    options += ["--limit", limit] if limit else []

    def command(place: Path) -> list[str]:
        start = [sys.executable, "-m", "tfrecords_tools.convert", str(source)]
        return [*start, "--out", str(place / "paintings"), *map(str, options)]

    return command


def machine() -> dict[str, Any]:
    """Description of the machine, with its load, as other work slows all contestants."""
    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of equal length in aligned columns, the first one left-aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        print("  ".join([f"{first:<{widths[0]}}", *cells]))


def save(figures: Mapping[str, Any], path: Path | None) -> None:
    """Write the figures as JSON if a path is given."""
    if path:
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
