"""Every conversion writes the same bytes; what `convert` prints and imports."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tfrecords_tools.conversions import (
    REPOSITORY,
    below,
    content,
    convert,
    converted,
    paintings,
    records,
    shards,
)

SIZE = ("--size", 12)


def copied_otherwise(source: Path, target: Path) -> Path:
    """Copy files in another order, with other modification times."""
    for number, name in enumerate(reversed(below(source))):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)
        os.utime(target / name, (number, 1e9 + number))
    return target


def same_content(first: Path, second: Path) -> bool:
    one, other = content(first), content(second)
    assert sorted(one) == sorted(other)
    assert [name for name in one if one[name] != other[name]] == []
    return len(one) > 5


# ---- the same bytes --------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["jpeg", "png"])
def test_bytes_do_not_depend_on_workers_folders_times_or_processes(
    tmp_path: Path, encoding: str
) -> None:
    source = paintings(tmp_path / "source", 40)
    (source / "portrait" / "broken.png").write_bytes(b"no image")
    (source / "portrait" / "cut.png").write_bytes(
        (source / "portrait" / "001.png").read_bytes()[:90]
    )
    other = copied_otherwise(source, tmp_path / "elsewhere" / "deep" / "copy")
    flags = (*SIZE, "--encoding", encoding, "--shards", 5, "--max-bad-fraction", 0.5)
    first, second = tmp_path / "one" / "set", tmp_path / "two" / "set"
    converted(source, first, *flags, "--workers", 1, PYTHONHASHSEED="1")
    made = converted(other, second, *flags, "--workers", 2, PYTHONHASHSEED="2", TZ="Asia/Tokyo")
    assert same_content(first, second)
    assert len(made["skipped"]) == 2


def test_a_reason_does_not_tell_where_the_source_is(tmp_path: Path) -> None:
    source = paintings(tmp_path / "source", 40)
    (source / "portrait" / "lost.png").symlink_to("nowhere.png")
    made = converted(source, tmp_path / "set", *SIZE, "--max-bad-fraction", 0.5)
    (lost,) = made["skipped"]
    assert lost["path"] == "portrait/lost.png"
    assert lost["reason"]
    assert str(tmp_path) not in json.dumps(made)


def test_bytes_do_not_depend_on_where_the_lists_are(tmp_path: Path) -> None:
    source = paintings(tmp_path / "source", 40)
    for place in ("lists", "other/lists"):
        (tmp_path / place).mkdir(parents=True)
        rows = [f"{name},{name.split('/')[0]}\n" for name in below(source)]
        (tmp_path / place / "train.csv").write_text("".join(rows[:30]))
        (tmp_path / place / "val.csv").write_text("".join(rows[30:]))
        (tmp_path / place / "classes").write_text("still life\nportrait\nlandscape\n")
        folder = tmp_path / place
        labels = [f"train={folder / 'train.csv'}", f"val={folder / 'val.csv'}"]
        flags = ("--labels", *labels, "--class-file", folder / "classes", *SIZE)
        made = converted(source, folder.parent / "made" / "set", *flags)
        assert made["classes"] == ["still life", "portrait", "landscape"]
        assert [made["splits"][split]["records"] for split in ("train", "val")] == [30, 10]
    assert same_content(tmp_path / "made" / "set", tmp_path / "other" / "made" / "set")


# ---- what is in the shards -------------------------------------------------------------------
def test_one_list_alone_is_divided_class_by_class(tmp_path: Path) -> None:
    source = paintings(tmp_path / "source", 50)
    names = below(source)
    (tmp_path / "all.csv").write_text("".join(f"{n},{i % 2}\n" for i, n in enumerate(names)))
    flags = ("--labels", tmp_path / "all.csv", "--val-fraction", 0.2, *SIZE)
    made = converted(source, tmp_path / "set", *flags)
    assert made["splits"]["val"]["classes"] == {"0": 5, "1": 5}
    labels = {path: label for path, label, _ in records(shards(tmp_path / "set"))}
    assert labels == {name: index % 2 for index, name in enumerate(names)}


def test_shards_hold_what_was_planned_in_order(tmp_path: Path) -> None:
    source = paintings(tmp_path / "source", 40)
    made = converted(source, tmp_path / "set", *SIZE, "--shards", 3, "--limit", 20)
    for split, sizes in (("train", [6, 7, 7]), ("val", [1, 1, 1])):
        found = [len(records([path])) for path in shards(tmp_path / "set", split)]
        assert sorted(found) == sizes
        assert sum(found) == made["splits"][split]["records"]
    paths = [path for path, _, _ in records(shards(tmp_path / "set", "train"))]
    assert paths != sorted(paths)


# ---- odd images ------------------------------------------------------------------------------
def test_a_picture_with_a_very_long_comment_is_a_picture(tmp_path: Path) -> None:
    """A GIF's comment can be longer than a JPEG allows."""
    source = paintings(tmp_path / "source", 20, classes=1)
    image = Image.new("P", (16, 16))
    image.save(source / "landscape" / "long.gif", comment=b"x" * 70_000)
    made = converted(source, tmp_path / "set", *SIZE)
    assert made["skipped"] == []
    assert sum(split["records"] for split in made["splits"].values()) == 21


