"""Odd folders from practice (../shared/cases) are read whole, or refused."""

import os
import re
import shutil
import warnings
from collections import Counter
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import REPOSITORY, converted
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.folders import class_folders
from tfrecords_tools.lists import listed_images

CASES = Path(os.environ.get("ARTGAN_CASES", REPOSITORY.parent / "shared" / "cases"))
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="no ../shared/cases: set ARTGAN_CASES")
pytestmark = [pytest.mark.data, needs_cases]

FOLDERS = {  # -> images per split, and the warning
    "file_names": ({"all": 34}, ""),
    "folder_capital_splits": ({"train": 24, "test": 24}, ""),
    "folder_long_names": ({"all": 36}, ""),
    "folder_odd_names": ({"all": 144}, ""),
    "folder_suffixes": ({"all": 48}, ""),
    "folder_symlinks/set2": ({"all": 24}, "not images .* are skipped: oils/vol2"),
    "kaggle_test": ({"all": 24}, r"outside the class folders of .*_test \(12\) .* test/000\.png"),
    "kaggle_test/test": ({"all": 12}, ""),
    "loose_images": ({"all": 24}, r"outside the class folders of .* \(30\) .*: 000\.png"),
    "train_and_dev": ({"train": 24, "val": 24}, ""),
}
CONVERTED = ("file_names", "folder_odd_names", "folder_suffixes")


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_give_all_their_images(name: str, tmp_path: Path) -> None:
    images, sentence = FOLDERS[name]
    with warnings.catch_warnings(record=True, action="always") as caught:
        found = class_folders(CASES / name)
        found.check(name)
    told = [str(each.message) for each in caught]
    assert Counter(example.split for example in found.examples) == images
    assert len(told) == bool(sentence)
    assert re.search(sentence, " ".join(told))
    assert not {"Test", "Train", "train", "dev"} & {*found.class_names}
    if name in CONVERTED:
        made = converted(CASES / name, tmp_path / "set", "--size", 8)
        assert made["classes"] == list(found.class_names)
        records = [split["records"] for split in made["splits"].values()]
        assert sum(records) == len(found.examples)


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
