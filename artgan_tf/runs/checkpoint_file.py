"""Reads and writes a checkpoint: a `.npz` file that does not depend on the backend.

Format 2 names each array as `names.variables` does and stores its number as `format`. Format 1, of
earlier versions, has no such number and names arrays by position (`names.by_place`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from artgan_tf.gan import GAN
from artgan_tf.runs import names
from tfrecords_tools.common.errors import first_line
from tfrecords_tools.common.files import written

FORMAT = "format"
NEWEST = 2


class Unusable(Exception):
    """A checkpoint cannot be used; the message is part of a sentence."""


@dataclass(frozen=True)
class Saved:
    """A checkpoint's file, the step it was saved after, its format (1 or 2), arrays by name."""

    path: Path
    step: int
    format: int
    arrays: Mapping[str, np.ndarray]

    def variables(self, gan: GAN) -> dict[str, keras.Variable]:
        """The GAN's variables, named as in this file's format."""
        return names.by_place(gan) if self.format == 1 else names.variables(gan)

    def check(self, gan: GAN) -> None:
        """Raises Unusable unless names and shapes are those of all the GAN's variables."""
        variables = self.variables(gan)
        if other := sorted(variables.keys() ^ self.arrays.keys()):
            has = "has no" if other[0] in variables else "also has"
            raise Unusable(f"it {has} {other[0]}: it is damaged, or from another network")
        for name, variable in variables.items():
            if tuple(variable.shape) != self.arrays[name].shape:
                raise Unusable(
                    f"its {name} has shape {self.arrays[name].shape}, not {tuple(variable.shape)}: "
                    f"it is damaged, or from another network"
                )


def not_finite(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """Names of arrays that contain NaN or infinity."""
    return [name for name, array in arrays.items() if not _is_finite(array)]


def write(path: Path, arrays: Mapping[str, np.ndarray], compressed: bool = False) -> None:
    """Write arrays (name -> array) in the newest format; raises NotWritten."""
    save: Any = np.savez_compressed if compressed else np.savez
    with written(path) as part, part.open("wb") as stream:
        save(stream, **{FORMAT: np.array(NEWEST)}, **arrays)


def read(path: Path) -> Saved:
    """Read a checkpoint from a file whose name ends with `-STEP.npz`.

    Raises:
        FileNotFoundError: there is no such file.
        Unusable: it is damaged, of a newer format, or contains NaN or infinity.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        number = int(arrays.pop(FORMAT, 1))
    except FileNotFoundError:
        raise
    except Exception as error:  # NumPy, zipfile and zlib raise many kinds
        raise Unusable(f"it cannot be read ({first_line(error)})") from None
    if number > NEWEST:
        raise Unusable(f"it has format {number}, which only a newer version reads")
    if bad := not_finite(arrays):
        raise Unusable(f"it contains NaN or infinity, in {_some(bad)}")
    return Saved(path, int(path.stem.rpartition("-")[2]), number, arrays)


def _is_finite(array: np.ndarray) -> bool:
    # NaN propagates to min and max, which need no boolean array of the same size.
    ends = (array.min(), array.max()) if array.size and array.dtype.kind == "f" else ()
    return all(np.isfinite(end) for end in ends)


def _some(names: Iterable[str]) -> str:
    first, *others = names
    return f"{first} and {len(others)} more" if others else first
