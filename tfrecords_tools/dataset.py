"""A finished data set: what its files say is in it, and how its records are read."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfrecords_tools.errors import InputError
from tfrecords_tools.images import whole
from tfrecords_tools.records import is_compressed
from tfrecords_tools.workspace import REPORT, STATE, read_json


@dataclass(frozen=True)
class DataSet:
    """A folder that tensorflow-datasets can load, made by `convert` or not.

    Args:
        folder: where it lies.
        class_names: K names.
        shards: file and number of records of each shard, by split.
        shape: of the images; None for a side that differs from image to image.
        encoding: "jpeg", "png" or "raw"; "" for any that an image decoder knows.
        options: what `convert` was told; empty where it was made otherwise.
        images: hash of the names and labels of the images; empty likewise.
    """

    folder: Path
    class_names: tuple[str, ...]
    shards: dict[str, list[tuple[Path, int]]]
    shape: tuple[int | None, ...]
    encoding: str
    options: dict[str, Any]
    images: str


def open_dataset(folder: Path) -> DataSet:
    """Read a data set's description; raises InputError when there is none, or an unfinished one."""
    import tensorflow_datasets as tfds

    if (folder / STATE).is_dir():
        raise InputError(f"{folder} is not finished: run the same convert command again.")
    try:
        info = tfds.builder_from_directory(folder).info
    except Exception as error:  # TFDS lets many kinds through
        raise InputError(
            f"{folder} is no TFRecord data set ({type(error).__name__}): give a folder that "
            f"python -m tfrecords_tools.convert has made, with a dataset_info.json."
        ) from None
    check_format(info, str(folder))
    names, image = class_names(info.features, str(folder)), info.features["image"]
    shards = {
        split: [
            (Path(str(path)), n) for path, n in zip(of.filepaths, of.shard_lengths, strict=True)
        ]
        for split, of in info.splits.items()
    }
    for path, _ in (files[0] for files in shards.values() if files):
        if is_compressed(path):
            raise InputError(f"{path} is compressed with gzip: unpack all shards (gunzip) first.")
    plan = (read_json(folder / REPORT) or {}).get("plan") or {}
    options = plan.get("options", {})
    raw = isinstance(image, tfds.features.Tensor) and not isinstance(image, tfds.features.Image)
    encoding = "raw" if raw else options.get("encoding", "")
    return DataSet(
        folder, names, shards, tuple(image.shape), encoding, options, plan.get("images", "")
    )


def check_format(info: Any, title: str) -> None:
    """Raises InputError for a `tfds.core.DatasetInfo` of other files than TFRecords."""
    import tensorflow_datasets as tfds

    if info.file_format != tfds.core.FileFormat.TFRECORD:
        raise InputError(
            f"{title} holds {info.file_format.value} files, and only tfrecord files are read: let "
            f"tensorflow-datasets write it again, with file_format='tfrecord'."
        )


def class_names(features: Any, title: str) -> tuple[str, ...]:
    """The classes of `tfds.features` with an image and a label; raises InputError for others."""
    import tensorflow_datasets as tfds

    found = dict(features.items())
    label = found.get("label")
    if not isinstance(label, tfds.features.ClassLabel) or "image" not in found:
        known = ", ".join(sorted(found))
        raise InputError(
            f"{title} is no image classification set: it has {known}, but an image and a label "
            f"that names one class are needed."
        )
    return tuple(label.names)


def label_of(values: dict[str, Any], dataset: DataSet) -> int:
    """The label of a parsed record; raises ValueError for one that is no class, or none."""
    if len(values.get("label", [])) != 1:
        raise ValueError("it has no label")
    label, classes = values["label"][0], len(dataset.class_names)
    if not 0 <= label < classes:
        raise ValueError(f"label {label} is none of {classes} classes")
    return label


def image_of(values: dict[str, Any], dataset: DataSet) -> Image.Image:
    """The picture of a parsed record; raises ValueError for one that has none."""
    if dataset.encoding == "raw":
        return _from_pixels(values, dataset.shape)
    if len(values.get("image", [])) != 1:
        raise ValueError("it has no image")
    try:
        with Image.open(io.BytesIO(values["image"][0])) as image:
            return whole(image)
    except Exception as error:  # Pillow's plugins raise whatever they trip over
        raise ValueError(f"its image cannot be decoded: {error}") from None


def _from_pixels(values: dict[str, Any], shape: tuple[int | None, ...]) -> Image.Image:
    if None in shape:  # TFDS stores the shape beside the pixels where it is not always the same
        shape, data = tuple(values.get("image/shape", [])), values.get("image/value", [])
    else:
        data = values.get("image", [])
    if len(data) != 1 or len(shape) != 3 or len(data[0]) != np.prod(shape):  # type: ignore[arg-type]
        raise ValueError("its pixels do not fit its shape")
    return Image.fromarray(np.frombuffer(data[0], np.uint8).reshape(shape))  # type: ignore[arg-type]
