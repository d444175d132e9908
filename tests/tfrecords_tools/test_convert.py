"""Every conversion writes the same bytes; what `convert` prints and imports."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tfrecords_tools.conversions import (
    REPOSITORY,
    below,
    content,
    convert,
    convert_apart,
    converted,
    paintings,
    records,
    report,
    shards,
)

SIZE = ("--size", 12)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paintings(tmp_path_factory.mktemp("original") / "source", 40)


@pytest.fixture
def source(original: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may change."""
    return shutil.copytree(original, tmp_path / "source")


def copied_otherwise(source: Path, target: Path) -> Path:
    """Copy files in another order, with other modification times."""
    for number, name in enumerate(reversed(below(source))):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)
        os.utime(target / name, (number, 1e9 + number))
    return target


# ---- the same bytes --------------------------------------------------------------------------
@pytest.mark.slow
def test_bytes_depend_on_no_workers_folders_or_times(source: Path, tmp_path: Path) -> None:
    """Fake packages record an import of what the converter must do without, and fail."""
    (source / "portrait" / "broken.png").write_bytes(b"no image")
    (source / "portrait" / "lost.png").symlink_to("nowhere.png")
    note, fakes = tmp_path / "note", tmp_path / "fakes"
    for name in ("tensorflow", "artgan_tf", "keras"):
        (fakes / name).mkdir(parents=True)
        text = f"open({str(note)!r}, 'a').write({name!r})\nraise ImportError({name!r})\n"
        (fakes / name / "__init__.py").write_text(text)
    other = copied_otherwise(source, tmp_path / "elsewhere" / "deep" / "copy")
    (other / "portrait" / "lost.png").symlink_to("nowhere.png")
    flags = (*SIZE, "--shards", 5, "--max-bad-fraction", 0.5)
    first, second = tmp_path / "one" / "set", tmp_path / "two" / "set"
    converted(source, first, *flags)
    where = {"PYTHONPATH": f"{fakes}:{REPOSITORY}", "PYTHONSAFEPATH": "1"}
    done = convert_apart(
        other, second, *flags, "--workers", 2, PYTHONHASHSEED="2", TZ="Asia/Tokyo", **where
    )
    assert done.returncode == 0, done.stderr
    assert not note.exists()
    assert content(first) == content(second)
    made = report(first)
    assert [bad["path"] for bad in made["skipped"]] == ["portrait/broken.png", "portrait/lost.png"]
    assert all(bad["reason"] for bad in made["skipped"])
    assert str(tmp_path) not in json.dumps(made)


def test_bytes_do_not_depend_on_where_the_lists_are(original: Path, tmp_path: Path) -> None:
    classes = ["still life", "portrait", "landscape"]
    for place in ("lists", "other/lists"):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        rows = [f"{name},{name.split('/')[0]}\n" for name in below(original)]
        (folder / "train.csv").write_text("".join(rows[:30]))
        (folder / "val.csv").write_text("".join(rows[30:]))
        (folder / "classes").write_text("\n".join(classes))
        labels = [f"train={folder / 'train.csv'}", f"val={folder / 'val.csv'}"]
        flags = ("--labels", *labels, "--class-file", folder / "classes", *SIZE)
        made = converted(original, folder.parent / "made" / "set", *flags)
        assert made["classes"] == classes
        assert [made["splits"][split]["records"] for split in ("train", "val")] == [30, 10]
    assert content(tmp_path / "made" / "set") == content(tmp_path / "other" / "made" / "set")
    for path, label, _ in records(shards(tmp_path / "made" / "set")):
        assert classes[label] == path.split("/")[0]


# ---- odd images ------------------------------------------------------------------------------
def test_what_only_a_jpeg_cannot_hold(tmp_path: Path) -> None:
    """A GIF's comment can be longer than it allows, and a panorama wider: 65,500 pixels."""
    source = paintings(tmp_path / "source", 3, 16, 1)
    image = Image.new("P", (16, 16))
    image.save(source / "landscape" / "long.gif", comment=b"x" * 70_000)
    Image.fromarray(np.zeros((2, 200, 3), np.uint8)).save(source / "landscape" / "wide.png")
    flags = ("--size", 660, "--val-fraction", 0, "--max-bad-fraction", 0.5)
    made = converted(source, tmp_path / "set", *flags)
    assert [bad["path"] for bad in made["skipped"]] == ["landscape/wide.png"]
    assert made["skipped"][0]["reason"]
    assert made["splits"]["train"]["records"] == 4


def test_names_of_files_may_be_no_unicode_but_of_no_class(source: Path, tmp_path: Path) -> None:
    try:
        (source / "landscape" / "000.png").rename(source / os.fsdecode(b"landscape/caf\xe9.png"))
    except OSError:
        pytest.skip("this file system has no such names")
    converted(source, tmp_path / "set", *SIZE)
    data = b"".join(path.read_bytes() for path in shards(tmp_path / "set"))
    assert b"landscape/caf\xe9.png" in data
    (source / "landscape").rename(source / os.fsdecode(b"caf\xe9"))
    assert "is not UTF-8" in convert(source, tmp_path / "other", *SIZE).stderr


# ---- the verb --------------------------------------------------------------------------------
def test_a_dry_run_tells_the_plan_and_writes_nothing(original: Path, tmp_path: Path) -> None:
    done = convert(original, tmp_path / "set", "--dry-run", "--shards", 4, *SIZE)
    assert done.returncode == 0
    assert content(tmp_path) == {}
    assert "37 images in 4 shards, set-train.tfrecord-00000-of-00004 first" in done.stdout
    assert "3 images in 3" in done.stdout
    assert "landscape, portrait, still life" in done.stdout


def test_the_report_is_printed_and_kept(original: Path, tmp_path: Path) -> None:
    done = convert(original, tmp_path / "set", *SIZE)
    table = (tmp_path / "set" / "report.txt").read_text()
    assert table in done.stdout
    assert f"--data tfrecords:{tmp_path / 'set'}" in done.stdout
    words = [line.split() for line in table.splitlines()]
    for row in (["images", "37", "3"], ["landscape", "13", "1"], ["still", "life", "12", "1"]):
        assert row in words
