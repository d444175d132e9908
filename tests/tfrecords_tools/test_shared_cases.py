"""Odd folders and lists from practice (../shared/cases) are read whole, or refused."""

import os
import re
import shutil
import warnings
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import REPOSITORY
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.convert import convert
from tfrecords_tools.dataset import open_dataset
from tfrecords_tools.examples import Collection
from tfrecords_tools.folders import class_folders
from tfrecords_tools.lists import listed_images
from tfrecords_tools.options import Options

CASES = Path(os.environ.get("ARTGAN_CASES", REPOSITORY.parent / "shared" / "cases"))
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="no ../shared/cases: set ARTGAN_CASES")
pytestmark = [pytest.mark.data, needs_cases]

FOLDERS: dict[str, tuple[dict[str, int], list[str]]] = {  # -> images per split, warnings
    "file_names": ({"all": 34}, []),
    "folder_capital_splits": ({"train": 24, "test": 24}, []),
    "folder_long_names": ({"all": 36}, []),
    "folder_odd_names": ({"all": 144}, []),
    "folder_suffixes": ({"all": 48}, []),
    "folder_symlinks/set2": ({"all": 24}, ["not images .* are skipped: oils/vol2"]),
    "kaggle_test": (
        {"all": 24},
        [r"outside the class folders of .*kaggle_test \(12\) .* test/000\.png"],
    ),
    "kaggle_test/test": ({"all": 12}, []),
    "loose_images": (
        {"all": 24},
        [r"outside the class folders of .* \(30\) are skipped: 000\.png"],
    ),
    "train_and_dev": ({"train": 24, "val": 24}, []),
}


def caught(make: Callable[[], Collection], source: Path) -> tuple[Collection, list[str]]:
    """Return a checked result and its warnings."""
    with warnings.catch_warnings(record=True, action="always") as told:
        made = make()
        made.check(source)
    return made, [str(each.message) for each in told]


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_give_all_their_images(name: str) -> None:
    images, sentences = FOLDERS[name]
    found, told = caught(lambda: class_folders(CASES / name), CASES / name)
    assert Counter(example.split for example in found.examples) == images
    assert len(told) == len(sentences)
    assert all(map(re.search, sentences, told))
    assert not {"Test", "Train", "train", "dev"} & {*found.class_names}


def test_linked_class_folders_are_followed_also_by_lists(tmp_path: Path) -> None:
    """The copied links are files that contain the target's path."""
    store = CASES / "folder_symlinks" / "store"
    for name in ("inks", "oils"):
        (tmp_path / "set" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "set" / name).symlink_to(store / name)
    lists = {"all": CASES / "folder_symlinks" / "labels.csv"}
    listed = listed_images(tmp_path / "set", lists, None)
    assert sorted(listed.examples) == sorted(class_folders(tmp_path / "set").examples)
    assert len(listed.examples) == 24
    shutil.copytree(CASES / "folder_symlinks" / "set2", tmp_path / "set2", copy_function=os.link)
    (tmp_path / "set2" / "oils" / "vol2").unlink()
    (tmp_path / "set2" / "oils" / "vol2").symlink_to(store / "more")
    assert len(class_folders(tmp_path / "set2").examples) == 24 + len(list(store.glob("more/*")))


def test_a_class_that_ends_with_a_space_is_refused() -> None:
    source = CASES / "folder_trailing_space2"
    with pytest.raises(InputError, match="'trees ' is not a class name"):
        class_folders(source).check(source)


@pytest.mark.parametrize("name", ["file_names", "folder_odd_names", "folder_suffixes"])
def test_odd_files_are_converted(name: str, tmp_path: Path) -> None:
    convert(Options(CASES / name, tmp_path / "set", size=8, workers=1))
    found = class_folders(CASES / name)
    dataset = open_dataset(tmp_path / "set")
    assert dataset.class_names == found.class_names
    assert sum(n for of in dataset.shards.values() for _, n in of) == len(found.examples)


