"""Small disks in memory; mounting one requires root on Linux."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def disk(place: Path, size: int) -> Iterator[Path]:
    """A temporary file system of `size` bytes, mounted on a folder.

    Raises CalledProcessError if mounting is not permitted.
    """
    place.mkdir(parents=True, exist_ok=True)
    _do("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place)
    try:
        yield place
    finally:
        _do("umount", "--lazy", place)


def fill(place: Path, free: int) -> Path:
    """Write a file that leaves about `free` bytes free."""
    status = os.statvfs(place)
    path = place / "others"
    with suppress(OSError):  # another process may have used some of the space
        path.write_bytes(bytes(max(0, status.f_bavail * status.f_bsize - free)))
    return path


def read_only(place: Path, is_so: bool = True) -> None:
    """Make a disk read-only, or writable again."""
    _do("mount", "-o", f"remount,{'ro' if is_so else 'rw'}", place)


def _do(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
