"""Class folders as a source of conversions; `tests/data/test_folder.py` tests the layouts."""

import os
import re
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from artgan_tf.fit import fit
from tfrecords_tools.common import cli
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.convert import convert
from tfrecords_tools.examples import Example
from tfrecords_tools.folders import class_folders, files
from tfrecords_tools.images import read_image
from tfrecords_tools.options import Options

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write("train/a/1.png", ...)` writes small images to a temporary folder, and returns it."""

    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8)).save(path)
        return tmp_path

    return make


def keys(root: Path) -> list[str]:
    return [example.key for example in class_folders(root).examples]


# ---- splits ----------------------------------------------------------------------------------
def test_train_val_and_test_are_three_splits(write: Write) -> None:
    root = write("train/a/1.png", "train/b/2.png", "val/b/3.png", "test/a/4.png", "test/b/5.png")
    found = class_folders(root)
    assert found.class_names == ("a", "b")
    assert found.divided
    assert Counter(found.examples) == Counter(
        [
            Example("train", "train/a/1.png", 0),
            Example("train", "train/b/2.png", 1),
            Example("val", "val/b/3.png", 1),
            Example("test", "test/a/4.png", 0),
            Example("test", "test/b/5.png", 1),
        ]
    )


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_validation_has_three_names(write: Write, name: str) -> None:
    found = class_folders(write("train/a/1.png", f"{name}/a/2.png"))
    assert [example.split for example in found.examples] == ["train", "val"]


def test_of_two_validation_folders_only_the_first_counts(write: Write) -> None:
    root = write("train/a/1.png", "val/a/2.png", "validation/a/3.png", "test/a/4.png")
    with pytest.warns(UserWarning, match=r"are skipped: validation/a/3\.png\."):
        assert sorted(keys(root)) == ["test/a/4.png", "train/a/1.png", "val/a/2.png"]


def test_class_folders_alone_are_still_to_be_divided(write: Write) -> None:
    found = class_folders(write("a/1.png", "b/2.png"))
    assert not found.divided
    assert {example.split for example in found.examples} == {"all"}


@pytest.mark.parametrize(
    ("names", "loose", "told"),
    [
        (["a/1.png", "b/2.png"], ["x.png", "y.JPG"], "x.png, y.JPG"),
        (["train/a/1.png", "val/a/2.png"], ["x.png", "old/b/y.png"], "old/b/y.png, x.png"),
        (["train/a/1.png", "val/a/2.png"], ["train/x.png"], "train/x.png"),
        (["train/a/1.png", "val/a/2.png"], ["val/x.png"], "val/x.png"),
        (["train/a/1.png"], ["x.png"], "x.png"),
        (
            ["a/1.png"],
            [f"{i}.png" for i in range(9)],
            "0.png, 1.png, 2.png, 3.png, 4.png and 4 more",
        ),
    ],
)
def test_images_beside_the_folders_that_count_are_told_of(
    write: Write, names: list[str], loose: list[str], told: str
) -> None:
    root = write(*names, *loose)
    with pytest.warns(UserWarning, match=rf"are skipped: {re.escape(told)}\.$"):
        assert keys(root) == names


@pytest.mark.filterwarnings("error")
def test_nothing_is_told_of_files_that_are_no_images(write: Write) -> None:
    root = write("train/a/1.png", "val/a/2.png", ".x.png", ".old/b/3.png", "train/a/deep/4.png")
    (root / "README.md").write_text("")
    assert len(keys(root)) == 3


@pytest.mark.parametrize(
    ("train", "held_out", "split"),
    [
        ("Train", "Test", "test"),
        ("TRAIN", "VAL", "val"),
        ("training", "testing", "test"),
        ("Training", "Validation", "val"),
        ("train", "dev", "val"),
        ("train", "Valid", "val"),
    ],
)
def test_splits_have_names_in_any_case_and_the_usual_others(
    write: Write, train: str, held_out: str, split: str
) -> None:
    found = class_folders(
        write(f"{train}/cats/1.png", f"{train}/dogs/2.png", f"{held_out}/cats/3.png")
    )
    assert found.class_names == ("cats", "dogs")
    assert [example.split for example in found.examples] == ["train", "train", split]


def test_images_to_be_judged_have_no_classes_and_are_told_of(write: Write) -> None:
    root = write("train/cats/1.png", "train/dogs/2.png", "test/3.png", "test/4.png")
    with pytest.warns(UserWarning, match=r"\(2\) are skipped: test/3\.png, test/4\.png\.$"):
        found = class_folders(root)
    assert found.class_names == ("cats", "dogs")
    assert not found.divided


# ---- files -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "suffix", ["jpg", "JPG", "jpeg", "png", "bmp", "gif", "webp", "tif", "Tiff"]
)
def test_every_usual_suffix_is_an_image(write: Write, suffix: str) -> None:
    assert keys(write(f"a/1.{suffix}")) == [f"a/1.{suffix}"]


@pytest.mark.parametrize("suffix", [".jfif", ".avif", ".jp2", ".ppm", ".tga", ".jpg?itok=ab12", ""])
def test_an_image_is_known_by_its_content(write: Write, suffix: str) -> None:
    root = write("a/1.png")
    kinds = {
        ".jfif": "JPEG",
        ".jpg?itok=ab12": "JPEG",
        ".avif": "AVIF",
        ".jp2": "JPEG2000",
        "": "PNG",
    }
    file = root / "a" / f"2{suffix}"
    Image.new("RGB", (8, 8)).save(file, kinds.get(suffix, suffix[1:].upper()))
    assert keys(root) == ["a/1.png", f"a/2{suffix}"]
    assert read_image(file, 8).shape == (8, 8, 3)


def test_what_is_no_image_among_images_is_counted_and_named(write: Write) -> None:
    root = write("train/a/1.png", "val/a/2.png")
    for name in ("train/a/3.heic", "train/a/notes.zip", "val/a/4.svg"):
        (root / name).write_text("no image")
    told = r"\(3\) are skipped: train/a/3\.heic, train/a/notes\.zip, val/a/4\.svg\.$"
    with pytest.warns(UserWarning, match=told):
        assert keys(root) == ["train/a/1.png", "val/a/2.png"]


def test_a_class_folder_without_images_is_told_of(write: Write) -> None:
    root = write("a/1.png", "b/2.png")
    (root / "c").mkdir()
    with pytest.warns(UserWarning, match=r"without images \(1\) are skipped: c\.$"):
        assert class_folders(root).class_names == ("a", "b")


@pytest.mark.parametrize(
    "names",
    [
        ["set/train/a/1.png", "set/train/b/2.png", "set/val/a/3.png"],  # as archives unpack
        ["seg_train/seg_train/a/1.png", "seg_train/seg_train/b/2.png", "seg_test/a/3.png"],
        ["a/train/1.png", "a/val/2.png", "b/train/3.png"],
    ],
)
def test_folders_in_all_class_folders_are_told_of(write: Write, names: list[str]) -> None:
    folders = ", ".join(sorted({Path(name).parent.as_posix() for name in names}))
    told = rf"only folders, which count neither as classes nor as splits \({folders}\)"
    with pytest.warns(UserWarning, match=told):
        assert sorted(keys(write(*names))) == sorted(names)


@pytest.mark.filterwarnings("error")
def test_what_systems_keep_beside_images_is_passed_by(write: Write) -> None:
    root = write("a/1.png", "b/2.png", "@eaDir/a/1.png", "a/@eaDir/1.png/THUMB.jpg")
    write("__MACOSX/a/1.png", "$RECYCLE.BIN/1.png", "b/#recycle/3.png")
    for name in ("Thumbs.db", "a/Thumbs.db", "b/desktop.ini", "b/.DS_Store", "a/._1.png"):
        (root / name).write_bytes(b"none")
    assert keys(root) == ["a/1.png", "b/2.png"]


@pytest.mark.slow
def test_all_verbs_tell_of_what_is_left_out(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write(*(f"set/a/{n}.png" for n in range(20)), "set/loose.png") / "set"
    sizes = ("--size", "8", "--workers", "1")
    convert_flags = [str(root), "--out", str(tmp_path / "out"), *sizes]
    for main_, flags, options in (
        (convert, [*convert_flags, "--dry-run"], Options),
        (convert, convert_flags, Options),
        (fit, ["--data", f"folder:{root}", "--set", "data.classes=0", "--dry-run"], None),
    ):
        with warnings.catch_warnings(action="always"), pytest.raises(SystemExit) as stopped:
            cli.main(main_, "verb", flags, options)
        assert stopped.value.code == 0
        assert (
            f"warning: Images outside the class folders of {root} (1) are skipped: loose.png."
            in capsys.readouterr().err
        )


def test_keys_lead_to_the_files(write: Write) -> None:
    root = write("a/deep/er/1.png", "b/with space & ü.png")
    found = class_folders(root)
    assert sorted(keys(root)) == ["a/deep/er/1.png", "b/with space & ü.png"]
    for key in keys(root):
        path = found.read(key)
        assert isinstance(path, Path)
        assert path.is_file()


def test_links_to_files_and_folders_are_followed(write: Write, tmp_path: Path) -> None:
    write("elsewhere/pictures/1.png", "elsewhere/more/4.png", "elsewhere/2.png", "source/a/3.png")
    (tmp_path / "source" / "a" / "link.png").symlink_to(tmp_path / "elsewhere" / "2.png")
    (tmp_path / "source" / "a" / "more").symlink_to(tmp_path / "elsewhere" / "more")
    (tmp_path / "source" / "b").symlink_to(tmp_path / "elsewhere" / "pictures")
    expected = ["a/3.png", "a/link.png", "a/more/4.png", "b/1.png"]
    assert sorted(keys(tmp_path / "source")) == expected
    found = [
        path.relative_to(tmp_path / "source").as_posix() for path in files(tmp_path / "source")
    ]
    assert found == expected


def test_two_folders_that_hold_links_to_each_other_do_not_go_round(write: Write) -> None:
    root = write("a/1.png", "b/2.png")
    (root / "a" / "x").symlink_to(root / "b", target_is_directory=True)
    (root / "b" / "y").symlink_to(root / "a", target_is_directory=True)
    assert sorted(keys(root)) == ["a/1.png", "a/x/2.png", "b/2.png", "b/y/1.png"]


def test_an_unreadable_folder_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise its images would be missing; root can read every folder."""
    root = write("a/1.png", "b/2.png")
    scandir = os.scandir

    def deny(place: Path) -> Any:
        if Path(place).name == "b":
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", deny)
    with pytest.raises(InputError, match="b cannot be read: Permission denied"):
        class_folders(root)


def test_a_link_to_a_folder_above_does_not_go_round(write: Write) -> None:
    root = write("a/1.png", "b/2.png")
    (root / "a" / "loop").symlink_to(root, target_is_directory=True)
    assert sorted(keys(root)) == ["a/1.png", "b/2.png"]


def test_what_is_no_file_is_no_image(write: Write) -> None:
    """Opening a pipe would block until another process writes into it."""
    root = write("a/1.png", "b/2.png")
    os.mkfifo(root / "a" / "pipe.png")
    assert sorted(keys(root)) == ["a/1.png", "b/2.png"]


def test_all_files_are_listed_but_hidden_ones(write: Write) -> None:
    root = write("a/1.png", "a/.2.png", ".b/3.png", "c/.d/4.png")
    (root / "c" / "notes.txt").write_text("")
    found = [path.relative_to(root).as_posix() for path in files(root)]
    assert found == ["a/1.png", "c/notes.txt"]


# ---- refusals --------------------------------------------------------------------------------
@pytest.mark.parametrize("split", ["val", "test"])
def test_a_class_that_is_not_trained_on_is_refused(write: Write, split: str) -> None:
    root = write("train/a/1.png", "val/a/2.png", "test/a/3.png", f"{split}/elf/4.png")
    with pytest.raises(
        InputError, match=r"has held-out images but no training images of elf: .*\.$"
    ):
        class_folders(root).check(root)


def test_a_class_name_of_two_lines_is_refused(write: Write) -> None:
    for name in ("a\nb", "a\u2028b", "\x85"):
        root = write(f"{name[0]}/{name}/1.png") / name[0]
        with pytest.raises(InputError, match="is not a class name"):
            class_folders(root).check(root)


def test_no_folder_and_no_images_are_refused(write: Write, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("")
    (tmp_path / "set.zip").write_bytes(b"PK")
    only = r"holds no images .*, only a/notes\.txt, set\.zip: give"
    file = r"set\.zip is a file: .* unpack"
    for name, word in (("", only), ("nowhere", "nowhere"), ("set.zip", file)):
        root = tmp_path / name
        with pytest.raises(InputError, match=word):
            class_folders(root)
    with pytest.raises(InputError, match=r"1\.png"):
        class_folders(write("b/1.png") / "b" / "1.png")
