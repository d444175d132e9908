"""The folder of what outlives an evaluation: computed once, each file complete or absent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from artgan_tf.config import InputError
from tfrecords_tools.common import files
from tfrecords_tools.common.files import reason

T = TypeVar("T")


def read(path: Path, open_file: Callable[[Path], T]) -> T | None:
    """What a kept file holds; None where there is none, or a damaged one, to be computed anew."""
    try:
        return open_file(path) if path.is_file() else None
    except Exception:  # of a damaged file NumPy, zipfile and Keras raise whatever they trip over
        return None


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Where to write what then becomes `path`, also where two processes write the same.

    Raises:
        InputError: there can be no such folder.
        NotWritten: something goes wrong with the disk.
    """
    advice = "name another folder with ARTGAN_CACHE"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent} cannot be made: {reason(error)}; {advice}.") from None
    with files.written(path, advice) as part:
        yield part
