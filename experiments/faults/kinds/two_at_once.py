"""Two at once in one directory: `fit`, `export`, `study`, `convert`; readers beside them.

The second is refused with the process and host of the first; a killed one blocks nobody.
"""

import signal
import socket
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from artgan_tf.runs.directory import RunDirectory
from experiments.faults.kinds import verbs_killed
from experiments.faults.processes import Done, call, ended, fit, refused, struck
from experiments.faults.runs import STEPS, copied
from experiments.faults.suite import Case, Failed, Lost

LONG = 4000


def cases(work: Path) -> Iterable[Case]:
    yield Case("fit", partial(_two, work, "fit"))
    yield Case("fit --fresh", partial(_two, work, "fresh"))
    for verb in ("export", "study", "convert"):
        yield Case(verb, partial(_two, work, verb))
    yield Case("sample and evaluate beside fit", partial(_readers, work))


def _command(work: Path, verb: str) -> tuple[str, ...]:
    if verb in ("fit", "fresh"):
        return fit(work / "run", LONG, "log.checkpoint_every=100", "log.sample_every=100000")
    return verbs_killed._command(work, verb)


def _beside(first: tuple[str, ...], holder: Path, then: Callable[[int], Done]) -> list[Done]:
    """Do something once the first command holds its folder, then kill that command."""
    found: list[Done] = []

    def holds(elapsed: float) -> bool:
        if not found and list(holder.parent.glob(holder.name)):
            found.append(then(0))
        return bool(found)

    killed = struck(first, holds)
    if killed.code != -signal.SIGKILL:
        raise Failed(f"the first ended with {killed.code}: {killed.err[-300:]}")
    return found


def _two(work: Path, verb: str) -> str:
    first = _command(work, verb)
    if verb in ("fit", "fresh"):
        copied(work, "run")
    holder = {
        "fit": work / "run", "fresh": work / "run", "export": work / "export/export/export",
        "study": work / "study", "convert": work / "convert/.convert",
    }[verb] / ".lock-holder"  # fmt: skip
    second = (*first, "--fresh") if verb == "fresh" else first
    (done,) = _beside(first, holder, lambda _: call(*second))
    refused(done, 2, words=rf"process \d+ on {socket.gethostname()}")
    ended(call(*(fit(work / "run", 200) if verb in ("fit", "fresh") else first)))
    return done.err.strip().splitlines()[-1][-250:]


def _readers(work: Path) -> None:
    run = copied(work, "run")
    first = fit(run, LONG * 3, "log.checkpoint_every=5", "log.sample_every=100000")

    def read(_: int) -> Done:
        ended(call("artgan_tf.evaluate", run, "--metrics", "pixel_diversity_1k"))
        return ended(call("artgan_tf.sample", run, "--count", 1, "--out", work / "a.png"))

    _beside(first, run / "history.jsonl", read)
    if len(RunDirectory(run).history()) < STEPS:
        raise Lost("the history is cut short")
