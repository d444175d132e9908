"""Files that are there whole or not at all, whatever happens while they are written."""

import errno
import json
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from tfrecords_tools.common.errors import InputError, RunError

HOST = socket.gethostname().replace("-", "_")[:64]
PART = ".tmp-"  # what a name begins with as long as its file is not whole
FULL = (errno.ENOSPC, errno.EDQUOT)
DISK = (*FULL, errno.EROFS, errno.EIO)  # nobody's mistake
MISTAKES = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG)  # in a path


class NotWritten(RunError):
    """A file that could not be written; what was there before is there still."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what then becomes `path`, on the disk itself before it gets that name.

    The name that it has meanwhile is of this process alone and ends as `path` does.  Nothing is
    left of it where anything fails.
    """
    ending = "".join(path.suffixes[-2:])[-16:]
    part = path.with_name(f"{PART}{HOST}-{os.getpid()}-{secrets.token_hex(4)}{ending}")
    try:
        yield part
        with part.open("rb+") as file:  # a power cut must not leave an empty file of that name
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def written(path: Path, advice: str = "") -> Iterator[Path]:
    """`replacing` for a verb: makes the folder, and says in a sentence why it cannot.

    Args:
        path: the file.
        advice: what to do about it, as the end of the sentence.

    Raises:
        NotWritten: the disk is full or refuses.
    """
    with telling(path, advice):
        path.parent.mkdir(parents=True, exist_ok=True)
        clear(path.parent)
        with replacing(path) as part:
            yield part


def write(path: Path, content: str | bytes, advice: str = "") -> None:
    """Write a file of so many characters (UTF-8) or bytes; raises NotWritten."""
    with written(path, advice) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file; raises OSError."""
    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")


def append(path: Path, content: bytes) -> None:
    """Add to a file all of it or nothing; raises NotWritten."""
    with telling(path), path.open("ab", buffering=0) as file:
        size = file.tell()
        try:
            written = file.write(content)
            if written != len(content):  # there was room for a part of it
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            file.truncate(size)
            raise


@contextmanager
def telling(path: Path, advice: str = "") -> Iterator[None]:
    """What goes wrong with a disk as NotWritten, a path that can be none as InputError."""
    try:
        yield
    except OSError as error:
        more = f"; {advice}" if advice else ""
        kind = InputError if error.errno in MISTAKES else NotWritten
        raise kind(f"{path} cannot be written: {reason(error)}{more}.") from None


def reason(error: OSError) -> str:
    """What went wrong, as a part of a sentence."""
    if error.errno in FULL:
        return "the disk is full"
    return error.strerror or str(error)


# ---- what a kill has left -----------------------------------------------------------------------
@cache
def clear(folder: Path) -> None:
    """Remove parts of files that processes of this machine have left which are no more."""
    _remove(folder, lambda part: _is_of_the_dead(part.name))


def clear_all(folder: Path) -> None:
    """Remove all parts of files: for whoever holds the folder, and writes alone there."""
    _remove(folder, lambda part: True)


def _remove(folder: Path, of: Callable[[Path], bool]) -> None:
    for part in folder.glob(f"{PART}*"):
        with suppress(OSError):
            if of(part):
                part.unlink()


def _is_of_the_dead(name: str) -> bool:
    host, _, rest = name.removeprefix(PART).partition("-")
    pid = rest.partition("-")[0]
    if host != HOST or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is somebody else's
        return False
    return False
