"""The one rule about files that are there already: nothing is replaced unless that is asked for."""

from itertools import count
from pathlib import Path

from tfrecords_tools.common.errors import InputError


def place(named: Path | None, usual: Path, overwrite: bool = False) -> Path:
    """Where a verb writes a file or a folder.

    Args:
        named: by the user, as --out; None where it was left out.
        usual: the place then; one that is taken gets a number, from 2 on.
        overwrite: write there whatever is there.

    Raises:
        InputError: what was named is there, and --overwrite was not given.
    """
    path = named or usual
    if overwrite or not _taken(path):
        return path
    if named:
        raise InputError(f"{path} is there already: name another --out, or add --overwrite.")
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(free for free in numbered if not _taken(free))


def _taken(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()
