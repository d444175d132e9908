"""Every change to a source's images is reported, with the class and split."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from artgan_tf.config import Data
from artgan_tf.data.fingerprint import Fingerprint, changes, fingerprint
from artgan_tf.data.spec import open_source
from tests.tfrecords_tools.conversions import converted

NAMES = ("landscape", "portrait")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Class folders with twelve training and four held-out images per class."""
    root = tmp_path / "data"
    for split, count in (("train", 12), ("val", 4)):
        for number in range(count):
            for label, name in enumerate(NAMES):
                file = root / split / name / f"{number:03d}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", (8, 8), (number, 0, label)).save(file)
    return root


ONE, OTHER = "train/portrait/001.png", "train/landscape/001.png"
EXCHANGE = {ONE: "train/landscape/new.png", OTHER: ONE}
CHANGES: list[tuple[dict[str, str], str]] = [  # new names of files, "" of one that is deleted
    ({"val/portrait/001.png": ""}, "3 held-out images of portrait, not 4"),
    (
        {ONE: "train/landscape/new.png"},
        "13 train images of landscape, not 12, 11 train images of portrait, not 12",
    ),
    (EXCHANGE, "different train images of landscape"),
    ({ONE: "train/portrait/z.png"}, "different train images of portrait"),
]


def found(kind: str, folder: Path) -> Fingerprint:
    """Fingerprint of the class folders, read directly or converted."""
    out = folder.with_name("packed")
    if kind == "tfrecords":
        shutil.rmtree(out, ignore_errors=True)
        converted(folder, out, "--size", 8, "--encoding", "raw", "--crop", "center")
    elif kind == "arrays":
        out = out.with_suffix(".npz")
        pack(folder, out)
    else:
        out = folder
    return fingerprint(open_source(Data(spec=f"{kind}:{out}", image_size=8)))


def pack(folder: Path, out: Path) -> None:
    arrays: dict[str, Any] = {"class_names": np.array(NAMES)}
    for split, prefix in (("train", ""), ("val", "val_")):
        files = sorted((folder / split).glob("*/*.png"), key=lambda file: file.name)
        arrays[f"{prefix}images"] = np.stack([np.asarray(Image.open(file)) for file in files])
        arrays[f"{prefix}labels"] = np.array([NAMES.index(file.parent.name) for file in files])
    np.savez(out, **arrays)


@pytest.mark.parametrize(
    ("kind", "change", "told"),
    [
        *(("folder", *change) for change in CHANGES),
        ("arrays", EXCHANGE, "different train images of portrait"),
        ("tfrecords", EXCHANGE, "different train images of all classes"),
    ],
)
def test_what_has_changed_is_told(
    kind: str, change: dict[str, str], told: str, folder: Path
) -> None:
    before = found(kind, folder)
    assert changes(before, found(kind, folder)) == ""
    for old, new in change.items():
        if new:
            (folder / old).rename(folder / new)
        else:
            (folder / old).unlink()
    assert changes(before, found(kind, folder)).startswith(told)


def test_another_spelling_of_the_folder_is_no_change(folder: Path, monkeypatch: Any) -> None:
    before = found("folder", folder)
    monkeypatch.chdir(folder.parent)
    now = found("folder", Path(folder.name))
    assert changes(before, now) == ""
    by_names = {"train": {"portrait": {"images": 1, "names": "of an earlier version"}}}
    told = changes(by_names, {"train": now["train"]})
    assert "train images of portrait, not 1" in told
    assert "different" not in told


def test_a_group_without_images_that_is_gone_is_no_change() -> None:
    assert changes({"train": {"a": {"images": 0}}}, {"train": {}}) == ""


def test_a_damaged_shard_whose_records_are_left_out_is_a_change(folder: Path) -> None:
    before = found("tfrecords", folder)
    (shard,) = folder.with_name("packed").glob("*-train*")
    shard.write_bytes(shard.read_bytes()[:-9])
    data = Data(spec=f"tfrecords:{folder.with_name('packed')}", image_size=8, on_corrupt="skip")
    with pytest.warns(UserWarning, match="1 of 24 records"):
        now = fingerprint(open_source(data))
    assert changes(before, now) == "23 train images of all classes, not 24"


def test_many_changes_are_a_short_sentence() -> None:
    before = {"train": {str(i): {"images": i, "keys": ""} for i in range(1, 9)}}
    assert changes(before, {"train": {}}) == (
        "0 train images of 1, not 1, 0 train images of 2, not 2, 0 train images of 3, not 3, "
        "5 more changes"
    )
