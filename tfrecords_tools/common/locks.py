"""One process at a time writes into a folder."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tfrecords_tools.common import files
from tfrecords_tools.common.errors import InputError

LOCK, HOLDER = ".lock", ".lock-holder"
NAMES = {LOCK, HOLDER}


@contextmanager
def held(folder: Path, what: str, advice: str) -> Iterator[None]:
    """Hold a folder, which is made if it is not there, against others who would write into it.

    The lock is the system's (`flock`), on a file in the folder: it is free as soon as its process
    is gone, however it went.  On network file systems it counts for all machines where the file
    system says so (NFS since version 4, or with lockd, does); where there are no such locks at all,
    a file that names process and machine stands in, which a machine that crashed leaves behind.
    Who holds it stands beside it, for the sentence.

    Args:
        folder: what is written into.
        what: is being done, as in "training".
        advice: what else the second one can do.

    Raises:
        InputError: another process holds it.
        NotWritten: the folder cannot be made or written into.
    """
    new = not folder.exists()
    with files.telling(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=0)
    with files.telling(folder):
        try:
            lock.acquire()
        except Timeout:
            why = f"{folder} is being written by {_holder(folder)}: {advice}."
            raise InputError(why) from None
    try:
        with files.telling(folder):
            (folder / HOLDER).write_text(_me(what), encoding="utf-8")
        files.clear_all(folder)
        yield
    finally:
        with suppress(OSError):
            (folder / HOLDER).unlink()
        if new:
            _leave_nothing(folder)
        lock.release()


def _leave_nothing(folder: Path) -> None:
    """Remove a folder that nothing was written into."""
    with suppress(OSError):
        if [path.name for path in folder.iterdir()] == [LOCK]:
            (folder / LOCK).unlink()
            folder.rmdir()


def _me(what: str) -> str:
    since = time.strftime("%Y-%m-%d %H:%M")
    return f"process {os.getpid()} on {socket.gethostname()} ({what} since {since})"


def _holder(folder: Path) -> str:
    try:
        return (folder / HOLDER).read_text(encoding="utf-8") or "another process"
    except OSError:
        return "another process"
