"""Reads the rows of a study: from the files of its runs, or as stored if a run is gone."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from artgan_tf.config import InputError
from artgan_tf.evaluation import results
from artgan_tf.evaluation.results import REAL, Result
from artgan_tf.runs.directory import RunDirectory
from tfrecords_tools.common import files

NOTE, CLASSES, RESULTS = "study.json", "classes", "results.jsonl"


@dataclass(frozen=True)
class StudyRow:
    """A row of the study's results.

    Attributes:
        data, size: the data's SPEC, and the side of its training images in pixels.
        images: number of images seen, with repetitions.
        seconds, images_per_second: training time by the clock, and the mean over all of it.
        cpu_seconds: CPU time of the training, of all cores together; 0 if it is not known.
        commit: commit of the program that measured.
        run: the run's directory, from which the row is read; in JSON relative to the study's.
        classes: names of the classes, in order.
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
    cpu_seconds: float = 0.0
    classes: Sequence[str] = ()

    def __str__(self) -> str:
        shown = [
            f"{result.metric} {next(iter(result.values.values())):.4g}"
            for result in self.results
            if result.model != REAL
        ]
        cost = f"{self.steps:,} steps, {self.seconds / 60:.0f} min"
        return f"{self.preset}, seed {self.seed}: {cost}; {', '.join(shown[:4])}"

    def as_json(self) -> dict[str, Any]:
        """The row as a dictionary for JSON."""
        return asdict(self) | {"run": self.run.relative_to(self.run.parents[2]).as_posix()}


def is_complete(run: Path) -> bool:
    """Whether an experiment has been completed."""
    return (run / NOTE).is_file()


def note(run: Path) -> dict[str, Any]:
    """What no other file of an experiment says; empty if it is not complete.

    Its preset and seed, the machine that trained it, and the metrics and extractor it was measured
    with.
    """
    return json.loads((run / NOTE).read_text(encoding="utf-8")) if is_complete(run) else {}


def read_row(run: Path) -> StudyRow:
    """Read the row of a complete experiment."""
    directory = RunDirectory(run)
    known, config = note(run), directory.config()
    timed = [row for row in directory.history() if "seconds" in row][-1]
    images = timed["step"] * config.train.batch_size
    found = results.newest(results.read(run / "metrics.jsonl"))
    found = [each for each in found if each.data == config.data.spec]
    found = _renamed([each for each in found if _at_the_end(each, timed["step"])], known)
    return StudyRow(
        preset=known["preset"],
        seed=known["seed"],
        data=config.data.spec,
        size=config.data.image_size,
        steps=timed["step"],
        images=images,
        hardware=known["hardware"],
        seconds=timed["seconds"],
        cpu_seconds=timed.get("cpu_seconds", 0.0),
        images_per_second=round(images / max(timed["seconds"], 1e-9), 1),
        config_sha256=files.sha256(directory.config_file),
        commit=next((result.commit for result in reversed(found)), ""),
        results=found,
        run=run,
        classes=directory.class_names(),
    )


def rows(out: Path) -> list[StudyRow]:
    """All rows of a study's folder, by preset and seed: one for each complete run.

    The stored row of a run that is gone, or was begun again, stays. Raises InputError if the file
    of stored rows is damaged.
    """
    stored = {row.run: row for row in _stored(out)}
    runs = (file.parent for file in (out / "runs").glob(f"*/*/{NOTE}"))
    # Others are copies, or were moved aside when the run began again.
    own = (run for run in runs if run.name == f"seed-{note(run)['seed']}")
    complete = {run: read_row(run) for run in own}
    return [row for _, row in sorted((stored | complete).items())]


def _stored(out: Path) -> list[StudyRow]:
    """The rows of the study's results file, of earlier runs too."""
    file = out / RESULTS
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    try:
        return [_from_json(json.loads(line), out) for line in lines]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InputError(
            f"{file} is damaged: move it away, and this command writes it again from the runs "
            f"that are still in {out / 'runs'}."
        ) from None


def _from_json(row: dict[str, Any], out: Path) -> StudyRow:
    found = [results.from_json(result) for result in row["results"]]
    return StudyRow(**row | {"results": found, "run": out / row["run"]})


def _at_the_end(result: Result, steps: int) -> bool:
    """Whether it is of real images, or of the trained model's average: a run may have others."""
    return result.model == REAL or (result.weights, result.step) == ("ema", steps)


def _renamed(found: Sequence[Result], known: dict[str, Any]) -> list[Result]:
    """Results under the preset's name, with one number for the training's and the latents' seed."""
    name, seed = known["preset"], 1000 * known["seed"]
    return [
        result if result.model == REAL else replace(result, model=name, seed=seed + result.seed)
        for result in found
    ]
