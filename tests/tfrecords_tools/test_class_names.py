"""Class names that would be lost, stripped or confused are refused in every kind of source."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from artgan_tf.config import Data
from artgan_tf.data.spec import open_source
from tfrecords_tools.cifar import cifar_batches
from tfrecords_tools.classes import check_names
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.dataset import class_names
from tfrecords_tools.folders import class_folders
from tfrecords_tools.lists import listed_images

BAD = {
    "is empty": ["", " ", "\u00a0"],
    "line break": ["a\nb", "a\rb", "a\u2028b", "a\u2029b", "a\x85b", "a\x0bb", "a\x1cb", "a\x00"],
    "space": ["trees ", " trees", "trees\u00a0", "\u3000trees"],
    "UTF-8": ["mus\udce9e"],
}
PROBLEMS = [(name, problem) for problem, names in BAD.items() for name in names]
GOOD = ["still life", 'it\'s "quoted", yes', "é", "葛飾", "a=b", "--data", "9", "👩\u200d🎨"]


@pytest.mark.parametrize(("name", "problem"), PROBLEMS)
def test_a_name_that_no_list_of_lines_keeps_is_refused(name: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        check_names(["good", name], "here")
    assert "here" in str(caught.value)
    assert repr(name) in str(caught.value)


def test_a_name_that_is_another_once_composed_is_refused() -> None:
    for names in (["a", "b", "a"], ["caf\u00e9", "cafe\u0301"]):
        with pytest.raises(InputError, match="2 classes are called"):
            check_names(names, "here")


def test_unusual_names_are_kept_as_they_are() -> None:
    check_names(GOOD, "here")


# ---- sources ---------------------------------------------------------------------------------
def folders(root: Path, name: str) -> None:
    for folder in ("good", name):
        (root / folder).mkdir(parents=True)
        Image.new("RGB", (9, 9)).save(root / folder / "1.png")
    class_folders(root).check(root)


def lists(root: Path, name: str) -> None:
    root.mkdir()
    for number in (1, 2):
        Image.new("RGB", (9, 9)).save(root / f"{number}.png")
    quoted = name.replace('"', '""')
    text = f'1.png,good\n2.png,"{quoted}"\n'
    (root / "l.csv").write_text(text, encoding="utf-8")
    listed_images(root, {"train": root / "l.csv"}, None).check(root)


def class_file(root: Path, name: str) -> None:
    root.mkdir()
    Image.new("RGB", (9, 9)).save(root / "1.png")
    (root / "l.csv").write_text("1.png,0\n")
    (root / "names.txt").write_text(f"0 good\n1 {name}\n", encoding="utf-8")
    listed_images(root, {"train": root / "l.csv"}, root / "names.txt").check(root)


def cifar(root: Path, name: str) -> None:
    root.mkdir()
    batch = {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 1]}
    (root / "test_batch").write_bytes(pickle.dumps(batch))
    names = pickle.dumps({b"label_names": [b"good", name.encode()]})
    (root / "batches.meta").write_bytes(names)
    cifar_batches(root).check(root)


def arrays(root: Path, name: str) -> None:
    root.mkdir()
    images, labels = np.zeros((40, 9, 9, 3), np.uint8), np.arange(40) % 2
    np.savez(root / "a.npz", images=images, labels=labels, class_names=["good", name])
    open_source(Data(spec=f"arrays:{root / 'a.npz'}"))


@pytest.mark.parametrize("enter", [folders, lists, class_file, cifar, arrays])
@pytest.mark.parametrize("name", ["por\u2028trait", "tr\x1cees"])
def test_it_is_refused_where_it_enters(
    tmp_path: Path, enter: Callable[[Path, str], None], name: str
) -> None:
    with pytest.raises(InputError, match="line break"):
        enter(tmp_path / "root", name)


def test_a_folder_with_a_space_at_its_end_is_refused(tmp_path: Path) -> None:
    """tensorflow-datasets would strip its name to `good`, the name of another class."""
    with pytest.raises(InputError, match="'good ' is not a class name: it begins or ends"):
        folders(tmp_path / "root", "good ")


def test_a_label_that_is_a_sequence_of_classes_is_refused() -> None:
    label = tfds.features.Sequence(tfds.features.ClassLabel(names=["a", "b"]))
    with pytest.raises(InputError, match="names one class"):
        class_names({"image": tfds.features.Image(), "label": label}, "the set")
