"""Class names that would be lost, stripped or confused are refused; class files in every form."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from tfrecords_tools.cifar import cifar_batches
from tfrecords_tools.class_files import read_classes
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
SEA = {"portrait": 0, "landscape, sea": 1, "0": 0, "1": 1}
PROBLEMS = [(name, problem) for problem, names in BAD.items() for name in names]


@pytest.mark.parametrize(("name", "problem"), PROBLEMS)
def test_a_name_that_no_list_of_lines_keeps_is_refused(name: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        check_names(["good", name], "here")
    assert "here" in str(caught.value)
    assert repr(name) in str(caught.value)


def test_a_name_that_is_another_once_composed_is_refused() -> None:
    check_names(
        ["still life", 'it\'s "quoted", yes', "é", "葛飾", "--data", "9", "👩\u200d🎨"], "here"
    )
    for names in (["a", "b", "a"], ["caf\u00e9", "cafe\u0301"]):
        with pytest.raises(InputError, match="2 classes are called"):
            check_names(names, "here")


# ---- sources ---------------------------------------------------------------------------------
def pictures(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9)).save(root / name)
    return root


def folders(root: Path, name: str) -> None:
    class_folders(pictures(root, "good/1.png", f"{name}/1.png")).check(root)


def lists(root: Path, name: str) -> None:
    pictures(root, "1.png", "2.png")
    (root / "l.csv").write_text(f'1.png,good\n2.png,"{name}"\n', encoding="utf-8")
    listed_images(root, {"train": root / "l.csv"}, None)


def class_file(root: Path, name: str) -> None:
    (pictures(root, "1.png") / "l.csv").write_text("1.png,0\n")
    (root / "names.txt").write_text(f"0 good\n1 {name}\n", encoding="utf-8")
    listed_images(root, {"train": root / "l.csv"}, root / "names.txt")


def cifar(root: Path, name: str) -> None:
    root.mkdir()
    batch = {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 1]}
    (root / "test_batch").write_bytes(pickle.dumps(batch))
    names = pickle.dumps({b"label_names": [b"good", name.encode()]})
    (root / "batches.meta").write_bytes(names)
    cifar_batches(root).check(root)


@pytest.mark.parametrize("enter", [folders, lists, class_file, cifar])
def test_it_is_refused_where_it_enters(tmp_path: Path, enter: Callable[[Path, str], None]) -> None:
    with pytest.raises(InputError, match="line break"):
        enter(tmp_path / "root", "por\u2028trait")


def test_a_label_that_is_a_sequence_of_classes_is_refused() -> None:
    label = tfds.features.Sequence(tfds.features.ClassLabel(names=["a", "b"]))
    with pytest.raises(InputError, match="names one class"):
        class_names({"image": tfds.features.Image(), "label": label}, "the set")


# ---- class files -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "portrait\nlandscape, sea\n",
        "0 portrait\n1 landscape, sea\n",
        "1 landscape, sea\n0 portrait",
        '0,portrait\n1,"landscape, sea"\n',
        '"0","portrait"\n"1","landscape, sea"\n',
        "1;landscape, sea\n0;portrait\n",
        "1\tlandscape, sea\r\n0\tportrait\r\n",
        "0: portrait\n1: landscape, sea\n",
        "0. portrait\n1. landscape, sea\n",
        "# my classes\n0 portrait\n1 landscape, sea\n",
        "id,name\n0,portrait\n1,landscape, sea\n",
        'name,id\nportrait,0\n"landscape, sea",1\n',
        "landscape, sea,1\nportrait,0\n",
        "landscape, sea 1\nportrait 0\n",
        "\n\n0 portrait\n\n1 landscape, sea\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_one_reading_is_possible(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "classes").write_bytes(text.encode(encoding))
    assert read_classes(tmp_path / "classes") == SEA


def test_a_number_at_the_end_of_names_is_a_part_of_them(tmp_path: Path) -> None:
    (tmp_path / "classes").write_text("SUV 2000\nSUV 2012\nBlink\n")
    assert list(read_classes(tmp_path / "classes"))[:3] == ["SUV 2000", "SUV 2012", "Blink"]


def test_numbers_may_be_names_in_their_own_order(tmp_path: Path) -> None:
    for names in (["0", "1", "2"], ["1998", "1999"], ["00", "01"]):
        (tmp_path / "classes").write_text("\n".join(names))
        classes = read_classes(tmp_path / "classes")
        assert [classes[name] for name in names] == list(range(len(names)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 portrait\n2 landscape\n", ["line 2", "0 to 1"]),
        ("0 portrait\n0 landscape\n", ["line 2", "0 to 1"]),
        ("0 portrait\nlandscape\n", ["line 2", "'landscape' has no number"]),
        ("portrait\n0 landscape\n2 sea\n", ["line 3", "0 to 1"]),
        ("file,label\n000.png,0\n001.png,1\n002.png,0\n", ["line 4", "0 to 2"]),
        ('{"0": "portrait", "1": "landscape"}', ["line 1", "not a class name"]),
        ('["portrait", "landscape"]', ["line 1", "not a class name"]),
        ("# my classes\nportrait\nlandscape\n", ["line 1", "'# my classes'"]),
        ("portrait;people\nlandscape;none\n", ["line 1", "not a class name"]),
        ("1\n0\n", ["the number of another class"]),
        ("a\nb\na\n", ["2 classes are called 'a'"]),
        ("", ["no class names"]),
    ],
)
def test_what_could_mean_two_things_is_refused(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "classes").write_text(text)
    with pytest.raises(InputError) as caught:
        read_classes(tmp_path / "classes")
    assert all(word in str(caught.value) for word in [str(tmp_path / "classes"), *words])
