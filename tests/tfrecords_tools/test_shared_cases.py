"""Odd inputs that were met (../shared/cases), against what independent programs make of them."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.tfrecords_tools.conversions import REPOSITORY
from tfrecords_tools.folders import class_folders
from tfrecords_tools.images import UnreadableImage, read_image

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
