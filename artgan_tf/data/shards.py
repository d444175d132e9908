"""Selects the records of TFRecord shards to read, and finds damaged ones."""

import warnings
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from artgan_tf.config import InputError
from tfrecords_tools.contents import Examined, examine
from tfrecords_tools.dataset import DataSet, suspects
from tfrecords_tools.verify import check_shard


class Run(NamedTuple):
    """Consecutive records of one file: `take` records after the first `skip`."""

    file: str
    skip: int
    take: int


def records_of(info: Any, split: str, spec: str) -> list[Run]:
    """The records of a split, or of a part or sum of splits, by TFDS's `info` of the data set.

    Raises InputError, which names `spec`, if there is no such split.
    """
    try:
        parts = info.splits[split].file_instructions
    except (KeyError, ValueError):
        known = ", ".join(info.splits)
        raise InputError(
            f"{spec} has no split {split!r}: it has {known}, and data.train_split and "
            f"data.val_split also take parts such as train[90%:]."
        ) from None
    return [Run(part.filename, part.skip, part.take) for part in parts]


def divided(runs: Sequence[Run], count: int) -> tuple[list[Run], list[Run]]:
    """Split runs into those of the first `count` records and those of the rest."""
    first, others = [], []
    for run in runs:
        taken = min(run.take, count)
        first.append(run._replace(take=taken))
        others.append(Run(run.file, run.skip + taken, run.take - taken))
        count -= taken
    return [run for run in first if run.take], [run for run in others if run.take]


def warn_if_shared(spec: str, train: Sequence[Run], val: Sequence[Run]) -> None:
    """Warn of held-out records that are also trained on, which make every figure look better."""
    both = sum(
        max(0, min(a.skip + a.take, b.skip + b.take) - max(a.skip, b.skip))
        for a in train
        for b in val
        if a.file == b.file
    )
    if both:
        count = sum(run.take for run in val)
        warnings.warn(
            f"{min(both, count)} of the {count} held-out images of {spec} are also trained on, so "
            f"every figure will look too good: leave data.train_split and data.val_split out, or "
            f"choose parts that share no image, such as train[:90%] and train[90%:].",
            stacklevel=3,
        )


def trusted(dataset: DataSet, runs: list[Run], split: str) -> list[Run]:
    """The runs unchanged; raises InputError if one of their files is damaged.

    Only files whose size or record count is not the recorded one are read and checked.
    """
    if found := damaged(dataset, suspects(dataset, {Path(run.file) for run in runs})):
        raise InputError(damage_sentence(dataset, found))
    return runs


def intact(dataset: DataSet, runs: list[Run], split: str) -> list[Run]:
    """The runs without damaged records, which a warning reports; reads every file once."""
    with ThreadPoolExecutor() as pool:  # decoding releases the GIL
        examined = list(pool.map(lambda run: list(examine(Path(run.file), dataset)), runs))
    kept: list[Run] = []
    left_out, lost = [], 0
    for run, records in zip(runs, examined, strict=True):
        parts = _sound(run, records)
        expected = dataset.files[Path(run.file)]
        count = run.take - sum(part.take for part in parts) + max(0, len(records) - expected)
        if count:
            first = next((record.problem for record in records if record.problem), "")
            reason = first or f"{len(records)} records instead of {expected}"
            left_out.append(f"{count} in {Path(run.file).name} ({reason})")
        kept += parts
        lost += count
    if left_out:
        total = f"{lost} of {sum(run.take for run in runs)} records of {split}"
        warnings.warn(f"{total} are damaged and skipped: {', '.join(left_out)}.", stacklevel=2)
    return kept


def damaged(dataset: DataSet, files: Collection[Path]) -> str:
    """Name of the first damaged shard and its problems; empty if all are sound."""
    for path in sorted(files):
        if problems := check_shard((path, dataset.files[path]), dataset):
            return f"{path.name} ({', '.join(problems[:2])})"
    return ""


def damage_sentence(dataset: DataSet, found: str) -> str:
    """The error sentence for a result of `damaged`."""
    return (
        f"tfrecords:{dataset.folder} is damaged: {found}; delete the shard and convert again, or "
        f"skip damaged records with --set data.on_corrupt=skip data.on_change=accept."
    )


def _sound(run: Run, examined: Sequence[Examined]) -> list[Run]:
    """The sound parts of a run, given the check of every record of its file."""
    parts: list[Run] = []
    for index, record in enumerate(examined[: run.skip + run.take]):
        if record.problem or index < run.skip:
            continue
        if parts and parts[-1].skip + parts[-1].take == index:
            parts[-1] = parts[-1]._replace(take=parts[-1].take + 1)
        else:
            parts.append(Run(run.file, index, 1))
    return parts
