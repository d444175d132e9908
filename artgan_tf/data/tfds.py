"""`tfds:NAME`: a tensorflow-datasets image classification set as a `Source`."""

from typing import Any

from artgan_tf.config import Data, InputError
from artgan_tf.data.source import Source, Streamed

HELD_OUT = ("test", "validation")


def open_tfds(value: str, data: Data) -> Source:
    """The data set `value` (NAME or NAME:VERSION) from TFDS's data folder, downloaded if need be."""
    builder = _prepared(value)
    names = builder.info.features["label"].names
    val = data.val_split or next((s for s in HELD_OUT if s in builder.info.splits), "")
    splits = (_streamed(builder, split, value) for split in (data.train_split, val))
    return Source(f"tfds:{value}", tuple(names), *splits)


def _prepared(value: str) -> Any:
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(value)
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"tensorflow-datasets does not know {value!r}: {reason}.") from None
    if not builder.info.splits:
        try:
            builder.download_and_prepare()
        except Exception as error:  # TFDS passes on whatever its downloader met
            raise InputError(
                f"tfds:{value} could not be downloaded ({type(error).__name__}): where there is a "
                f"network run `tfds build {value}`, and copy the result to {builder.data_dir}."
            ) from None
    return builder


def _streamed(builder: Any, split: str, value: str) -> Streamed:
    import tensorflow_datasets as tfds

    if split not in builder.info.splits:
        known = ", ".join(builder.info.splits)
        raise InputError(f"tfds:{value} has no split {split!r}: it has {known}.")
    dataset = builder.as_dataset(
        split=split,
        decoders={"image": tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1),
        shuffle_files=False,
    )
    pairs = dataset.map(lambda example: (example["image"], example["label"]))
    return Streamed(builder.info.splits[split].num_examples, pairs)
