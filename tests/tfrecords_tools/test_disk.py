"""A full or read-only disk gives one error, leaves no partial file, and the same command resumes.

The disks are small file systems in memory, which only a superuser can mount.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

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

FLAGS = ("--size", 16, "--shards", 4, "--encoding", "raw")
ROOM = 2**20


def mounted(place: Path, *options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(place)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a separate file system."""
    place = tmp_path / "disk"
    place.mkdir()
    if not mounted(place, f"size={ROOM}"):
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


def fill(disk: Path, pages: int) -> Path:
    """Write a file that leaves only this many pages free."""
    path = disk / "others"
    path.write_bytes(bytes(ROOM - 4096 * pages))
    return path


def stopped(done: Done, *words: object) -> None:
    """Check for one error, and exit code 1, or 2 if the folder cannot even be created."""
    said = sentence(done, done.returncode)
    assert done.returncode in (1, 2)
    assert all(str(word) in said for word in words)


def test_a_disk_is_full_at_any_time(disk: Path, source: Path, expected: dict[str, bytes]) -> None:
    """The room ranges from too little for a folder to enough for all but the last file."""
    whole = sum(-(-len(data) // 4096) for data in expected.values())  # pages
    stops = 0
    for pages in (0, 4, whole // 2, *range(whole - 4, whole + 18, 4)):
        others, out = fill(disk, pages), disk / "set"
        done = convert(source, out, *FLAGS)
        if done.returncode:
            stopped(done, out, "the disk is full")
            stops += 1
        for name, data in expected.items():  # every file with a final name has its final bytes
            assert not (out / name).is_file() or (out / name).read_bytes() == data
        assert list(out.glob(".*.tmp")) == []
        others.unlink()
        converted(source, out, *FLAGS)
        assert content(out) == expected
        subprocess.run(["rm", "-r", str(out)], check=True)
    assert stops >= 4
    assert done.returncode == 0  # in the end there was room


def test_workers_go_on_after_a_full_disk(
    disk: Path, source: Path, expected: dict[str, bytes]
) -> None:
    others = fill(disk, 17)
    done = convert(source, disk / "set", *FLAGS, "--workers", 2)
    stopped(done, "disk is full", "the same command")
    made = {path.name: path.stat().st_mtime_ns for path in shards(disk / "set")}
    assert list((disk / "set").glob(".*.tmp")) == []
    others.unlink()
    converted(source, disk / "set", *FLAGS)
    assert content(disk / "set") == expected
    noted = {path.name: path.stat().st_mtime_ns for path in shards(disk / "set")}
    assert 1 <= len(made.items() & noted.items()) < 8


@pytest.mark.parametrize("begun", [False, True], ids=["new", "begun"])
def test_a_read_only_disk_is_refused_unless_all_is_there(
    disk: Path, source: Path, expected: dict[str, bytes], begun: bool
) -> None:
    out, more = disk / "set", ("--seed", 3, "--overwrite") if begun else ()
    if begun:
        converted(source, out, *FLAGS)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True, capture_output=True)
    before = content(disk)
    stopped(convert(source, out, *FLAGS, *more), out, "ead-only")
    assert content(disk) == before
    if begun:
        assert "is complete" in convert(source, out, *FLAGS).stdout
