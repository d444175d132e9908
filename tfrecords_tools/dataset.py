"""Opens a finished data set: its classes, its shards, and the format of its records."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfrecords_tools.common.errors import InputError, NotThere
from tfrecords_tools.records import count_records, is_compressed
from tfrecords_tools.workspace import PLAN, REPORT, STATE, read_json

MADE = "give one that convert made, with a dataset_info.json"


@dataclass(frozen=True)
class DataSet:
    """A folder that tensorflow-datasets can load; the last three are empty if not by `convert`."""

    folder: Path
    class_names: tuple[str, ...]
    shards: dict[str, list[tuple[Path, int]]]  # path and number of records, by split
    shape: tuple[int | None, ...]  # [H, W, 3]; None for a side that varies between images
    encoding: str  # "jpeg", "png" or "raw"; "" for any format that an image decoder knows
    options: dict[str, Any]  # of `convert`
    images: str  # hash of the images' names and labels
    written: dict[str, tuple[int, int]]  # records and bytes of each file by name

    @property
    def files(self) -> dict[Path, int]:
        """Number of records that each shard should have."""
        return {path: records for split in self.shards.values() for path, records in split}


def check_dataset(folder: Path) -> tuple[str, ...]:
    """Return the class names of a data set without importing tensorflow-datasets.

    They are empty if the set has no `label.labels.txt`.

    Raises:
        NotThere: the folder does not exist.
        InputError: the folder is not a data set, or an unfinished one.
    """
    if (folder / STATE / PLAN).is_file():
        raise InputError(f"{folder} is not finished: run the same convert command again.")
    if not folder.is_dir():
        raise NotThere(f"There is no folder {folder}: {MADE}.")
    if not (folder / "dataset_info.json").is_file():
        raise InputError(f"{folder} is not a TFRecord data set: {MADE}.")
    names = folder / "label.labels.txt"
    return tuple(names.read_text(encoding="utf-8").splitlines()) if names.is_file() else ()


def open_dataset(folder: Path) -> DataSet:
    """Read the description of a data set; raises InputError if it is missing or unfinished."""
    check_dataset(folder)
    import tensorflow_datasets as tfds

    try:
        info = tfds.builder_from_directory(folder).info
    except Exception as error:  # TFDS raises many kinds
        raise InputError(
            f"{folder} is not a TFRecord data set ({type(error).__name__}): {MADE}."
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
    report = read_json(folder / REPORT) or {}
    plan = report.get("plan") or {}
    options = plan.get("options", {})
    raw = isinstance(image, tfds.features.Tensor) and not isinstance(image, tfds.features.Image)
    return DataSet(
        folder, names, shards, tuple(image.shape),
        encoding="raw" if raw else options.get("encoding", ""),
        options=options,
        images=plan.get("images", ""),
        written={of["file"]: (of["records"], of["bytes"]) for of in report.get("shards", [])},
    )  # fmt: skip


def check_format(info: Any, title: str) -> None:
    """Raise InputError if a `tfds.core.DatasetInfo` describes other files than TFRecords."""
    import tensorflow_datasets as tfds

    if info.file_format != tfds.core.FileFormat.TFRECORD:
        raise InputError(
            f"{title} holds {info.file_format.value} files, but only tfrecord files can be read: "
            f"write it again with tensorflow-datasets, with file_format='tfrecord'."
        )


def class_names(features: Any, title: str) -> tuple[str, ...]:
    """Return the class names in `tfds.features`; raises InputError without image and label."""
    import tensorflow_datasets as tfds

    found = dict(features.items())
    label = found.get("label")
    if not isinstance(label, tfds.features.ClassLabel) or "image" not in found:
        known = ", ".join(sorted(found))
        raise InputError(
            f"{title} is not an image classification set: it has {known}, but needs an image and a "
            f"label that names one class."
        )
    return tuple(label.names)


def suspects(dataset: DataSet, files: Collection[Path]) -> list[Path]:
    """Return the files whose size or number of records differs from what was written.

    If `convert` recorded the size, comparing it is enough: counting records means reading the file.
    """

    def differs(path: Path, expected: int) -> bool:
        if written := dataset.written.get(path.name):
            return written != (expected, path.stat().st_size)
        return count_records(path) != expected

    return [path for path in files if differs(path, dataset.files[path])]
