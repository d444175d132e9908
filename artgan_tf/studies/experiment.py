"""One experiment of a study: a preset and a seed, trained, measured and exported.

Each of the three is a process of its own, as if typed: what one leaves in memory is not the next
one's, and a study that is stopped goes on with the same verbs.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from artgan_tf import hardware
from artgan_tf.config import RunError, resolve
from artgan_tf.studies.record import CLASSES, NOTE, Record, is_complete, read_record


@dataclass(frozen=True)
class Experiment:
    """A preset trained with a seed.

    Attributes:
        preset: a name, or the path of a TOML file.
        seed: of the training.
        out: the study's folder.
    """

    preset: str
    seed: int
    out: Path

    @property
    def name(self) -> str:
        """What its row is called: the preset's name, of a file its own."""
        return resolve(self.preset).preset

    @property
    def run_dir(self) -> Path:
        """Where its run lives."""
        return self.out / "runs" / self.name.replace("/", "-") / f"seed-{self.seed}"


@dataclass(frozen=True)
class Protocol:
    """What all experiments of a study have in common; see the verb `study`."""

    data: str = ""
    settings: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    extractor: str = ""


def carry_out(experiment: Experiment, protocol: Protocol) -> Record:
    """Do what has not been done of an experiment.

    Raises:
        RunError: a step failed; its log tells why.
    """
    run = experiment.run_dir
    if not is_complete(run):
        run.parent.mkdir(parents=True, exist_ok=True)
        _run(experiment, "fit", experiment.preset, *_training(experiment, protocol))
        if not (run / "export").is_dir():
            _run(experiment, "export", str(run))
        _run(experiment, "sample", str(run), "--count", "1", "--out", str(run / CLASSES))
        _run(experiment, "evaluate", str(run), *_measuring(protocol))
        _note(experiment)
    return read_record(run)


def _training(experiment: Experiment, protocol: Protocol) -> list[str]:
    arguments = ["--seed", str(experiment.seed), "--run-dir", str(experiment.run_dir)]
    arguments += ["--data", protocol.data] if protocol.data else []
    return arguments + (["--set", *protocol.settings] if protocol.settings else [])


def _measuring(protocol: Protocol) -> list[str]:
    arguments = ["--extractor", protocol.extractor] if protocol.extractor else []
    return arguments + (["--metrics", *protocol.metrics] if protocol.metrics else [])


def _run(experiment: Experiment, verb: str, *arguments: str) -> None:
    """A verb, whose words go into the experiment's log."""
    log = experiment.run_dir.with_suffix(".log")
    command = [sys.executable, "-m", f"artgan_tf.{verb}", *arguments]
    with log.open("a", encoding="utf-8") as words:
        done = subprocess.run(command, stdout=words, stderr=subprocess.STDOUT, env=os.environ)
    if done.returncode:
        raise RunError(
            f"{verb} of {experiment.name}, seed {experiment.seed}, failed: see {log}; the same "
            f"command goes on from there."
        )


def _note(experiment: Experiment) -> None:
    """What no other file of the run tells; its presence says that all is done."""
    found = {"preset": experiment.name, "seed": experiment.seed, "hardware": hardware.describe()}
    file = experiment.run_dir / NOTE
    part = file.with_suffix(".part")
    part.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    part.replace(file)
