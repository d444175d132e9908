"""Disks of a size, in memory; mounting one takes a superuser on Linux."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def disk(place: Path, size: int) -> Iterator[Path]:
    """A file system of so many bytes at a folder, gone afterwards.

    Raises CalledProcessError where it may not be mounted.
    """
    place.mkdir(parents=True, exist_ok=True)
    _do("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place)
    try:
        yield place
    finally:
        _do("umount", "--lazy", place)


def fill(place: Path, free: int) -> Path:
    """A file that leaves only about so many bytes free."""
    status = os.statvfs(place)
    path = place / "others"
    with suppress(OSError):  # somebody else may have taken some of it meanwhile
        path.write_bytes(bytes(max(0, status.f_bavail * status.f_bsize - free)))
    return path


def read_only(place: Path, is_so: bool = True) -> None:
    """Let nobody write there, or let them again."""
    _do("mount", "-o", f"remount,{'ro' if is_so else 'rw'}", place)


def _do(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
