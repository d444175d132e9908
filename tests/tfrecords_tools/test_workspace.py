"""Finished work is not repeated, other files are not touched, and plans are never mixed."""

import fcntl
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tfrecords_tools.conversions import (
    Done,
    below,
    content,
    convert,
    converted,
    paintings,
    refused,
    report,
    sentence,
    shards,
)
from tfrecords_tools.common import files
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.common.locks import held
from tfrecords_tools.dataset import check_dataset
from tfrecords_tools.workspace import Workspace

FLAGS = ("--size", 12, "--shards", 4, "--encoding", "raw", "--crop", "center")
Stamps = dict[str, tuple[int, int, int]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a source, and the data set `set` from it."""
    root = tmp_path_factory.mktemp("finished")
    converted(paintings(root / "source", 48), root / "set", *FLAGS)
    return root


@pytest.fixture
def place(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of it, with the same file times, that a test may change."""
    return shutil.copytree(finished, tmp_path / "place")


def again(place: Path, *flags: object, out: str = "set") -> Done:
    return convert(place / "source", place / out, *FLAGS, *flags)


def stamps(folder: Path, names: str = "*.tfrecord-*") -> Stamps:
    """Return what reveals whether a file was written again."""
    found = {path.name: path.stat() for path in folder.glob(names)}
    return {name: (stat.st_ino, stat.st_mtime_ns, stat.st_size) for name, stat in found.items()}


def half_done(place: Path, *, lost: int) -> Stamps:
    """Undo some shards of the set; return the state of the others."""
    out = place / "set"
    made = report(out)
    (out / ".convert").mkdir()
    (out / ".convert" / "plan.json").write_text(json.dumps(made["plan"]))
    for number, shard in enumerate(made["shards"]):
        if number < lost:
            (out / shard["file"]).unlink()
        else:
            (out / ".convert" / f"{shard['file']}.json").write_text(json.dumps(shard))
    for name in ("report.json", "report.txt", "dataset_info.json"):
        (out / name).unlink()
    return stamps(out)


def completed(place: Path, finished: Path, kept: Stamps) -> None:
    """Check that the same command makes what is lacking, and leaves the shards that are kept."""
    assert again(place).returncode == 0
    assert content(place / "set") == content(finished / "set")
    assert kept.items() <= stamps(place / "set").items()


# ---- a finished set --------------------------------------------------------------------------
def test_a_finished_set_is_answered_and_left_alone(place: Path) -> None:
    before = (stamps(place / "set", "*"), content(place / "set"))
    done = again(place)
    assert done.returncode == 0
    assert f"{place / 'set'} is complete" in done.stdout
    assert (stamps(place / "set", "*"), content(place / "set")) == before
    assert "images/s" not in done.stderr


def test_a_lock_file_that_a_file_system_keeps_does_not_unfinish_a_set(place: Path) -> None:
    (place / "set" / ".convert").mkdir()
    (place / "set" / ".convert" / ".nfs0123").touch()
    assert check_dataset(place / "set")
    before = stamps(place / "set", "*")
    assert again(place).returncode == 0
    assert stamps(place / "set", "*") == before


@pytest.mark.parametrize("damage", ["lost", "cut", "longer"])
def test_what_a_finished_set_lost_is_made_again(place: Path, finished: Path, damage: str) -> None:
    path = shards(place / "set")[3]
    data = path.read_bytes()
    path.unlink()
    others = stamps(place / "set")
    if damage == "lost":
        for name in ("dataset_info.json", "features.json", "label.labels.txt", "report.txt"):
            (place / "set" / name).unlink()
            completed(place, finished, others)
    else:
        path.write_bytes(data[:-9] if damage == "cut" else data + b"\0")
        completed(place, finished, others)


# ---- a set that is not finished --------------------------------------------------------------
@pytest.mark.parametrize("lost", [1, 8])
def test_only_unfinished_shards_are_made(place: Path, finished: Path, lost: int) -> None:
    others = half_done(place, lost=lost)
    assert len(others) == 8 - lost
    for folder in (place / "set", place / "set" / ".convert"):  # as a killed conversion leaves
        (folder / f"{files.PART}another_machine-99-0123abcd.json").write_bytes(b"half")
    completed(place, finished, others)


@pytest.mark.parametrize("begun", ["", ".convert", ".convert/.lock"])
def test_a_folder_that_was_only_begun_is_used(place: Path, finished: Path, begun: str) -> None:
    out = place / "begun" / "set"
    (out / begun).parent.mkdir(parents=True)
    if begun.endswith(".lock"):
        (out / begun).touch()
    else:
        (out / begun).mkdir()
    assert again(place, out="begun/set").returncode == 0
    assert content(out) == content(finished / "set")


# ---- other plans -----------------------------------------------------------------------------
@pytest.mark.parametrize("lost", [0, 2])
def test_another_option_is_refused_by_name(place: Path, lost: int) -> None:
    if lost:
        half_done(place, lost=lost)
    before = content(place / "set")
    others = "size 13, encoding png, crop none, shards 3, seed 7, limit 9, val-fraction 0.3"
    for option in others.split(", "):
        flag, value = f"--{option}".split()
        said = sentence(again(place, flag, value))
        assert all(part in said for part in (f"{flag} ", value, "--overwrite"))
    assert content(place / "set") == before


def test_another_list_is_refused_by_name(place: Path) -> None:
    path, out = place / "all.csv", place / "listed"
    path.write_text("".join(f"{name},a\n" for name in below(place / "source")))
    converted(place / "source", out, *FLAGS, "--labels", path)
    path.write_text(path.read_text() + "\n")  # not even another label
    assert "all.csv" in refused(place / "source", out, *FLAGS, "--labels", path)


def test_other_images_are_refused(place: Path) -> None:
    before, portraits = content(place / "set"), place / "source" / "portrait"
    shutil.copy(portraits / "001.png", portraits / "new.png")
    assert "other images" in sentence(again(place))
    (portraits / "new.png").rename(portraits / "001.png")
    (portraits / "004.png").unlink()
    assert "other images" in sentence(again(place))
    assert content(place / "set") == before


# ---- --overwrite -----------------------------------------------------------------------------
def test_overwrite_in_a_renamed_folder_leaves_no_shards_of_the_former_name(place: Path) -> None:
    old = {path.name for path in shards(place / "set")}
    (place / "set").rename(place / "new")
    assert again(place, "--overwrite", out="new").returncode == 0
    assert not old & set(content(place / "new"))


def test_overwrite_replaces_what_convert_made_and_no_more(place: Path, finished: Path) -> None:
    """The shards of another data set in the same folder stay, too."""
    half_done(place, lost=3)
    before = stamps(place / "set", "*")
    assert again(place, "--overwrite").returncode == 0
    assert not before.items() & stamps(place / "set", "*").items()
    assert content(place / "set") == content(finished / "set")
    mine = ("notes.txt", "other-train.tfrecord-00000-of-00001", "sub/mine.json", ".hidden")
    for name in mine:
        (place / "set" / name).parent.mkdir(exist_ok=True)
        (place / "set" / name).write_text("mine")
    assert again(place, "--shards", 2, "--overwrite").returncode == 0
    assert again(place, "--shards", 2, out="fresh/set").returncode == 0
    found = content(place / "set")
    assert [name for name in mine if found.get(name) != b"mine"] == []
    made = {name: data for name, data in found.items() if name not in (*mine, "sub")}
    assert made == content(place / "fresh" / "set")


@pytest.mark.parametrize("name", ["notes.txt", "other-train.tfrecord-00000-of-00001", "sub/x"])
def test_a_folder_with_other_files_is_refused(place: Path, name: str) -> None:
    (place / "mine" / name).parent.mkdir(parents=True)
    (place / "mine" / name).write_text("mine")
    before = content(place / "mine")
    for flags in ((), ("--overwrite",)):
        assert "other files" in sentence(again(place, *flags, out="mine"))
    assert content(place / "mine") == before


# ---- two at once -----------------------------------------------------------------------------
@pytest.mark.parametrize("flags", [(), ("--seed", 5, "--overwrite")])
def test_a_folder_that_is_being_written_stays(place: Path, flags: tuple[object, ...]) -> None:
    half_done(place, lost=2)
    state = place / "set" / ".convert"
    with (state / ".lock").open("w") as file:  # as a running conversion holds it
        fcntl.flock(file, fcntl.LOCK_EX)
        (state / ".lock-holder").write_text("process 99")
        before = content(place / "set")
        assert "is being written by process 99: wait for it" in sentence(again(place, *flags))
        assert content(place / "set") == before
    assert again(place, *flags).returncode == 0


def test_a_folder_that_is_emptied_first_stays_held(place: Path) -> None:
    half_done(place, lost=2)
    plan: Any = SimpleNamespace(name="set", shards=[], identity={})
    folder = Workspace(place / "set", plan)
    with folder.opened(overwrite=True):
        assert not shards(place / "set")
        second = held(folder.state, "converting", "wait")
        with pytest.raises(InputError, match="is being written by process"), second:
            pass


def test_a_half_done_set_in_a_renamed_folder_leaves_no_shards_either(place: Path) -> None:
    half_done(place, lost=3)
    old = {path.name for path in shards(place / "set")}
    (place / "set").rename(place / "new")
    assert again(place, "--overwrite", out="new").returncode == 0
    assert not old & set(content(place / "new"))
