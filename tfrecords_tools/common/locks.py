"""Locks a folder, so that one process at a time writes into it."""

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
    """Lock a folder against other writers; create it if it does not exist.

    The operating system's lock (`flock`) ends with its process, even by a crash.  On a network file
    system it holds across machines if the file system supports that, as NFS does from version 4 on
    or with lockd.  If a file system has no locks, a file that names process and machine replaces
    them; a crashed machine leaves it behind.

    The error message of another process tells `what` this one does, such as "training", and ends
    with its `advice`.

    Raises:
        InputError: another process holds the lock.
        NotWritten: the folder cannot be created or written.
    """
    new = not folder.exists()
    lock = FileLock(folder / LOCK, timeout=0)
    with files.telling(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            why = f"{folder} is being written by {_holder(folder)}: {advice}."
            raise InputError(why) from None
    try:
        since = time.strftime("%Y-%m-%d %H:%M")
        me = f"process {os.getpid()} on {socket.gethostname()} ({what} since {since})"
        with files.telling(folder):
            (folder / HOLDER).write_text(me, encoding="utf-8")
        files.clear_all(folder)
        yield
    finally:
        with suppress(OSError):
            (folder / HOLDER).unlink()
        with suppress(OSError):
            if new and [path.name for path in folder.iterdir()] == [LOCK]:  # nothing was written
                (folder / LOCK).unlink()
                folder.rmdir()
        lock.release()


def _holder(folder: Path) -> str:
    with suppress(OSError):
        return (folder / HOLDER).read_text(encoding="utf-8") or "another process"
    return "another process"
