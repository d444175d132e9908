"""One experiment of a study: a preset trained with a seed, exported and measured.

Each step runs a verb of the command line in a process of its own, so that steps share no memory and
a stopped study can resume with the same verbs.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from artgan_tf import hardware
from artgan_tf.comparison.rows import CLASSES, NOTE, StudyRow, is_complete, note, read_row
from artgan_tf.config import Config, InputError, RunError, resolve
from artgan_tf.overrides import parse_overrides
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.steps import latest_step
from artgan_tf.training.schedule import schedule
from tfrecords_tools.common import files

FREE = ("log.", "data.on_")  # settings that may change on resume
ROOM = 2**16  # bytes; a disk with less free space counts as full


@dataclass(frozen=True)
class Experiment:
    """A preset, by name or the path of a TOML file, trained with a seed in a study's folder."""

    preset: str
    seed: int
    out: Path

    @property
    def name(self) -> str:
        """The name of its row: the preset's name, or that of the TOML file."""
        return resolve(self.preset).preset

    @property
    def run_dir(self) -> Path:
        """The directory of its run."""
        return self.out / "runs" / self.name.replace("/", "-") / f"seed-{self.seed}"

    @property
    def done(self) -> bool:
        """Whether it has been trained and measured."""
        return is_complete(self.run_dir)


@dataclass(frozen=True)
class Protocol:
    """The options that all experiments of a study share; see the verb `study`."""

    data: str = ""
    settings: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    extractor: str = ""

    def config(self, experiment: Experiment) -> Config:
        """The configuration that `fit` trains for an experiment."""
        flags: dict[str, Any] = {"train.seed": experiment.seed}
        flags |= {"data.spec": self.data} if self.data else {}
        return resolve(experiment.preset, parse_overrides(self.settings) | flags)

    @property
    def measures(self) -> dict[str, Any]:
        """The options of `evaluate`, as stored in an experiment's note."""
        return {"metrics": list(self.metrics), "extractor": self.extractor}


def check(experiments: Iterable[Experiment], protocol: Protocol) -> None:
    """Raises InputError if a run exists with other settings, or two experiments would share one."""
    planned: dict[Path, Config] = {}
    for experiment in experiments:
        run, config = experiment.run_dir, protocol.config(experiment)
        if planned.setdefault(run, config) != config:
            raise InputError(f"Two presets would share {run}: give their files other names.")
        if not RunDirectory(run).has_checkpoints:
            continue
        for key, (old, new) in RunDirectory(run).changed(config).items():
            if not key.startswith(FREE):
                raise InputError(
                    f"{run} was made with {key} = {old!r}, not {new!r}: choose another --out."
                )


def carry_out(experiment: Experiment, protocol: Protocol) -> StudyRow:
    """Do the steps of an experiment that are missing; it is measured again if the metrics changed.

    Raises:
        RunError: a step failed; its log says why.
    """
    run = experiment.run_dir
    if not is_complete(run):
        with files.telling(run.parent):
            run.parent.mkdir(parents=True, exist_ok=True)
        training = ["--seed", str(experiment.seed), "--run-dir", str(run)]
        training += _option("--data", protocol.data) + _option("--set", *protocol.settings)
        _run(experiment, "fit", experiment.preset, *training)
        _check_trained(experiment, protocol)
        if not (run / "export").is_dir():
            _run(experiment, "export", str(run))
        # A study that was stopped while it measured has these already.
        painted = ["--count", "1", "--out", str(run / CLASSES), "--overwrite"]
        _run(experiment, "sample", str(run), *painted)
    known = note(run)
    if any(known.get(key) != asked for key, asked in protocol.measures.items()):
        options = _option("--extractor", protocol.extractor)
        _run(experiment, "evaluate", str(run), *options, *_option("--metrics", *protocol.metrics))
        _note(experiment, protocol)
    return read_row(run)


def _option(name: str, *values: str) -> list[str]:
    """An option of a command line; nothing without a value."""
    return [name, *values] if any(values) else []


def _run(experiment: Experiment, verb: str, *arguments: str) -> None:
    """Run a verb, and append its output to the experiment's log; raises RunError if it fails."""
    log = experiment.run_dir.with_suffix(".log")
    command = [sys.executable, "-m", f"artgan_tf.{verb}", *arguments]
    with files.telling(log), log.open("a", encoding="utf-8") as words:
        code = ended(command, words)
    if code:
        raise RunError(
            f"{verb} of {experiment.name}, seed {experiment.seed}, failed{_why(log)}: see {log}; "
            f"the same command goes on from there."
        )


def ended(command: list[str], log: TextIO) -> int:
    """Exit code of a command. Ctrl-C reaches it too, and it may save its state before it ends."""
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise


def _check_trained(experiment: Experiment, protocol: Protocol) -> None:
    """Raises RunError if `fit` was told to stop, which is no failure of its own."""
    done = latest_step(RunDirectory(experiment.run_dir).checkpoints)
    steps = _planned_steps(protocol.config(experiment), RunDirectory(experiment.run_dir))
    if done < steps:
        raise RunError(
            f"fit of {experiment.name}, seed {experiment.seed}, was stopped at step {done} of "
            f"{steps}: the same command goes on from there."
        )


def _planned_steps(config: Config, run: RunDirectory) -> int:
    """Number of steps of a run, if it counts epochs by the number of its training images."""
    if config.train.steps:
        return config.train.steps
    groups = json.loads(run.data_file.read_text(encoding="utf-8"))["train"].values()
    steps, _ = schedule(config, sum(group["images"] for group in groups))
    return steps


def _why(log: Path) -> str:
    """The error that a verb ended with, in brackets; empty if unknown."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line.removeprefix("error: ") for line in lines[-5:] if line.startswith("error: ")]
    if said:
        return f" ({said[-1].rstrip('.')})"
    full = shutil.disk_usage(log.parent).free < ROOM  # too full even for the error
    return " (the disk is full)" if full else ""


def _note(experiment: Experiment, protocol: Protocol) -> None:
    """Write the note, with what no other file of the run says; it marks the experiment as done."""
    trained_on = note(experiment.run_dir).get("hardware") or hardware.describe()
    found = {"preset": experiment.name, "seed": experiment.seed, "hardware": trained_on}
    found |= protocol.measures
    files.write(experiment.run_dir / NOTE, json.dumps(found, indent=1) + "\n")
