"""Which records of a data set's shards are read, and which are damaged."""

import warnings
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from artgan_tf.config import InputError
from tfrecords_tools.contents import Examined, examine
from tfrecords_tools.dataset import DataSet, miscounted
from tfrecords_tools.verify import check_shard


class Run(NamedTuple):
    """Records of one file that follow one another."""

    file: str
    skip: int
    take: int


def divided(runs: Sequence[Run], count: int) -> tuple[list[Run], list[Run]]:
    """The runs of the first `count` records, and those of the others."""
    first, others = [], []
    for run in runs:
        taken = min(run.take, count)
        first.append(run._replace(take=taken))
        others.append(Run(run.file, run.skip + taken, run.take - taken))
        count -= taken
    return [run for run in first if run.take], [run for run in others if run.take]


def counted(dataset: DataSet, runs: list[Run], split: str) -> list[Run]:
    """The runs; InputError where one of their files has more or fewer records than it should."""
    if found := miscounted(dataset, {Path(run.file) for run in runs}):
        raise InputError(damage(dataset, found, f"{split} is not what it was"))
    return runs


def intact(dataset: DataSet, runs: list[Run], split: str) -> list[Run]:
    """The runs without damaged records, of which a warning tells; reads every file once."""
    with ThreadPoolExecutor() as pool:  # images are decoded outside Python's lock
        examined = list(pool.map(lambda run: list(examine(Path(run.file), dataset)), runs))
    kept: list[Run] = []
    told, lost = [], 0
    for run, records in zip(runs, examined, strict=True):
        parts = _sound(run, records)
        expected = dataset.files[Path(run.file)]
        count = run.take - sum(part.take for part in parts) + max(0, len(records) - expected)
        if count:
            first = next((record.problem for record in records if record.problem), "")
            reason = first or f"{len(records)} records instead of {expected}"
            told.append(f"{count} in {Path(run.file).name} ({reason})")
        kept += parts
        lost += count
    if told:
        total = f"{lost} of {sum(run.take for run in runs)} records of {split}"
        warnings.warn(f"{total} are damaged and left out: {', '.join(told)}.", stacklevel=2)
    return kept


def damage(dataset: DataSet, files: Collection[Path], reason: str) -> str:
    """What is wrong with the first bad one of some shards, as a sentence; else the reason."""
    for path in sorted(files):
        if problems := check_shard((path, dataset.files[path]), dataset):
            return (
                f"tfrecords:{dataset.folder} is damaged: {path.name} ({', '.join(problems[:2])}). "
                f"Delete the shard and convert again, or leave damaged records out with --set "
                f"data.on_corrupt=skip."
            )
    return f"tfrecords:{dataset.folder} is damaged: {reason}."


def _sound(run: Run, examined: Sequence[Examined]) -> list[Run]:
    """The parts of a run that are not damaged, of what is known of every record of its file."""
    parts: list[Run] = []
    for index, record in enumerate(examined[: run.skip + run.take]):
        if record.problem or index < run.skip:
            continue
        if parts and parts[-1].skip + parts[-1].take == index:
            parts[-1] = parts[-1]._replace(take=parts[-1].take + 1)
        else:
            parts.append(Run(run.file, index, 1))
    return parts
