"""Chooses output paths: existing files are replaced only if the user asks for it."""

from itertools import count
from pathlib import Path

from tfrecords_tools.common.errors import InputError


def place(named: Path | None, usual: Path, overwrite: bool = False) -> Path:
    """Return the path where a verb writes a file or a folder.

    Args:
        named: path given as --out, or None.
        usual: path without --out; if it is taken, a number from 2 on is added to its name.
        overwrite: return the path even if it is taken.  An empty folder is never taken.

    Raises:
        InputError: `named` is taken and `overwrite` is False.
    """
    path = named or usual
    if overwrite or not _taken(path):
        return path
    if named:
        raise InputError(f"{path} already exists: name another --out, or add --overwrite.")
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(free for free in numbered if not _taken(free))


def _taken(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()
