"""What an experiment's files tell: settings, cost, results; the files of a run and a note."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from artgan_tf.evaluation import results
from artgan_tf.evaluation.results import REAL, Result
from artgan_tf.runs.directory import RunDirectory

NOTE, CLASSES = "study.json", "classes"


@dataclass(frozen=True)
class StudyRow:
    """A row of the study's results.

    Attributes:
        preset, seed: of the training.
        data: SPEC.
        size: pixels along a side of its images, as D sees them.
        steps: done.
        images: seen, one counted as often as it was seen.
        hardware: in words.
        seconds: of training, by the clock.
        images_per_second: over all of it.
        config_sha256: of the settings.
        commit: of the program that measured.
        results: with their protocols.
        run: the run's directory, which the others are read from; in a row seen from the study's.
    """

    preset: str
    seed: int
    data: str
    size: int
    steps: int
    images: int
    hardware: str
    seconds: float
    images_per_second: float
    config_sha256: str
    commit: str
    results: Sequence[Result]
    run: Path

    def __str__(self) -> str:
        shown = [_short(result) for result in self.results if result.model != REAL]
        cost = f"{self.steps:,} steps, {self.seconds / 60:.0f} min"
        return f"{self.preset}, seed {self.seed}: {cost}; {', '.join(shown[:4])}"

    def as_json(self) -> dict[str, Any]:
        """As a line of JSON has it."""
        row = asdict(self) | {"run": self.run.relative_to(self.run.parents[2]).as_posix()}
        row["results"] = [asdict(result) for result in self.results]
        return row


def is_complete(run: Path) -> bool:
    """Whether an experiment has been carried out to its end."""
    return (run / NOTE).is_file()


def measured(run: Path) -> dict[str, Any]:
    """The metrics and the extractor that an experiment was measured with; empty if it was not."""
    note = json.loads((run / NOTE).read_text(encoding="utf-8")) if is_complete(run) else {}
    return {key: note[key] for key in ("metrics", "extractor") if key in note}


def read_row(run: Path) -> StudyRow:
    """The row of an experiment that is complete."""
    directory = RunDirectory(run)
    note, config = json.loads((run / NOTE).read_text(encoding="utf-8")), directory.config()
    timed = [row for row in directory.history() if "seconds" in row][-1]
    images = timed["step"] * config.train.batch_size
    found = _renamed(results.newest(results.read(run / "metrics.jsonl")), note)
    return StudyRow(
        preset=note["preset"],
        seed=note["seed"],
        data=config.data.spec,
        size=config.data.image_size,
        steps=timed["step"],
        images=images,
        hardware=note["hardware"],
        seconds=timed["seconds"],
        images_per_second=round(images / max(timed["seconds"], 1e-9), 1),
        config_sha256=hashlib.sha256(directory.config_file.read_bytes()).hexdigest(),
        commit=next((result.commit for result in reversed(found)), ""),
        results=found,
        run=run,
    )


def rows(out: Path) -> Iterator[StudyRow]:
    """Those of all complete experiments in a study's folder, by preset and seed."""
    for note in sorted((out / "runs").glob(f"*/*/{NOTE}")):
        yield read_row(note.parent)


def _renamed(found: Sequence[Result], note: dict[str, Any]) -> list[Result]:
    """Results under the preset's name, the seeds of latents and of training told apart as one."""
    return [
        result
        if result.model == REAL
        else Result(
            **asdict(result) | {"model": note["preset"], "seed": 1000 * note["seed"] + result.seed}
        )
        for result in found
    ]


def _short(result: Result) -> str:
    value = next(iter(result.values.values()))
    return f"{result.metric} {value:.4g}"
