"""Class names that would be lost, stripped or confused are refused; class files in every form."""

from pathlib import Path

import pytest
import tensorflow_datasets as tfds

from tests.tfrecords_tools.conversions import refusal
from tfrecords_tools.class_files import read_classes
from tfrecords_tools.classes import check_names
from tfrecords_tools.dataset import class_names

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
    said = refusal(check_names, ["good", name], "here")
    assert all(part in said for part in ("here", repr(name), problem))


def test_a_name_that_is_another_once_composed_is_refused() -> None:
    check_names(
        ["still life", 'it\'s "quoted", yes', "é", "葛飾", "--data", "9", "👩\u200d🎨"], "here"
    )
    for names in (["a", "b", "a"], ["caf\u00e9", "cafe\u0301"]):
        assert "2 classes are called" in refusal(check_names, names, "here")


def test_a_label_that_is_a_sequence_of_classes_is_refused() -> None:
    label = tfds.features.Sequence(tfds.features.ClassLabel(names=["a", "b"]))
    features = {"image": tfds.features.Image(), "label": label}
    assert "names one class" in refusal(class_names, features, "the set")


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


@pytest.mark.parametrize(
    "names",
    [
        ["SUV 2000", "SUV 2012", "Blink"],
        ["Class 0", "Class 1"],
        ["0", "1", "2"],
        ["1998", "1999"],
        ["00", "01"],
    ],
)
def test_names_may_be_numbers_or_end_with_them(tmp_path: Path, names: list[str]) -> None:
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
        ("sea 1\nsea 0\nland 2\n", ["2 classes are called 'sea'"]),
        ("name id\nsea 0\nsea 1\n", ["2 classes are called 'sea'"]),
        ("", ["no class names"]),
    ],
)
def test_what_could_mean_two_things_is_refused(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "classes").write_text(text)
    said = refusal(read_classes, tmp_path / "classes")
    assert all(word in said for word in [str(tmp_path / "classes"), *words])
