"""Odd inputs that were met (../shared/cases), against what independent programs make of them."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from tests.tfrecords_tools.conversions import REPOSITORY
from tfrecords_tools.class_files import read_classes
from tfrecords_tools.errors import InputError
from tfrecords_tools.folders import class_folders
from tfrecords_tools.images import UnreadableImage, read_image
from tfrecords_tools.lists import listed_images

CASES = Path(os.environ.get("ARTGAN_CASES", REPOSITORY.parent / "shared" / "cases"))
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="no ../shared/cases: set ARTGAN_CASES")
pytestmark = [pytest.mark.data, needs_cases]

UNREADABLE = {"tiff32float_rgb.tif"}  # Pillow knows no floats in colour
# Its values were multiplied in 16 bits, and overflowed, before they were packed.
WRONG = {"tiff12_blackiszero.tif"}


def test_odd_pictures_become_what_their_definition_says() -> None:
    expected = np.load(CASES / "images" / "expected.npz")
    seen = set()
    for name in sorted(set(expected.files) - WRONG):
        path = CASES / "images" / "files" / name
        if not path.is_file():
            continue
        try:
            image = read_image(path, 64).astype(int)
        except UnreadableImage:
            seen.add(name)
            continue
        assert np.abs(image - expected[name]).max() <= 2, name
    assert seen == UNREADABLE


@pytest.mark.parametrize("name", ["cmyk_icc.jpg", "cmyk_icc.tif", "p3.jpg"])
def test_profiles_mean_what_little_cms_and_libvips_make_of_them(name: str) -> None:
    expected = np.load(CASES / "icc" / f"{name}.want.npy").astype(int)
    image = read_image(CASES / "icc" / name, len(expected)).astype(int)
    assert np.abs(image - expected).max() <= 2


@pytest.mark.parametrize("name", ["float255_overshoot.tif", "float_minus1_1.tif"])
def test_floats_beyond_one_are_unreadable(name: str) -> None:
    with pytest.raises(UnreadableImage, match="floats go from"):
        read_image(CASES / "images" / "overshoot" / name, 64)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("folder", "classes", "images"),
    [
        ("folder_suffixes", ("avif_only", "jfif_only", "jp2_only", "plain"), 48),
        ("folder_capital_splits", ("cats", "dogs"), 48),
        ("kaggle_test", ("cats", "dogs"), 24),
        ("train_and_dev", ("a", "b"), None),
    ],
)
def test_folders_give_all_their_classes(
    folder: str, classes: tuple[str, ...], images: int | None
) -> None:
    found = class_folders(CASES / folder)
    assert found.class_names == classes
    assert images is None or len(found.examples) == images


LISTS: dict[str, tuple[str, ...] | str] = {  # list -> its classes, or a word of the refusal
    "list_two_headers/joined.csv": ("landscape", "portrait"),
    "list_more/sep.csv": ("landscape", "portrait"),
    "list_more/blank.csv": ("landscape", "portrait"),
    "list_more/comment.csv": ("landscape", "portrait"),
    "list_more/float.csv": ("0.0", "1.0"),
    "list_more/inches.csv": ('12" panel', '24" panel'),
    "list_more/missing_first.csv": ("abstract", "landscape", "portrait"),
    "list_more/three.csv": ("landscape", "portrait"),
    "list_more/upper.csv": ("landscape", "portrait"),
    "list_more/one_unlabelled.csv": "line 5: '003.png' has no label",
    "list_more/first_unlabelled.csv": "line 1: '000.png' has no label",
    "list_more/nan.csv": "line 2: '000.png' has no label",
    "list_more/negative.csv": "the label -1",
    "list_more/only_header.csv": "nothing follows",
    "list_more/quote_open.csv": "unexpected end",
    "list_more/zeropad.csv": "same number",
    "list_semicolon/semi.csv": ("portrait", "still life"),
    "list_semicolon/tab.tsv": ("portrait", "still life"),
    "list_semicolon/utf16.csv": ("portrait", "still life"),
    "list_semicolon/swapped.csv": ("portrait", "still life"),
    "list_semicolon/trailing.csv": ("portrait", "still life"),
    "list_semicolon/pandas.csv": ("portrait", "still life"),
    "list_semicolon/cr.csv": ("portrait", "still life"),
    "list_semicolon/nbsp.csv": "line break",
    "list_cp1252/labels.csv": ("Musée", "portrait"),
    "list_empty_label/labels.csv": "line 4: '002.png' has no label",
    "list_newline_label/labels.csv": "line break",
}
READ = {"bom.txt", "colon.txt", "comment.txt", "dot.txt", "header.csv", "reversed.csv"}
READ |= {"reversed.txt", "semicolon.csv", "tab.tsv", "utf16.txt"}
REFUSED = {
    "json.json": "line 1",
    "labels.csv": "line 4",
    "numbers.txt": "another one's number",
    "onebased.txt": "line 2",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LISTS)
def test_lists_are_read_or_refused(name: str) -> None:
    file, expected = CASES / name, LISTS[name]
    if isinstance(expected, tuple):
        assert listed_images(file.parent / "img", {"all": file}, None).class_names == expected
    else:
        with pytest.raises(InputError, match=re.escape(expected)):
            listed_images(file.parent / "img", {"all": file}, None)


@pytest.mark.parametrize("name", sorted(READ))
def test_class_files_of_one_meaning_are_read(name: str) -> None:
    classes = read_classes(CASES / "class_file" / name)
    assert classes == {"portrait": 0, "landscape": 1, "0": 0, "1": 1}


@pytest.mark.parametrize("name", REFUSED)
def test_other_class_files_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=REFUSED[name]):
        read_classes(CASES / "class_file" / name)
