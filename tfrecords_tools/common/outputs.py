"""Chooses output paths: existing files are replaced only if the user asks for it."""

from itertools import count
from pathlib import Path

from tfrecords_tools.common.errors import InputError


def place(named: Path | None, usual: Path, overwrite: bool = False) -> Path:
    """Return `named` (--out), or else `usual`, with a number from 2 on if that is taken.

    Raises InputError if `named` is taken and `overwrite` is False; an empty folder never is.
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
