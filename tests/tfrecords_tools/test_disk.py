"""A full or read-only disk gives one error, leaves no partial file, and the same command resumes.

The disks are small file systems in memory, which only a superuser can mount.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tfrecords_tools.conversions import (
    Done,
    content,
    convert,
    converted,
    paintings,
    sentence,
    shards,
)

FLAGS = ("--size", 16, "--shards", 4, "--encoding", "raw", "--workers", 2)
ROOM = 2**20


def mount(place: Path, *options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(place)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def remount(place: Path, *options: str) -> None:
    command = ["mount", "-o", ",".join(("remount", *options)), str(place)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a separate file system."""
    place = tmp_path / "disk"
    place.mkdir()
    if not mount(place, f"size={ROOM}"):
        pytest.skip("mounting a tmpfs takes a superuser on Linux")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paintings(tmp_path_factory.mktemp("source"), 100)


@pytest.fixture(scope="module")
def expected(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed") / "set"
    converted(source, out, *FLAGS)
    return content(out)


def fill(disk: Path, free: int) -> Path:
    """Write a file that leaves only this many bytes free."""
    path = disk / "others"
    path.write_bytes(bytes(ROOM - free))
    return path


def only_whole(out: Path, expected: dict[str, bytes]) -> None:
    """Check that every file with a final name has its final bytes."""
    for path in shards(out):
        assert path.read_bytes() == expected[path.name]
    for name in ("dataset_info.json", "features.json", "label.labels.txt", "report.json"):
        if (out / name).exists():
            assert (out / name).read_bytes() == expected[name]


def stopped(done: Done, *words: Any) -> None:
    """Check for one error, and exit code 1, or 2 if the folder cannot even be created."""
    said = sentence(done, done.returncode)
    assert done.returncode in (1, 2)
    for word in words:
        assert str(word) in said


@pytest.mark.slow
def test_a_full_disk_stops_it_at_any_moment(
    disk: Path, source: Path, expected: dict[str, bytes]
) -> None:
    """The room ranges from too little for a folder to enough for all but the last file."""
    whole = sum(-(-len(data) // 4096) for data in expected.values())  # pages
    stops = 0
    for pages in (0, 2, 6, whole // 2, *range(whole - 4, whole + 18, 4)):
        others = fill(disk, 4096 * pages)
        done = convert(source, disk / "set", *FLAGS)
        if done.returncode:
            stopped(done, disk / "set", "the disk is full")
            stops += 1
        if (disk / "set").exists():
            only_whole(disk / "set", expected)
        others.unlink()
        converted(source, disk / "set", *FLAGS)
        assert content(disk / "set") == expected
        subprocess.run(["rm", "-r", str(disk / "set")], check=True)
    assert stops >= 5
    assert done.returncode == 0  # in the end there was room


@pytest.mark.slow
def test_it_goes_on_where_a_full_disk_stopped_it(
    disk: Path, source: Path, expected: dict[str, bytes]
) -> None:
    others = fill(disk, 70_000)
    stopped(convert(source, disk / "set", *FLAGS), "the disk is full", "the same command")
    made = {path.name: path.stat().st_mtime_ns for path in shards(disk / "set")}
    assert list((disk / "set").glob(".*.tmp")) == []
    stopped(convert(source, disk / "set", *FLAGS), "the disk is full")  # and again
    others.unlink()
    converted(source, disk / "set", *FLAGS)
    assert content(disk / "set") == expected
    noted = {path.name: path.stat().st_mtime_ns for path in shards(disk / "set")}
    assert 1 <= len(made.items() & noted.items()) < 8


@pytest.mark.slow
@pytest.mark.parametrize("begun", [False, True], ids=["new", "begun"])
def test_a_read_only_disk_is_refused(
    disk: Path, source: Path, expected: dict[str, bytes], begun: bool
) -> None:
    if begun:
        converted(source, disk / "set", *FLAGS)
        shards(disk / "set")[2].unlink()
    remount(disk, "ro")
    before = content(disk)
    stopped(convert(source, disk / "set", *FLAGS), disk / "set", "ead-only")
    assert content(disk) == before
    remount(disk, "rw")
    converted(source, disk / "set", *FLAGS)
    assert content(disk / "set") == expected


def test_a_finished_set_on_a_read_only_disk_is_answered(disk: Path, source: Path) -> None:
    converted(source, disk / "set", *FLAGS)
    remount(disk, "ro")
    done = convert(source, disk / "set", *FLAGS)
    assert done.returncode == 0
    assert "is complete" in done.stdout


@pytest.mark.slow
def test_overwrite_on_a_read_only_disk_is_refused(disk: Path, source: Path) -> None:
    converted(source, disk / "set", *FLAGS)
    remount(disk, "ro")
    before = content(disk)
    stopped(convert(source, disk / "set", *FLAGS, "--seed", 3, "--overwrite"), disk / "set")
    assert content(disk) == before
