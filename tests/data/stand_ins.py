"""Stand-ins for TFDS data sets: a few images each, with the splits of the real data sets.

The splits come from the installed package's own code, so a stand-in has no split that the real data
set lacks.
"""

from collections.abc import Iterator, Mapping
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


class Written(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Grey images that cycle through the classes: in each split so many, from a grey on."""

    VERSION = tfds.core.Version("1.2.0")
    splits: Mapping[str, tuple[int, int]] = {}  # number of images and first grey
    features: Any = None

    def _info(self) -> Any:
        return tfds.core.DatasetInfo(builder=self, features=self.features, disable_shuffling=True)

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        return {split: self._generate_examples(*of) for split, of in self.splits.items()}

    def _generate_examples(self, count: int, grey: int) -> Iterator[tuple[int, dict[str, Any]]]:
        classes = getattr(self.features["label"], "num_classes", count)
        for i in range(count):
            image = np.full((96, 96, 3), grey + i, np.uint8)
            yield i, {"image": image, "label": i % classes}


def write(name: str, label: Any, splits: Mapping[str, tuple[int, int]], **options: Any) -> None:
    """Write a data set to disk, which TFDS then opens from its files alone."""
    image = tfds.features.Image(shape=(None, None, 3))
    features = tfds.features.FeaturesDict({"image": image, "label": label})
    fields = {"name": name, "features": features, "splits": splits}
    if "version" in options:
        fields["VERSION"] = options.pop("version")
    type("Made", (Written,), fields, skip_registration=True)(**options).download_and_prepare()


def write_stand_in(name: str, count: int, folder: Path) -> None:
    """Write a stand-in for the data set `name` to `folder`, with so many images in each split."""
    real = tfds.builder(name, data_dir=folder / "none")
    splits = dict.fromkeys(split_names(name, folder), (count, 0))
    label = real.info.features["label"]
    write(real.name, label, splits, version=real.version, data_dir=folder)
