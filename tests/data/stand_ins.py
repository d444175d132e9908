"""Stand-ins for TFDS data sets: a few images each, with the splits of the real data sets.

The splits come from the installed package's own code, so a stand-in has no split that the real data
set lacks.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

TEN = "".join(f"{i}\n" for i in range(10))  # numbered classes
# Downloaded text files that a data set's code, in `_split_generators`, reads to name its splits.
READ = {
    "cifar10": {"cifar-10-batches-bin/batches.meta.txt": TEN},
    "stl10": {"stl10_binary/class_names.txt": TEN},
    "oxford_flowers102": {},
    "caltech_birds2011": {
        f"CUB_200_2011/{name}.txt": "" for name in ("images", "train_test_split", "bounding_boxes")
    },
}


class Download:
    """Replaces TFDS's downloader: every requested file is in one folder."""

    def __init__(self, folder: Path, name: str):
        self.folder = folder
        for file, text in READ[name].items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)

    def download(self, urls: Any) -> Any:
        return tf.nest.map_structure(lambda url: str(self.folder), urls)

    download_and_extract = download

    def iter_archive(self, path: str) -> Iterator[Any]:
        return iter(())


def split_names(name: str, folder: Path) -> list[str]:
    """Splits of the data set `name` (NAME or NAME:VERSION), from its own code."""
    builder = tfds.builder(name, data_dir=folder / "none")
    splits = builder._split_generators(Download(folder / "download", builder.name))
    return [str(split if isinstance(splits, dict) else split.name) for split in splits]


class StandIn(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Grey images that cycle through the classes, the same number in each split."""

    splits: Iterable[str] = ()
    count = 0
    features: Any = None

    def _info(self) -> Any:
        return tfds.core.DatasetInfo(builder=self, features=self.features, disable_shuffling=True)

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        return {split: self._generate_examples() for split in self.splits}

    def _generate_examples(self) -> Iterator[tuple[int, dict[str, Any]]]:
        classes = self.features["label"].num_classes
        for i in range(self.count):
            yield i, {"image": np.full((96, 96, 3), i, np.uint8), "label": i % classes}


def write(name: str, count: int, folder: Path) -> None:
    """Write a stand-in for the data set `name` to `folder`, and make that TFDS's data folder."""
    real = tfds.builder(name, data_dir=folder / "none")
    image = tfds.features.Image(shape=(None, None, 3))
    features = tfds.features.FeaturesDict({"image": image, "label": real.info.features["label"]})
    fields = {
        "VERSION": real.version,
        "name": real.name,
        "splits": split_names(name, folder),
        "count": count,
        "features": features,
    }
    made = type("Made", (StandIn,), fields, skip_registration=True)
    made(data_dir=folder).download_and_prepare()
