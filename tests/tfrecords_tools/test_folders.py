"""Class folders as a source of conversions: splits, what counts as an image, and what is told."""

import os
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from artgan_tf.config import Data
from artgan_tf.data.spec import open_source
from tests.tfrecords_tools.conversions import convert, pictures, refusal
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.folders import class_folders, files
from tfrecords_tools.images import read_image

SIX = [f"{number}.png" for number in range(6)]


def keys(root: Path) -> list[str]:
    return [example.key for example in class_folders(root).examples]


# ---- splits ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("names", "expected"),  # of each image: split and class
    [
        ("train/a/1.png train/b/2.png val/b/3.png test/a/4.png", "train:a train:b val:b test:a"),
        ("train/a/1.png valid/a/2.png", "train:a val:a"),
        ("Training/a/1.png Training/b/2.png Validation/a/3.png", "train:a train:b val:a"),
        ("TRAIN/a/1.png dev/a/2.png testing/a/3.png", "train:a val:a test:a"),
        ("train/a/1.png train/b/2.png", "all:a all:b"),
        ("train/1.png", "all:train"),  # pictures of trains
        ("train/1.png plane/2.png", "all:train all:plane"),
        ("a/1.png b/deep/er/2.png", "all:a all:b"),
    ],
)
def test_splits_and_classes_are_the_folders(tmp_path: Path, names: str, expected: str) -> None:
    found = class_folders(pictures(tmp_path, *names.split()))
    assert found.class_names == tuple(sorted(found.class_names))
    made = {e.key: f"{e.split}:{found.class_names[e.label]}" for e in found.examples}
    assert made == dict(zip(names.split(), expected.split(), strict=True))
    assert found.divided == ("val" in expected)


def test_a_folder_named_as_a_class_labels_no_unlabelled_images(tmp_path: Path) -> None:
    names = ("train/cats/1.png", "train/dogs/2.png", "val/cats/3.png", "test/4.png")
    root = pictures(tmp_path, *(f"cats/{name}" for name in names)) / "cats"
    with pytest.warns(UserWarning, match=r"\(1\) are skipped: test/4\.png\.$"):
        assert keys(root) == list(names[:3])


@pytest.mark.parametrize(
    ("names", "loose", "told"),
    [
        ("a/1.png b/2.png", "x.png y.JPG", "x.png, y.JPG"),
        ("train/a/1.png val/a/2.png", "old/b/y.png x.png", "old/b/y.png, x.png"),
        ("train/a/1.png val/a/2.png", "train/x.png", "train/x.png"),
        ("train/a/1.png val/a/2.png", "val/x.png", "val/x.png"),
        ("train/a/1.png val/a/2.png", "validation/a/3.png", "validation/a/3.png"),
        ("train/a/1.png train/b/2.png", "test/3.png", "test/3.png"),  # without labels
        ("train/a/1.png", "x.png", "x.png"),
        ("a/1.png", " ".join(SIX), f"{', '.join(SIX[:5])} and 1 more"),
    ],
)
def test_images_beside_folders_are_told(tmp_path: Path, names: str, loose: str, told: str) -> None:
    root = pictures(tmp_path, *names.split(), *loose.split())
    with pytest.warns(UserWarning, match=rf"are skipped: {re.escape(told)}\.$"):
        assert keys(root) == names.split()


@pytest.mark.parametrize(
    "names",
    [
        ["set/train/a/1.png", "set/train/b/2.png", "set/val/a/3.png"],  # as archives unpack
        ["seg_train/seg_train/a/1.png", "seg_train/seg_train/b/2.png", "seg_test/a/3.png"],
        ["a/train/1.png", "a/val/2.png", "b/train/3.png"],
    ],
)
def test_folders_in_all_class_folders_are_told_of(tmp_path: Path, names: list[str]) -> None:
    folders = ", ".join(sorted({Path(name).parent.as_posix() for name in names}))
    told = rf"only folders, which count neither as classes nor as splits \({folders}\)"
    with pytest.warns(UserWarning, match=told):
        assert sorted(keys(pictures(tmp_path, *names))) == sorted(names)


def test_a_class_folder_without_images_is_told_of(tmp_path: Path) -> None:
    root = pictures(tmp_path, "a/1.png", "b/2.png")
    (root / "c").mkdir()
    with pytest.warns(UserWarning, match=r"without images \(1\) are skipped: c\.$"):
        assert class_folders(root).class_names == ("a", "b")


def test_training_and_the_converter_tell_of_what_is_left_out(tmp_path: Path) -> None:
    root = pictures(tmp_path, *(f"set/a/{n}.png" for n in range(20)), "set/loose.png") / "set"
    told = f"Images outside the class folders of {root} (1) are skipped: loose.png."
    with warnings.catch_warnings(action="always"):
        assert f"warning: {told}" in convert(root, tmp_path / "out", "--dry-run").stderr
    with pytest.warns(UserWarning, match=re.escape(told)):
        open_source(Data(spec=f"folder:{root}"))


