"""NaN and infinity in a batch, a weight, a statistic, an optimizer, a loss; learning rates of 1e30.

The last good checkpoint is kept and named, and the same command resumes from it.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np

from artgan_tf.runs.checkpoints import latest_step
from experiments.faults.processes import call, ended, fit, refused
from experiments.faults.runs import STEPS, copied
from experiments.faults.suite import Case, Failed, Lost

PLACES = {
    "batch": "batch",
    "weight of G": "generator/blocks/0/inner/kernel",
    "weight of D": "discriminator/encoder/0/inner/kernel",
    "averaged weight": "averaged/paints/0/kernel",
    "moving variance": "discriminator/encoder/1/norm/moving_variance",
    "optimizer": "d_optimizer/discriminator/encoder/0/inner/kernel/velocity",
    "loss": "loss",
}
SAVED = ("log.checkpoint_every=3", "log.sample_every=100000", "log.history_every=1000")
LAST = STEPS + 9


def cases(work: Path) -> Iterable[Case]:
    for name, place in PLACES.items():
        for value in ("nan", "inf", "-inf"):
            yield Case(f"{value} in a {name}", partial(_plant, work, place, value))
    for setting in (
        "train.lr_generator=1e30",
        "train.lr_discriminator=1e30",
        "discriminator.noise=1e30",
    ):
        yield Case(setting, partial(_from_the_start, work, setting))


def _plant(work: Path, place: str, value: str) -> str:
    run = copied(work, "run")
    _, *arguments = fit(run, LAST, *SAVED)
    done = call("experiments.faults.planted", place, value, STEPS + 1, *arguments)
    refused(done, 1, words=rf"is not finite.*start a new run from step-{STEPS}\.npz")
    _good(run, STEPS)
    ended(call(*fit(run, LAST, *SAVED)))
    _good(run, LAST)
    return done.err.strip().splitlines()[-1][-300:]


def _from_the_start(work: Path, setting: str) -> str:
    run = work / setting.partition("=")[0]
    if not run.exists():
        command = fit(run, 60, *SAVED, setting)
        done = refused(call(*command), 1, words="is not finite")
    done = refused(call("artgan_tf.sample", run, "--out", work / "a.png"), 2)
    if list((run / "checkpoints").glob("step-*.npz")):
        raise Failed("a state that is not finite is a checkpoint")
    return done.err.strip().splitlines()[-1][-300:]


def _good(run: Path, step: int) -> None:
    if latest_step(run / "checkpoints") != step:
        raise Lost(f"step {latest_step(run / 'checkpoints')} is the newest, not {step}")
    for file in (run / "checkpoints").glob("step-*.npz"):
        with np.load(file) as arrays:
            if not all(np.isfinite(arrays[name]).all() for name in arrays.files):
                raise Failed(f"{file.name} holds what is not finite")
