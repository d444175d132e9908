"""`tfds:NAME`: a `Source` of an image classification set of tensorflow-datasets."""

from pathlib import Path
from typing import Any

from artgan_tf.config import Data, InputError
from artgan_tf.data.decoding import decode_any
from artgan_tf.data.shards import Run, records_of, warn_if_shared
from artgan_tf.data.source import Source, Streamed, short_side, streamed
from tfrecords_tools.common.errors import NotThere, first_line
from tfrecords_tools.dataset import check_format, class_names

HELD_OUT = ("test", "validation")


def open_tfds(value: str, data: Data, download: bool = True) -> Source:
    """Open the data set `value` (NAME or NAME:VERSION) in TFDS's data folder, or `download` it.

    Splits use the syntax of `as_dataset`, such as `train`, `train[:90%]` or `train+test`. Raises
    InputError if the data set is unknown, unsuitable or missing and cannot be downloaded.
    """
    builder = _prepared(value, download)
    check_format(builder.info, f"tfds:{value}")
    names = class_names(builder.info.features, f"tfds:{value}")
    present = (split for split in HELD_OUT if split in builder.info.splits)
    val = data.val_split or next(present, HELD_OUT[0])
    chosen = (data.train_split, val)
    runs = [records_of(builder.info, split, f"tfds:{value}") for split in chosen]
    warn_if_shared(f"tfds:{value}", *runs)
    pairs = zip(chosen, runs, strict=True)
    splits = [_streamed(builder, split, part, value, data) for split, part in pairs]
    side = min(x or 0 for x in builder.info.features["image"].shape[:2])
    return Source(f"tfds:{value}", names, *splits, side=side)


def _prepared(value: str, download: bool) -> Any:
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(value)
    except (ValueError, AssertionError) as error:  # name or configuration; version
        reason = first_line(error)
        raise InputError(f"tensorflow-datasets does not know {value!r}: {reason}.") from None
    if builder.info.splits:
        return builder
    if not download:
        raise NotThere(f"tfds:{value} is not in {builder.data_dir} yet: training downloads it.")
    try:
        builder.download_and_prepare()
    except ImportError as error:
        raise InputError(
            f"tfds:{value} needs a package that is missing ({first_line(error)}): pip install "
            f"'artgan-tf[tfds]', or in a clone pip install -r requirements-tfds.txt."
        ) from None
    except Exception as error:  # TFDS passes on any error of its downloader
        raise InputError(
            f"tfds:{value} could not be downloaded ({type(error).__name__}: "
            f"{first_line(error)}): run `tfds build {value}` where downloads work and copy the "
            f"result to {builder.data_dir}{_other_versions(builder)}; or name a copy of the "
            f"images with --data folder:DIR or tfrecords:DIR."
        ) from None
    return builder


def _other_versions(builder: Any) -> str:
    """Names the versions that are there, if any, as part of a sentence."""
    place = Path(builder.data_dir).parent
    found = sorted(path.name for path in place.glob("*.*.*")) if place.is_dir() else []
    return f" (available there: {', '.join(found)})" if found else ""


def _streamed(builder: Any, split: str, runs: list[Run], value: str, data: Data) -> Streamed:
    import tensorflow_datasets as tfds

    if not sum(run.take for run in runs):
        raise InputError(f"tfds:{value} has no examples in {split!r}: choose a larger part.")
    dataset = builder.as_dataset(
        split=split,
        decoders=tfds.decode.PartialDecoding(
            {"image": True, "label": True}, {"image": tfds.decode.SkipDecoding()}
        ),
        read_config=tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1),
        shuffle_files=False,
    )
    classes = builder.info.features["label"].num_classes
    decode = decode_any(f"tfds:{value}", short_side(data), classes)
    records = [f"{Path(run.file).name} {run.skip} {run.take}" for run in runs]
    return streamed(
        dataset,
        decode,
        name=f"tfds:{value} {split} example {{}}".format,
        identity=" ".join([builder.info.full_name, *records]),
        damage=f"tfds:{value} is damaged: {{}}; download it again.".format,
    )