LP, PS = ("landscape", "portrait"), ("portrait", "still life")
NUMBERS = tuple(map(str, range(12)))
LISTS: dict[str, tuple[str, ...] | str] = {  # list -> its classes, or words of the error
    "list_two_headers/joined.csv": LP,
    "list_two_headers/train.csv": LP,
    "list_two_headers/train_num.csv": NUMBERS,
    "list_two_headers/val.csv": LP,
    "list_two_headers/val_num.csv": NUMBERS,
    "list_more/blank.csv": LP,
    "list_more/case.csv": ("Portrait", "landscape", "portrait"),
    "list_more/comment.csv": LP,
    "list_more/float.csv": ("0.0", "1.0"),
    "list_more/inches.csv": ('12" panel', '24" panel'),
    "list_more/missing_first.csv": ("abstract", "landscape", "portrait"),
    "list_more/noext.csv": LP,
    "list_more/onebased.csv": ("1", "2"),
    "list_more/sep.csv": LP,
    "list_more/spaces.csv": LP,
    "list_more/three.csv": LP,
    "list_more/upper.csv": LP,
    "list_more/url.csv": LP,
    "list_more/one_unlabelled.csv": "line 5: '003.png' has no label",
    "list_more/first_unlabelled.csv": "line 1: '000.png' has no label",
    "list_more/nan.csv": "line 2: '000.png' has no label",
    "list_more/negative.csv": "the label -1",
    "list_more/only_header.csv": "without any rows",
    "list_more/quote_open.csv": "unexpected end",
    "list_more/zeropad.csv": "same number",
    "list_semicolon/backslash.csv": PS,
    "list_semicolon/cr.csv": PS,
    "list_semicolon/dot.csv": PS,
    "list_semicolon/nbsp.csv": "line break",
    "list_semicolon/pandas.csv": PS,
    "list_semicolon/quoted.csv": ('por"trait', "still, life"),
    "list_semicolon/semi.csv": PS,
    "list_semicolon/swapped.csv": PS,
    "list_semicolon/tab.tsv": PS,
    "list_semicolon/trailing.csv": PS,
    "list_semicolon/utf16.csv": PS,
    "list_semicolon/withfolder.csv": PS,
    "list_cp1252/labels.csv": ("Musée", "portrait"),
    "list_empty_label/labels.csv": "line 4: '002.png' has no label",
    "list_newline_label/labels.csv": "line break",
}


def plain_lines(file: Path) -> list[str]:
    data = file.read_bytes()
    encoding = "utf-16" if data[:2] == b"\xff\xfe" else "cp1252" if "1252" in str(file) else "utf-8"
    return data.decode(encoding).replace('""', '"').splitlines()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LISTS)
def test_lists_are_read_or_refused(name: str) -> None:
    file, expected = CASES / name, LISTS[name]
    if isinstance(expected, str):
        with pytest.raises(InputError, match=re.escape(expected)):
            listed_images(file.parent / "img", {"all": file}, None)
        return
    found, lines = listed_images(file.parent / "img", {"all": file}, None), plain_lines(file)
    assert found.class_names == expected
    assert len(found.examples) == sum(any(c.isdecimal() for c in line) for line in lines)
    for example in found.examples:
        (line,) = (line for line in lines if example.key[:3] in line.upper())
        assert found.class_names[example.label] in line.replace(example.key, "")


def test_no_list_is_left_out() -> None:
    lists = [path for path in CASES.glob("list_*/*") if path.suffix in (".csv", ".tsv")]
    assert {path.relative_to(CASES).as_posix() for path in lists} == {*LISTS}


def test_train_and_val_have_a_header_each() -> None:
    root = CASES / "list_two_headers"
    for suffix, names in (("", LP), ("_num", NUMBERS)):
        lists = {split: root / f"{split}{suffix}.csv" for split in ("train", "val")}
        found, told = caught(partial(listed_images, root / "img", lists, None), root)
        assert (found.class_names, found.listing.missing, told) == (names, [], [])
        assert Counter(e.split for e in found.examples) == {"train": 36, "val": 12}


def test_a_class_file_may_have_more_classes_and_commas() -> None:
    root = CASES / "class_file"
    for name, names, sentences in (
        ("more.txt", ("portrait", "landscape", "abstract"), ["training images of abstract"]),
        ("quoted.csv", ("portrait", "landscape, sea"), []),
    ):
        make = partial(listed_images, root / "img", {"all": root / "labels.csv"}, root / name)
        found, told = caught(make, root)
        assert found.class_names == names
        assert len(told) == len(sentences)
        assert all(map(re.search, sentences, told))
