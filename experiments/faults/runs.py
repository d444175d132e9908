"""Runs that cases start from, trained once and copied."""

import shutil
from pathlib import Path

from experiments.faults.processes import call, ended, fit

STEPS = 9


def trained(work: Path) -> Path:
    """A run of nine steps with three checkpoints; cases must not change it."""
    run = work / "trained"
    if not (run / "checkpoints" / f"step-{STEPS}.npz").is_file():
        ended(call(*fit(run, STEPS, "log.checkpoint_every=3", "log.sample_every=100")))
    return run


def copied(work: Path, name: str) -> Path:
    """A copy of the run that a case may damage."""
    run = work / name
    shutil.rmtree(run, ignore_errors=True)
    return Path(shutil.copytree(trained(work), run))
