"""`tfrecords:DIR`: a data set of TFRecord shards, as `tfrecords_tools.convert` makes them.

Shards are read several at a time, their records shuffled while they are encoded, and decoded in
parallel by TensorFlow itself.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from artgan_tf.config import Data, InputError
from artgan_tf.data.decoding import decode_shards, decode_squares
from artgan_tf.data.shards import Run, damaged, divided, intact, told, trusted
from artgan_tf.data.source import Source, Streamed, short_side
from tfrecords_tools.dataset import DataSet, open_dataset

HELD_OUT = ("val", "validation", "test")
SHARDS_AT_ONCE, RECORDS_AT_ONCE = 4, 32
# Each shard is a random part and the shards take turns in another order every epoch, so a buffer
# that stays within a processor's cache will do: it is a fifth faster than one of 10,000.
BUFFER = 2048


def open_tfrecords(value: str, data: Data) -> Source:
    """The data set in folder `value`; without a held-out split, `data.val_fraction` of the other.

    A split is a name, or a part such as `train[:90%]`.  With `data.on_corrupt="skip"` every shard
    is read once, and its damaged records are left out; else a shard of another size or count than
    `convert` and `dataset_info.json` tell is read and, if it is damaged, refused.
    """
    folder = Path(value).expanduser()
    dataset = open_dataset(folder)
    splits = [_streamed(dataset, name, runs, data) for name, runs in _splits(dataset, data)]
    return Source(f"tfrecords:{value}", dataset.class_names, *splits, side=_side(dataset))


def _splits(dataset: DataSet, data: Data) -> list[tuple[str, list[Run]]]:
    """What to train on and what to hold out: the name of each, and where its records are."""
    train, runs = data.train_split, _runs(dataset, data.train_split)
    present = next((split for split in HELD_OUT if split in dataset.shards), "")
    if held_out := data.val_split or present:
        return [(train, runs), (held_out, _runs(dataset, held_out))]
    count = sum(run.take for run in runs)
    kept = count - round(count * data.val_fraction)  # their order is random already
    first, others = divided(runs, kept)
    return [(train, first), (f"{train} (held out)", others)]


def _streamed(dataset: DataSet, split: str, runs: list[Run], data: Data) -> Streamed:
    check = intact if data.on_corrupt == "skip" else trusted
    runs = check(dataset, runs, split)
    if not sum(run.take for run in runs):
        raise InputError(f"{dataset.folder} has no records in {split!r}: choose a larger part.")
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
            identity=" ".join([dataset.images, *map(_place, runs)]),
            damage=lambda reason: told(dataset, damaged(dataset, files) or reason),
        )

    return of(runs)


def _place(run: Run) -> str:
    """Which records of which file, and how large that is."""
    file = Path(run.file)
    return f"{file.name} {file.stat().st_size} {run.skip} {run.take}"


def _runs(dataset: DataSet, split: str) -> list[Run]:
    import tensorflow_datasets as tfds

    info = tfds.builder_from_directory(dataset.folder).info
    try:
        parts = info.splits[split].file_instructions
    except (KeyError, ValueError):
        known = ", ".join(info.splits)
        raise InputError(
            f"{dataset.folder} has no split {split!r}: it has {known}, and data.train_split and "
            f"data.val_split also take parts such as train[90%:]."
        ) from None
    for part in parts:
        if not Path(part.filename).is_file():
            raise InputError(f"{part.filename} is missing: run the same convert command again.")
    return [Run(part.filename, part.skip, part.take) for part in parts]


def _records(runs: Sequence[Run], seed: Any) -> tf.data.Dataset:
    """The serialized records; a seed chooses the order of the files."""
    files, skips, takes = map(list, zip(*runs, strict=True))
    places = tf.constant([skips, takes], tf.int64)
    shards = tf.data.Dataset.from_tensor_slices((files, *tf.unstack(places)))
    if seed is not None:
        shards = shards.shuffle(len(runs), seed=seed, reshuffle_each_iteration=False)

    def blocks(file: tf.Tensor, skip: tf.Tensor, take: tf.Tensor) -> tf.data.Dataset:
        return tf.data.TFRecordDataset(file).skip(skip).take(take).batch(RECORDS_AT_ONCE)

    # Handed on in blocks, a record takes a third less time than one by one.
    return shards.interleave(
        blocks,
        cycle_length=SHARDS_AT_ONCE,
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    ).unbatch()


def _side(dataset: DataSet) -> int:
    return dataset.options.get("size") or min(x or 0 for x in dataset.shape[:2])
