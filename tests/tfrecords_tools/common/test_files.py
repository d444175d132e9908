"""Atomic writes of files, and locks of folders."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfrecords_tools.common import files
from tfrecords_tools.common.errors import InputError, RunError
from tfrecords_tools.common.files import NotWritten
from tfrecords_tools.common.locks import held

HOLD = """
import sys, time
from pathlib import Path
from tfrecords_tools.common.locks import held
with held(Path(sys.argv[1]), "training", ""):
    print("held", flush=True)
    time.sleep(600)
"""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# ---- files ------------------------------------------------------------------------------------
def test_what_fails_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    files.write(file, "old")
    with pytest.raises(UnicodeError), files.written(file) as part:
        part.write_bytes(b"half" + "\ud800".encode())
    assert (names(tmp_path), file.read_text()) == ({"a.txt"}, "old")


@pytest.mark.parametrize(("number", "code"), [(28, "the disk is full"), (30, "Read-only")])
def test_a_disk_that_refuses_is_a_failed_run(tmp_path: Path, number: int, code: str) -> None:
    said = rf"a\.txt cannot be written: {code}"
    with pytest.raises(NotWritten, match=said), files.written(tmp_path / "a.txt"):
        raise OSError(number, os.strerror(number))
    assert issubclass(NotWritten, RunError)
    assert names(tmp_path) == set()


def test_a_path_that_can_be_none_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/a\.txt cannot be written: File exists"):
        files.write(tmp_path / "file" / "a.txt", "")


def test_lines_are_added_whole_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    file = tmp_path / "lines"
    files.append(file, b"first\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))  # four bytes more
    try:
        with pytest.raises(NotWritten):
            files.append(file, b"second\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert file.read_bytes() == b"first\n"


def test_parts_of_the_dead_are_removed_and_those_of_the_living_left(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    parts = [f".tmp-{files.HOST}-{pid}-00.png" for pid in (dead.pid, os.getpid())]
    for name in (*parts, ".tmp-elsewhere-1-00.png"):
        (tmp_path / name).write_text("half")
    files.write(tmp_path / "a.png", b"")
    assert names(tmp_path) == {"a.png", parts[1], ".tmp-elsewhere-1-00.png"}
    with held(tmp_path, "training", ""):
        assert names(tmp_path) - {".lock", ".lock-holder"} == {"a.png"}


# ---- locks ------------------------------------------------------------------------------------
@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen]:
    """Start a process that locks the folder."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_the_second_is_told_the_first_s_name(holder: subprocess.Popen, tmp_path: Path) -> None:
    for _ in range(2):
        with (
            pytest.raises(InputError, match=rf"process {holder.pid} on \S+ \(training since.*: do"),
            held(tmp_path, "exporting", "do something else"),
        ):
            pytest.fail("it was let in")
    holder.kill()
    holder.wait()
    with held(tmp_path, "exporting", ""):  # a kill releases the lock
        assert f"process {os.getpid()}" in (tmp_path / ".lock-holder").read_text()
    assert ".lock-holder" not in names(tmp_path)


def test_a_folder_that_nothing_came_into_goes_again(tmp_path: Path) -> None:
    with pytest.raises(KeyError), held(tmp_path / "new", "training", ""):
        raise KeyError
    assert not (tmp_path / "new").exists()
    with held(tmp_path / "new", "training", ""):
        (tmp_path / "new" / "file").write_text("")
    assert "file" in names(tmp_path / "new")
