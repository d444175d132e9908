"""`python -m tfrecords_tools.verify DIR`: check that every record of a data set is intact."""

import multiprocessing
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tqdm import tqdm

from tfrecords_tools.common import cli
from tfrecords_tools.common.errors import InputError, RunError
from tfrecords_tools.contents import examine
from tfrecords_tools.dataset import DataSet, open_dataset
from tfrecords_tools.workers import end_with_parent, interrupts_wait, killed
from tfrecords_tools.workspace import REPORT, read_json

EACH = {"all": 1, "sample": 20}  # decode one of this many images
SHOWN = 5  # problems listed per shard


def verify(
    folder: Annotated[Path, tyro.conf.arg(name="dir"), tyro.conf.Positional],
    decode: Literal["all", "sample", "none"] = "all",
    workers: int = 0,
) -> None:
    """Check the checksums, counts, labels and sizes of all records, and name each bad shard.

    Examples:
        artgan verify data/paintings
        artgan verify data/wikiart-genre --decode sample

    Args:
        folder: folder of the data set.
        decode: which images to decode: all, one of twenty, or none.
        workers: number of processes; 0 means one per core.

    Raises:
        InputError: the folder is not a data set.
        RunError: a shard is bad.
    """
    if workers < 0:
        raise InputError(f"--workers {workers} is invalid: use 1 or more, or 0 for one per core.")
    dataset = open_dataset(folder)
    shards = list(dataset.files.items())
    report = read_json(folder / REPORT) or {}
    labels = {shard["file"]: shard["labels"] for shard in report.get("shards", [])}
    check = partial(check_shard, dataset=dataset, every=EACH.get(decode, 0), labels=labels)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers or os.cpu_count(), context, end_with_parent) as pool:
        try:
            with interrupts_wait():
                answers = pool.map(check, shards)
            results = tqdm(answers, total=len(shards), unit=" shards", disable=None)
            bad = {path: found for (path, _), found in zip(shards, results, strict=True) if found}
        except BrokenProcessPool:
            raise killed(workers) from None
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    for path, found in bad.items():
        more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        print(f"{path.name}: {'; '.join(found[:SHOWN] + more)}")
    total = sum(records for _, records in shards)
    if bad:
        raise RunError(
            f"{len(bad)} of {len(shards)} shards of {folder} are bad: delete them and run the same "
            f"convert command again, which writes only these."
        )
    seen = {"all": "all", "sample": "a sample", "none": "no image"}[decode]
    print(f"{folder}: {len(shards)} shards with {total:,} records are sound ({seen} decoded).")


def check_shard(
    shard: tuple[Path, int], dataset: DataSet, every: int = 1, labels: dict[str, dict] | None = None
) -> list[str]:
    """Return the problems of a shard with its path and its number of records, or an empty list.

    One of `every` images is decoded; `labels` are the records of each label in each file.
    """
    path, expected = shard
    if not path.is_file():
        return ["it is missing"]
    records = list(examine(path, dataset, every))
    problems = [record.problem for record in records if record.problem]
    found = Counter(str(record.label) for record in records)
    if len(records) != expected:
        problems.append(f"{len(records)} records instead of {expected}")
    elif not problems and labels and labels.get(path.name, found) != found:
        problems.append("labels other than those in report.json")
    return problems


if __name__ == "__main__":
    cli.main(verify, "python -m tfrecords_tools.verify")
