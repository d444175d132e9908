"""SIGKILL of `fit`: in steps, while a checkpoint is written, while samples are drawn.

One run is killed repeatedly and resumes each time; in the end it equals an undisturbed run bit for
bit.
"""

import random
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np

from artgan_tf.runs.checkpoints import latest_step
from artgan_tf.runs.directory import RunDirectory
from experiments.faults.processes import Moment, call, ended, fit, struck
from experiments.faults.suite import Case, Lost

KILLS, PACE = 50, 20  # number of kills, and steps between them
EVERY = ("log.checkpoint_every=3", "log.sample_every=7")


def cases(work: Path) -> Iterable[Case]:
    run = work / "killed"
    for number in range(1, KILLS + 1):
        yield Case(f"kill {number:02}", partial(_kill, run, number))
    yield Case("the run afterwards", partial(_compare, work), shown=True)


def _kill(run: Path, number: int) -> str:
    before = _kept(run)
    kinds = {"in a step": _any_time, "at a checkpoint": _writing, "at samples": _drawing}
    name = list(kinds)[number % 3]
    done = struck(fit(run, KILLS * PACE, *EVERY), kinds[name](run, before + 3 + number % PACE))
    ended(done._replace(code=0))  # no traceback before the kill
    if _kept(run) < before:
        raise Lost(f"step {before} was kept, and now {_kept(run)} is the newest")
    return f"{name}, step {before} to {_kept(run)}" if done.code < 0 else "it was faster than that"


def _kept(run: Path) -> int:
    return latest_step(run / "checkpoints")


def _any_time(run: Path, step: int) -> Moment:
    delay = random.Random(step).random() / 10
    seen: list[float] = []

    def now(elapsed: float) -> bool:
        history = RunDirectory(run).history()
        if not seen and history and history[-1]["step"] >= step:
            seen.append(elapsed)
        return bool(seen) and elapsed > seen[0] + delay

    return now


def _writing(run: Path, step: int) -> Moment:
    return lambda elapsed: _past(run, step) and any((run / "checkpoints").glob(".tmp-*"))


def _drawing(run: Path, step: int) -> Moment:
    samples, there = run / "samples", len(list((run / "samples").glob("*")))
    return lambda elapsed: _past(run, step) and len(list(samples.glob("*"))) > there


def _past(run: Path, step: int) -> bool:
    history = RunDirectory(run).history()
    return bool(history) and history[-1]["step"] >= step


def _compare(work: Path) -> str:
    runs = work / "killed", work / "straight"
    for run in runs:
        ended(call(*fit(run, KILLS * PACE, *EVERY)))
    killed, straight = (
        dict(np.load(run / "checkpoints" / f"step-{KILLS * PACE}.npz")) for run in runs
    )
    different = [key for key in straight if not np.array_equal(straight[key], killed[key])]
    if different or killed.keys() != straight.keys():
        raise Lost(f"{len(different)} arrays are others than those of the undisturbed run")
    return f"{len(straight)} arrays of step {KILLS * PACE} are those of the undisturbed run"
