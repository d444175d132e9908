"""`tfrecords:DIR`: a `Source` of TFRecord shards as written by `tfrecords_tools.convert`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from artgan_tf.config import Data, InputError
from artgan_tf.data.decoding import decode_shards, decode_squares
from artgan_tf.data.shards import (
    Run,
    damage_sentence,
    damaged,
    divided,
    intact,
    records_of,
    trusted,
    warn_if_shared,
)
from artgan_tf.data.source import Source, Streamed, short_side
from tfrecords_tools.dataset import DataSet, open_dataset

HELD_OUT = ("val", "validation", "test")
SHARDS_AT_ONCE, RECORDS_AT_ONCE = 4, 32
# Each shard is a random sample and the order of shards changes every epoch, so a buffer that fits
# in the CPU's cache suffices; it is 20% faster than one of 10,000.
BUFFER = 2048


def open_tfrecords(value: str, data: Data) -> Source:
    """Open the data set in folder `value`.

    A split is a name or a slice such as `train[:90%]`; without a held-out one, `data.val_fraction`
    of the training split is held out. With `data.on_corrupt="skip"`, every shard is read once and
    its damaged records are skipped. Otherwise only shards whose size or record count is not the
    recorded one are read, and a damaged one raises InputError.
    """
    folder = Path(value).expanduser()
    dataset = open_dataset(folder)
    splits = [_streamed(dataset, name, runs, data) for name, runs in _splits(dataset, data)]
    return Source(f"tfrecords:{value}", dataset.class_names, *splits, side=_side(dataset))


def _splits(dataset: DataSet, data: Data) -> list[tuple[str, list[Run]]]:
    """The training and the held-out split: the name and the records of each."""
    train, runs = data.train_split, _runs(dataset, data.train_split)
    present = next((split for split in HELD_OUT if split in dataset.shards), "")
    if held_out := data.val_split or present:
        others = _runs(dataset, held_out)
        warn_if_shared(f"tfrecords:{dataset.folder}", runs, others)
        return [(train, runs), (held_out, others)]
    count = sum(run.take for run in runs)
    kept = count - round(count * data.val_fraction)  # records are stored in random order
    first, others = divided(runs, kept)
    return [(train, first), (f"{train} (held out)", others)]


def _streamed(dataset: DataSet, split: str, runs: list[Run], data: Data) -> Streamed:
    check = intact if data.on_corrupt == "skip" else trusted
    runs = check(dataset, runs, split)
    if not sum(run.take for run in runs):
        raise InputError(
            f"{dataset.folder} has no records in {split!r}: choose a larger part, or another "
            f"data.val_fraction."
        )
    side, name = short_side(data), f"{dataset.folder} {split}"

    def part(index: int, count: int) -> Streamed:
        if len(runs) < count:
            raise InputError(
                f"{name} has {len(runs)} files for {count} workers: convert with --shards {count}."
            )
        return of(runs[index::count])

    def of(runs: list[Run]) -> Streamed:
        files = {Path(run.file) for run in runs}
        return Streamed(
            count=sum(run.take for run in runs),
            records=lambda seed: _records(runs, seed),
            decode=decode_shards(dataset, side),
            part=part,
            decode_squares=decode_squares(dataset, side),
            name=f"{name} record {{}}".format,
            buffer=BUFFER,
            identity=" ".join([dataset.images, *map(_identity, runs)]),
            damage=lambda reason: damage_sentence(dataset, damaged(dataset, files) or reason),
        )

    return of(runs)


def _identity(run: Run) -> str:
    """File name, file size and record range of a run, for the split's identity."""
    file = Path(run.file)
    return f"{file.name} {file.stat().st_size} {run.skip} {run.take}"


def _runs(dataset: DataSet, split: str) -> list[Run]:
    import tensorflow_datasets as tfds

    info = tfds.builder_from_directory(dataset.folder).info
    runs = records_of(info, split, str(dataset.folder))
    for run in runs:
        if not Path(run.file).is_file():
            raise InputError(f"{run.file} is missing: run the same convert command again.")
    return runs


def _records(runs: Sequence[Run], seed: Any) -> tf.data.Dataset:
    """The serialized records; a seed shuffles the files, None keeps their order."""
    files, skips, takes = map(list, zip(*runs, strict=True))
    places = tf.constant([skips, takes], tf.int64)
    shards = tf.data.Dataset.from_tensor_slices((files, *tf.unstack(places)))
    if seed is not None:
        shards = shards.shuffle(len(runs), seed=seed, reshuffle_each_iteration=False)

    def blocks(file: tf.Tensor, skip: tf.Tensor, take: tf.Tensor) -> tf.data.Dataset:
        return tf.data.TFRecordDataset(file).skip(skip).take(take).batch(RECORDS_AT_ONCE)

    # Passing records on in blocks saves a third of the time per record.
    return shards.interleave(
        blocks,
        cycle_length=SHARDS_AT_ONCE,
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    ).unbatch()


def _side(dataset: DataSet) -> int:
    return dataset.options.get("size") or min(x or 0 for x in dataset.shape[:2])
