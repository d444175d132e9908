"""One checkpoint: a `.npz` file, which TensorFlow, JAX and NumPy read alike.

Format 2 names each array as `names.variables` does, and has its number in `format`; format 1, of
earlier versions, has no such number and names them by their places.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from artgan_tf.gan import GAN
from artgan_tf.runs import names
from tfrecords_tools.common.files import written

FORMAT = "format"
NEWEST = 2


class Unusable(Exception):
    """Why a checkpoint cannot be used, as a part of a sentence."""


@dataclass(frozen=True)
class Saved:
    """What a checkpoint holds.

    Attributes:
        path: where it was read.
        step: it was made after.
        format: of the names.
        arrays: by name.
    """

    path: Path
    step: int
    format: int
    arrays: Mapping[str, np.ndarray]

    def variables(self, gan: GAN) -> dict[str, keras.Variable]:
        """A GAN's, by the names of this file."""
        return names.by_place(gan) if self.format == 1 else names.variables(gan)

    def check(self, gan: GAN) -> None:
        """Raises Unusable where these are not the arrays of all variables of a GAN."""
        variables = self.variables(gan)
        if other := sorted(variables.keys() ^ self.arrays.keys()):
            has = "has no" if other[0] in variables else "has also"
            raise Unusable(f"it {has} {other[0]}: it is damaged, or of another network")
        for name, variable in variables.items():
            if tuple(variable.shape) != self.arrays[name].shape:
                raise Unusable(
                    f"its {name} has shape {self.arrays[name].shape}, not {tuple(variable.shape)}: "
                    f"it is damaged, or of another network"
                )


def not_finite(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """Names of arrays with NaN or infinity in them."""
    return [name for name, array in arrays.items() if not _is_finite(array)]


def write(path: Path, arrays: Mapping[str, np.ndarray], compressed: bool = False) -> None:
    """Write arrays in the newest format; raises NotWritten."""
    save: Any = np.savez_compressed if compressed else np.savez
    with written(path) as part, part.open("wb") as stream:
        save(stream, **{FORMAT: np.array(NEWEST)}, **arrays)


def read(path: Path) -> Saved:
    """The checkpoint in a file, whose name ends with its step.

    Raises:
        FileNotFoundError: it is gone.
        Unusable: it is damaged, or holds what is not finite.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        number = int(arrays.pop(FORMAT, 1))
    except FileNotFoundError:
        raise
    except Exception as error:  # NumPy, zipfile and zlib raise whatever they trip over
        raise Unusable(f"it cannot be read ({_first_line(error)})") from None
    if number > NEWEST:
        raise Unusable(f"it is of format {number}, which a newer version has written")
    if bad := not_finite(arrays):
        raise Unusable(f"it holds what is no number, in {_some(bad)}")
    return Saved(path, int(path.stem.rpartition("-")[2]), number, arrays)


def _is_finite(array: np.ndarray) -> bool:
    # Either is NaN where one element is: no array of booleans as large as this one is made.
    ends = (array.min(), array.max()) if array.size and array.dtype.kind == "f" else ()
    return all(np.isfinite(end) for end in ends)


def _some(names: Iterable[str]) -> str:
    first, *others = names
    return f"{first} and {len(others)} more" if others else first


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).partition("\n")[0][:200]
