"""TFDS sets without a network: small ones on disk, and stand-ins for those of the presets."""

import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds

from artgan_tf.config import Data, InputError
from artgan_tf.data.pipeline import held_out_batches, training_batches
from artgan_tf.data.source import Source, Streamed
from artgan_tf.data.spec import open_source
from tests.data import stand_ins
from tests.tfds_folder import set_data_folder
from tests.tfrecords_tools.conversions import refusal

COUNTS = {"train": (12, 0), "test": (5, 100), "validation": (4, 200)}  # and the first greys
TREES = tfds.features.ClassLabel(names=["oak", "elm", "ash"])


@pytest.fixture(scope="module", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """TFDS's data folder: `trees`, `shrubs` with only `train`, and `heights` without classes."""
    folder = tmp_path_factory.mktemp("tensorflow_datasets")
    with pytest.MonkeyPatch.context() as patch:
        set_data_folder(folder, patch)
        stand_ins.write("trees", TREES, COUNTS)
        stand_ins.write("shrubs", TREES, {"train": (12, 0)})
        stand_ins.write("shelves", TREES, COUNTS, file_format="array_record")
        stand_ins.write("heights", tfds.features.Scalar(np.int64), COUNTS)
        yield folder


def opened(name: str, **settings: Any) -> Source:
    fields: dict[str, Any] = {"spec": f"tfds:{name}", "image_size": 16}
    return open_source(Data(**fields | settings))


def greys(split: Any) -> list[int]:
    """First pixels of a split's images, read as an evaluation reads them."""
    assert isinstance(split, Streamed)
    batches = held_out_batches(split, Data(image_size=16), 5)
    return [int(grey) for images, _ in batches.as_numpy_iterator() for grey in images[:, 0, 0, 0]]


def refused(name: str, **settings: Any) -> str:
    said = refusal(partial(opened, name, **settings))
    assert not said.endswith("..")
    return said


# ---- a real data set on disk -----------------------------------------------------------------
def test_class_names_and_splits_of_a_data_set() -> None:
    assert opened("trees").spec == "tfds:trees"
    source = opened("trees:1.2.0", classes=3)
    assert source.spec == "tfds:trees:1.2.0"
    assert source.class_names == ("oak", "elm", "ash")
    assert (source.train.count, source.val.count) == (12, 5)
    assert greys(source.train) == list(range(12))
    assert greys(source.val) == list(range(100, 105))  # test before validation


@pytest.mark.parametrize("cache_mb", [0, 8])
def test_a_data_set_can_be_trained_on(cache_mb: int) -> None:
    data = Data(spec="tfds:trees", image_size=16, crop=0.875, cache_mb=cache_mb)
    batches = training_batches(open_source(data).train, data, 4, seed=0)
    images, labels = zip(*batches.take(3).as_numpy_iterator(), strict=True)
    found = np.concatenate(images)[:, 7, 7, 0]
    assert sorted(found.tolist()) == list(range(12))
    np.testing.assert_array_equal(np.concatenate(labels), found % 3)


def test_splits_and_their_parts_and_sums_can_be_chosen() -> None:
    with warnings.catch_warnings(action="error", category=UserWarning):
        source = opened("trees", train_split="train[:75%]", val_split="train[75%:]")
    assert greys(source.train) == list(range(9))
    assert greys(source.val) == list(range(9, 12))
    source = opened("trees", train_split="train+test", val_split="validation")
    assert (source.train.count, source.val.count) == (17, 4)
    with pytest.warns(UserWarning, match="^5 of the 5 held-out images of tfds:trees are also tr"):
        opened("trees", train_split="train+test")


@pytest.mark.parametrize("setting", ["train_split", "val_split"])
@pytest.mark.parametrize("split", ["trian", "train[5:", "train[40:50]"])
def test_an_unknown_split_is_refused(setting: str, split: str) -> None:
    sentence = refused("trees", **{setting: split})
    for part in (repr(split), "train, test, validation", "data.val_split"):
        assert part in sentence


def test_a_set_without_a_held_out_split_or_classes_and_an_empty_part_are_refused() -> None:
    assert "it has train," in refused("shrubs")
    assert "it has image, label, but" in refused("heights")
    assert "'train[:1%]'" in refused("trees", val_split="train[:1%]")


def test_files_of_another_format_are_refused_by_name(data_folder: Path) -> None:
    said = refused("shelves")
    assert "array_record" in said
    assert "file_format='tfrecord'" in said
    (folder,) = (data_folder / "shelves").iterdir()
    with pytest.raises(InputError, match=r"array_record files, but only tfrecord"):
        open_source(Data(spec=f"tfrecords:{folder}"))


@pytest.mark.parametrize(
    "name", ["no_such_set", "cifar10/no", "cifar10:9.9.9", "trees:9.9.9", "a b", "cifar10:"]
)
def test_an_unknown_data_set_is_refused(name: str) -> None:
    assert repr(name) in refused(name)


@pytest.mark.parametrize("reason", ["no network\nat all", ""])
def test_a_failed_download_says_what_to_do(
    reason: str, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any) -> None:
        raise ConnectionError(reason)

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    sentence = refused("cifar10")
    for part in ("ConnectionError", reason.split("\n")[0], "tfds build cifar10", str(data_folder)):
        assert part in sentence


def test_a_package_that_tfds_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ImportError("Failed importing scipy.\nThis likely means that ...")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    assert "missing (Failed importing scipy): pip install" in refused("oxford_flowers102")


def test_nothing_is_downloaded_where_that_is_not_wanted(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(tfds.core.DatasetBuilder, "download_and_prepare")
    said = refusal(partial(open_source, Data(spec="tfds:cifar10"), download=False))
    assert said.startswith(f"tfds:cifar10 is not in {data_folder}/cifar10/")
