"""Reads CIFAR-10 as distributed: pickled `data_batch_1` to `5`, `test_batch`, `batches.meta`."""

import pickle
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from tfrecords_tools.common.errors import InputError, first_line
from tfrecords_tools.examples import Collection, Example

SHAPE = (3, 32, 32)  # of each row: all red values, then green, then blue
ARRAYS = ("_reconstruct", "ndarray", "dtype", "encode", "_frombuffer")  # names in a pickled array


def is_cifar(root: Path) -> bool:
    """Return whether `root` holds CIFAR-10 python batches."""
    return (root / "batches.meta").is_file() and (root / "test_batch").is_file()


def cifar_batches(root: Path) -> Collection:
    """Return the images of the batches in `root`, of `train` and `test`; raises InputError."""
    try:
        names = tuple(name.decode() for name in _load(root / "batches.meta")["label_names"])
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{root / 'batches.meta'} holds no label_names.") from None
    examples = []
    for path in [*sorted(root.glob("data_batch_*")), root / "test_batch"]:
        split = "test" if path.name == "test_batch" else "train"
        labels = enumerate(_labels(path, len(names)))
        examples += [Example(split, f"{path.name}/{i:05d}", int(label)) for i, label in labels]
    return Collection(names, examples, partial(_pixels, root))


def _pixels(root: Path, key: str) -> np.ndarray:
    """Return the pixels of a key such as `data_batch_1/00017`, uint8 [32, 32, 3]."""
    batch, index = key.split("/")
    pixels = _load(root / batch)["data"][int(index)]
    return np.ascontiguousarray(pixels.reshape(SHAPE).transpose(1, 2, 0))


def _labels(path: Path, classes: int) -> list[int]:
    """Return the labels of a batch; raises InputError if the batch is malformed."""
    data, labels = (_load(path).get(name) for name in ("data", "labels"))
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.shape[1:] != (3072,):
        raise InputError(f"{path} is not a CIFAR-10 python batch: it lacks uint8 data, N x 3072.")
    if not isinstance(labels, list) or len(labels) != len(data):
        raise InputError(f"{path} is not a CIFAR-10 python batch: it lacks one label per image.")
    for label in labels:
        if type(label) is not int or not 0 <= label < classes:
            raise InputError(
                f"{path} has the label {label!r}, but labels go from 0 to {classes - 1}."
            )
    return labels


class _DataOnly(pickle.Unpickler):
    """Unpickles arrays and nothing else: a pickle can make its reader call any function."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] in ("numpy", "_codecs") and name in ARRAYS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it refers to {module}.{name}")


@cache
def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = _DataOnly(file, encoding="bytes").load()
        return {key.decode(): value for key, value in content.items()}
    except Exception as error:  # a damaged pickle can raise anything
        why = first_line(error)
        raise InputError(f"{path} is not a CIFAR-10 python batch: {why}.") from None
