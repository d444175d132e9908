"""Class files as people write them: read if they are unambiguous, else refused."""

from pathlib import Path

import pytest

from tfrecords_tools.class_files import read_classes
from tfrecords_tools.common.errors import InputError

SEA = {"portrait": 0, "landscape, sea": 1, "0": 0, "1": 1}


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
