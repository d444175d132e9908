"""`tfrecords:DIR`: a data set of TFRecord shards, as `tfrecords_tools.convert` makes them.

Shards are read several at a time, their records shuffled while they are encoded, and decoded in
parallel by TensorFlow itself.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf

from artgan_tf.config import Data, InputError
from artgan_tf.data.decoding import decode_shards, decode_squares
from artgan_tf.data.source import Source, Streamed, short_side
from tfrecords_tools.dataset import DataSet, open_dataset
from tfrecords_tools.records import read_records
from tfrecords_tools.verify import check_shard

HELD_OUT = ("val", "validation", "test")
SHARDS_AT_ONCE, RECORDS_AT_ONCE = 4, 32
# Each shard is a random part and the shards take turns in another order every epoch, so a buffer
# that stays within a processor's cache will do: it is a fifth faster than one of 10,000.
BUFFER = 2048


class Run(NamedTuple):
    """Records of one file that follow one another."""

    file: str
    skip: int
    take: int


def open_tfrecords(value: str, data: Data) -> Source:
    """The data set in folder `value`; without a held-out split, `data.val_fraction` of the other.

    A split is a name, or a part such as `train[:90%]`.  With `data.on_corrupt="skip"` every shard
    is read once, and its damaged records are left out.
    """
    folder = Path(value).expanduser()
    dataset = open_dataset(folder)
    splits = [_streamed(dataset, name, runs, data) for name, runs in _splits(dataset, data)]
    _warn_of_enlarging(dataset, data)
    return Source(f"tfrecords:{value}", dataset.class_names, *splits)


def damage(spec: str) -> str:
    """What is damaged about a source, as a sentence; of `tfrecords:`, which shards."""
    kind, _, folder = spec.partition(":")
    if kind != "tfrecords":
        return f"{spec} is damaged: one of its records cannot be read; fetch it anew."
    dataset = open_dataset(Path(folder).expanduser())
    shards = [shard for split in dataset.shards.values() for shard in split]
    found = {path.name: check_shard((path, n), dataset, every=0) for path, n in shards}
    bad = "; ".join(f"{name} ({', '.join(what[:2])})" for name, what in found.items() if what)
    return (
        f"{spec} is damaged: {bad or 'a shard'}. Delete the shard and convert again, or leave the "
        f"damaged records out with --set data.on_corrupt=skip."
    )


def _splits(dataset: DataSet, data: Data) -> list[tuple[str, list[Run]]]:
    """What to train on and what to hold out: the name of each, and where its records are."""
    train, runs = data.train_split, _runs(dataset, data.train_split)
    present = next((split for split in HELD_OUT if split in dataset.shards), "")
    if held_out := data.val_split or present:
        return [(train, runs), (held_out, _runs(dataset, held_out))]
    count = sum(run.take for run in runs)
    kept = count - round(count * data.val_fraction)  # their order is random already
    first, others = _divided(runs, kept)
    return [(train, first), (f"{train} (held out)", others)]


def _divided(runs: Sequence[Run], count: int) -> tuple[list[Run], list[Run]]:
    """The runs of the first `count` records, and those of the others."""
    first, others = [], []
    for run in runs:
        taken = min(run.take, count)
        first.append(run._replace(take=taken))
        others.append(Run(run.file, run.skip + taken, run.take - taken))
        count -= taken
    return [run for run in first if run.take], [run for run in others if run.take]


def _streamed(dataset: DataSet, split: str, runs: list[Run], data: Data) -> Streamed:
    if data.on_corrupt == "skip":
        runs = _intact(runs, split)
    if not sum(run.take for run in runs):
        raise InputError(f"{dataset.folder} has no records in {split!r}: choose a larger part.")
    decoders = decode_shards(dataset, short_side(data)), decode_squares(dataset, short_side(data))
    found = _of(runs, decoders, f"{dataset.folder} {split}")
    return replace(found, identity=" ".join([dataset.images, *map(_place, runs)]))


def _place(run: Run) -> str:
    """Which records of which file, and how large that is."""
    file = Path(run.file)
    return f"{file.name} {file.stat().st_size} {run.skip} {run.take}"


def _of(runs: Sequence[Run], decoders: tuple[Any, Any], name: str) -> Streamed:
    def part(index: int, count: int) -> Streamed:
        if len(runs) < count:
            raise InputError(
                f"{name} has {len(runs)} files for {count} workers: convert with --shards {count}."
            )
        return _of(runs[index::count], decoders, name)

    return Streamed(
        sum(run.take for run in runs),
        lambda seed: _records(runs, seed),
        decoders[0],
        part,
        decoders[1],
        f"{name} record {{}}".format,
        BUFFER,
    )


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


# ---- damage ----------------------------------------------------------------------------------
def _intact(runs: Sequence[Run], split: str) -> list[Run]:
    """The runs cut where records are damaged; reads every file once."""
    intact = []
    for run in runs:
        sound = [record.data is not None for record in read_records(Path(run.file))]
        places = range(run.skip, min(run.skip + run.take, len(sound)))
        intact += _joined(run.file, [place for place in places if sound[place]])
    lost = {run.file: run.take for run in runs}
    for run in intact:
        lost[run.file] -= run.take
    if found := [f"{count} in {Path(file).name}" for file, count in lost.items() if count]:
        total = f"{sum(lost.values())} of {sum(run.take for run in runs)} records of {split}"
        warnings.warn(f"{total} are damaged and left out: {', '.join(found)}.", stacklevel=2)
    return intact


def _joined(file: str, indices: Sequence[int]) -> list[Run]:
    runs: list[Run] = []
    for index in indices:
        if runs and runs[-1].skip + runs[-1].take == index:
            runs[-1] = runs[-1]._replace(take=runs[-1].take + 1)
        else:
            runs.append(Run(file, index, 1))
    return runs


def _warn_of_enlarging(dataset: DataSet, data: Data) -> None:
    stored, side = dataset.options.get("size"), short_side(data)
    if stored and stored < side:
        warnings.warn(
            f"The images in {dataset.folder} have {stored} pixels and are enlarged to {side}: "
            f"convert them with --size {side}.",
            stacklevel=2,
        )
