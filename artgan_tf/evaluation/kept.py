"""The folder of what outlives an evaluation: computed once, each file complete or absent."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from artgan_tf.config import InputError, RunError
from tfrecords_tools.workspace import reason

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
        RunError: something goes wrong with the disk.
    """
    advice = "name another folder with ARTGAN_CACHE"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent} cannot be made: {reason(error)}; {advice}.") from None
    part = path.with_stem(f"{path.stem}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {reason(error)}; {advice}.") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