# ---- files -----------------------------------------------------------------------------------
def test_every_usual_suffix_is_an_image(tmp_path: Path) -> None:
    suffixes = ("JPG", "Tiff", "bmp", "gif", "jpeg", "jpg", "tif", "webp")
    names = [f"a/1.{suffix}" for suffix in suffixes]
    assert keys(pictures(tmp_path, *names)) == names


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        *((".jfif", "JPEG"), (".jpg?itok=ab12", "JPEG"), (".avif", "AVIF"), (".jp2", "JPEG2000")),
        *((".ppm", "PPM"), (".tga", "TGA"), ("", "PNG")),
    ],
)
def test_an_image_is_known_by_its_content(tmp_path: Path, suffix: str, kind: str) -> None:
    file = pictures(tmp_path, "a/1.png") / "a" / f"2{suffix}"
    Image.new("RGB", (8, 8)).save(file, kind)
    assert keys(file.parent.parent) == ["a/1.png", f"a/2{suffix}"]
    assert read_image(file, 8).shape == (8, 8, 3)


def test_what_is_no_image_among_images_is_counted_and_named(tmp_path: Path) -> None:
    root = pictures(tmp_path, "train/a/1.png", "val/a/2.png")
    for name in ("train/a/3.heic", "train/a/notes.zip", "val/a/4.svg", "val/a/notes.md"):
        (root / name).write_text("no image")
    told = r"\(3\) are skipped: train/a/3\.heic, train/a/notes\.zip, val/a/4\.svg\.$"
    with pytest.warns(UserWarning, match=told):
        assert keys(root) == ["train/a/1.png", "val/a/2.png"]


@pytest.mark.filterwarnings("error")
def test_what_systems_keep_beside_images_is_passed_by(tmp_path: Path) -> None:
    """Opening a pipe would block until another process writes into it."""
    root = pictures(
        tmp_path, "a/1.png", "b/2.png", "@eaDir/a/1.png", "a/@eaDir/1.png/THUMB.jpg", ".x.png"
    )
    pictures(tmp_path, "__MACOSX/a/1.png", "$RECYCLE.BIN/1.png", "b/#recycle/3.png", ".old/b/3.png")
    for name in ("Thumbs.db", "a/Thumbs.db", "b/desktop.ini", "b/.DS_Store", "a/._1.png"):
        (root / name).write_bytes(b"none")
    os.mkfifo(root / "a" / "pipe.png")
    (root / "README.md").write_text("")
    assert keys(root) == ["a/1.png", "b/2.png"]
    found = [path.relative_to(root).as_posix() for path in files(root)]
    assert found == ["README.md", "a/1.png", "b/2.png"]


def test_links_are_followed_unless_they_go_round(tmp_path: Path) -> None:
    root = pictures(
        tmp_path, "elsewhere/b/1.png", "elsewhere/more/4.png", "elsewhere/2.png", "set/a/3 ü&.png"
    )
    for link, target in (
        *(("a/link.png", "elsewhere/2.png"), ("a/more", "elsewhere/more"), ("b", "elsewhere/b")),
        *(("a/loop", "set"), ("a/x", "set/c"), ("c/y", "set/a")),
    ):
        (root / "set" / link).parent.mkdir(exist_ok=True)
        (root / "set" / link).symlink_to(root / target)
    pictures(tmp_path, "set/c/5.png")
    found = class_folders(root / "set")
    of_a = ["3 ü&.png", "link.png", "more/4.png"]
    assert sorted(example.key for example in found.examples) == [
        *(f"a/{name}" for name in of_a), "a/x/5.png", "b/1.png", "c/5.png",
        *(f"c/y/{name}" for name in of_a),
    ]  # fmt: skip
    for example in found.examples:
        assert Path(str(found.read(example.key))).is_file()


# ---- refusals --------------------------------------------------------------------------------
def test_an_unreadable_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise its images would be missing; root can read every folder."""
    root = pictures(tmp_path, "a/1.png", "b/2.png")
    scandir = os.scandir

    def deny(place: Path) -> Any:
        if Path(place).name == "b":
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", deny)
    with pytest.raises(InputError, match="b cannot be read: Permission denied"):
        class_folders(root)


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_class_that_is_not_trained_on_is_refused(tmp_path: Path, split: str) -> None:
    root = pictures(tmp_path, "train/a/1.png", "val/a/2.png", "test/a/3.png", f"{split}/elf/4.png")
    told = f"{root} has held-out images but no training images of elf: "
    assert refusal(class_folders(root).check, root).startswith(told)


def test_no_folder_and_no_images_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("")
    (tmp_path / "set.zip").write_bytes(b"PK")
    only = r"holds no images .*, only a/notes\.txt, set\.zip: give"
    file = r"set\.zip is a file: .* unpack"
    for name, word in (("", only), ("nowhere", "nowhere"), ("set.zip", file)):
        with pytest.raises(InputError, match=word):
            class_folders(tmp_path / name)