def test_a_panorama_too_wide_for_a_jpeg_is_skipped(tmp_path: Path) -> None:
    """The side of a JPEG has at most 65,500 pixels."""
    source = paintings(tmp_path / "source", 20, classes=1)
    Image.fromarray(np.zeros((2, 200, 3), np.uint8)).save(source / "landscape" / "wide.png")
    flags = ("--size", 660, "--limit", 30, "--max-bad-fraction", 0.5)
    made = converted(source, tmp_path / "set", *flags)
    assert [(bad["path"], bool(bad["reason"])) for bad in made["skipped"]] == [
        ("landscape/wide.png", True)
    ]


def test_folder_names_that_are_no_unicode_convert_or_are_refused(tmp_path: Path) -> None:
    source = paintings(tmp_path / "source", 20, classes=1)
    try:
        (source / "landscape").rename(source / os.fsdecode(b"caf\xe9"))
    except OSError:
        pytest.skip("this file system has no such names")
    done = convert(source, tmp_path / "set", *SIZE)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)


def test_file_names_that_are_no_unicode_convert(tmp_path: Path) -> None:
    source = paintings(tmp_path / "source", 20, classes=1)
    name = os.fsdecode(b"landscape/caf\xe9.png")
    try:
        (source / "landscape" / "000.png").rename(source / name)
    except OSError:
        pytest.skip("this file system has no such names")
    converted(source, tmp_path / "set", *SIZE)
    data = b"".join(path.read_bytes() for path in shards(tmp_path / "set"))
    assert b"landscape/caf\xe9.png" in data


# ---- the verb --------------------------------------------------------------------------------
def test_a_dry_run_tells_the_plan_and_writes_nothing(tmp_path: Path) -> None:
    source = paintings(tmp_path / "source", 40)
    before = content(tmp_path)
    done = convert(source, tmp_path / "set", "--dry-run", "--shards", 4, *SIZE)
    assert done.returncode == 0
    assert content(tmp_path) == before
    for part in ("37 images in 4 shards", "3 images in 3", "landscape, portrait, still life"):
        assert part in done.stdout
    assert "set-train.tfrecord-00000-of-00004" in done.stdout


def test_the_report_is_printed_and_kept(tmp_path: Path) -> None:
    source = paintings(tmp_path / "source", 40)
    done = convert(source, tmp_path / "set", *SIZE)
    table = (tmp_path / "set" / "report.txt").read_text()
    assert table in done.stdout
    assert f"--data tfrecords:{tmp_path / 'set'}" in done.stdout
    words = [line.split() for line in table.splitlines()]
    assert ["images", "37", "3"] in words
    assert ["landscape", "13", "1"] in words
    assert ["still", "life", "12", "1"] in words


@pytest.mark.parametrize("workers", [1, 2])
def test_neither_tensorflow_nor_artgan_is_imported(tmp_path: Path, workers: int) -> None:
    """Fake packages in their place record an import and fail, also in the workers."""
    source = paintings(tmp_path / "source", 20)
    note = tmp_path / "note"
    for name in ("tensorflow", "artgan_tf", "keras"):
        (tmp_path / "fake" / name).mkdir(parents=True)
        text = f"open({str(note)!r}, 'a').write({name!r})\nraise ImportError({name!r})\n"
        (tmp_path / "fake" / name / "__init__.py").write_text(text)
    (tmp_path / "fake" / "tfrecords_tools").symlink_to(REPOSITORY / "tfrecords_tools")
    command = [sys.executable, "-m", "tfrecords_tools.convert", str(source), "--size", "12"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "set"), "--workers", str(workers)],
        cwd=tmp_path / "fake", capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not note.exists()
    assert sum(len(records([path])) for path in shards(tmp_path / "set")) == 20


def test_what_the_verb_has_imported_in_the_end(tmp_path: Path) -> None:
    source = paintings(tmp_path / "source", 20)
    code = (
        "import sys, tfrecords_tools.convert as convert, tfrecords_tools.options as options\n"
        "from pathlib import Path\n"
        "options = options.Options(Path(sys.argv[1]), Path(sys.argv[2]), size=12)\n"
        "if __name__ == '__main__':\n"
        "    convert.convert(options)\n"
        "    print({'tensorflow', 'artgan_tf', 'keras'} & sys.modules.keys())\n"
    )
    (tmp_path / "script.py").write_text(code)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py"), str(source), str(tmp_path / "set")],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
