"""Writes files atomically: a file is complete or absent, even if the process is killed."""

import errno
import hashlib
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from tfrecords_tools.common.errors import InputError, RunError

HOST = socket.gethostname().replace("-", "_")[:64]
PART = ".tmp-"  # prefix of a file that is not complete yet
FULL = (errno.ENOSPC, errno.EDQUOT)
DISK = (*FULL, errno.EROFS, errno.EIO)  # failures of the machine, not of the user
MISTAKES = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG)  # invalid paths


class NotWritten(RunError):
    """A file that could not be written; a previous version of it is unchanged."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; then sync that file to disk and rename it to `path`.

    The temporary name is unique to this process and keeps the suffixes of `path`.  If anything
    fails, the temporary file is removed.
    """
    ending = "".join(path.suffixes[-2:])[-16:]
    part = path.with_name(f"{PART}{HOST}-{os.getpid()}-{secrets.token_hex(4)}{ending}")
    try:
        yield part
        with part.open("rb+") as file:  # a power cut must not leave an empty file
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def written(path: Path, advice: str = "") -> Iterator[Path]:
    """Like `replacing`, but create the folder first, and raise what `telling` raises."""
    with telling(path, advice):
        path.parent.mkdir(parents=True, exist_ok=True)
        clear(path.parent)
        with replacing(path) as part:
            yield part


def write(path: Path, content: str | bytes, advice: str = "") -> None:
    """Write text (as UTF-8) or bytes to a file; raises NotWritten."""
    with written(path, advice) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file; raises OSError."""
    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """Return the SHA-256 checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def append(path: Path, content: bytes) -> None:
    """Append all of the content to a file, or nothing; raises NotWritten."""
    with telling(path), path.open("ab", buffering=0) as file:
        size = file.tell()
        try:
            if file.write(content) != len(content):  # there was room for only a part
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            file.truncate(size)
            raise


@contextmanager
def telling(path: Path, advice: str = "") -> Iterator[None]:
    """Turn an OSError into NotWritten, or into InputError if the path is invalid.

    `advice` is what the user can do, as the end of the error message.
    """
    try:
        yield
    except OSError as error:
        more = f"; {advice}" if advice else ""
        kind = InputError if error.errno in MISTAKES else NotWritten
        raise kind(f"{path} cannot be written: {reason(error)}{more}.") from None


def reason(error: OSError) -> str:
    """Return what went wrong, as part of a sentence."""
    if error.errno in FULL:
        return "the disk is full"
    return error.strerror or str(error)


# ---- leftovers of killed processes --------------------------------------------------------------
@cache
def clear(folder: Path) -> None:
    """Remove temporary files of processes on this machine that no longer run."""
    start = f"{PART}{HOST}-"
    for part in folder.glob(f"{PART}*"):
        pid = part.name.removeprefix(start).partition("-")[0]
        if part.name.startswith(start) and pid.isdecimal() and not _runs(int(pid)):
            with suppress(OSError):
                part.unlink()


def clear_all(folder: Path) -> None:
    """Remove all temporary files; only for the process that holds the folder's lock."""
    for part in folder.glob(f"{PART}*"):
        with suppress(OSError):
            part.unlink()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:  # such as EPERM, if it runs as another user
        return error.errno != errno.ESRCH
    return True
