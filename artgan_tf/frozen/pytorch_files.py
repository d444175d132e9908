"""Reads the tensors of files written by PyTorch, without PyTorch.

A pickle can call any function, so only names on a list are allowed.
"""

import io
import pickle
import pickletools
import re
from collections import OrderedDict
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

STORAGES = {"torch.FloatStorage": "<f4", "torch.LongStorage": "<i8"}
MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001  # at the start of a file that is not a zip

Storage = Callable[[str, str, int], np.ndarray]  # key, type, count -> [count]


class Unpickler(pickle.Unpickler):
    """Unpickles tensors as arrays, and otherwise built-in types only, which it cannot change.

    `storage` returns the numbers of a storage, of which tensors are parts; `modules` are types by
    the name of a top-level module, each of which replaces everything in that module.

    Raises:
        pickle.UnpicklingError: the pickle names anything else, or is inconsistent.
    """

    def __init__(self, content: bytes, storage: Storage, modules: dict[str, type] | None = None):
        super().__init__(io.BytesIO(_counting(content)))
        self.storage, self.modules = storage, modules or {}
        self.allowed: dict[str, Any] = {
            "collections.OrderedDict": OrderedDict,
            "torch._utils._rebuild_tensor_v2": self.tensor,
            "torch.jit._pickle.build_intlist": list,
            **{name: name for name in STORAGES},
        }

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] in self.modules:
            return self.modules[module.split(".")[0]]
        if f"{module}.{name}" not in self.allowed:
            raise pickle.UnpicklingError(f"its pickle wants {module}.{name}")
        return self.allowed[f"{module}.{name}"]

    def persistent_load(self, reference: Any) -> np.ndarray:
        """The storage [count] to which a pickle refers by (storage, type, key, device, count)."""
        kind, name, key, _, count, *_ = reference
        if kind != "storage" or name not in STORAGES or not re.fullmatch(r"\d+", key):
            raise pickle.UnpicklingError(f"{reference} is no storage of float32 or int64")
        numbers = self.storage(key, STORAGES[name], count)
        if len(numbers) != count:
            raise pickle.UnpicklingError(f"storage {key} has {len(numbers)} numbers, not {count}")
        return numbers

    def tensor(self, storage: Any, offset: Any, size: Any, strides: Any, *_: Any) -> np.ndarray:
        """A part of a storage as an array, with axes in any order; gaps are not allowed."""
        axes = sorted(range(len(size)), key=lambda axis: -strides[axis])  # outermost first
        shape = [size[axis] for axis in axes]
        dense = all(
            size[axis] == 1 or strides[axis] == prod(shape[place + 1 :])
            for place, axis in enumerate(axes)
        )
        if not isinstance(storage, np.ndarray) or not dense or offset < 0:
            raise pickle.UnpicklingError("a tensor has gaps")
        return storage[offset : offset + prod(size)].reshape(shape).transpose(np.argsort(axes))


def read_state(path: Path) -> dict[str, np.ndarray]:
    """Read the tensors of a `state_dict` by name, in `torch.save`'s format before zip files.

    Raises:
        Exception: the file is damaged or of another kind; pickles can raise any exception.
    """
    file = io.BytesIO(path.read_bytes())
    storages: dict[str, np.ndarray] = {}

    def storage(key: str, dtype: str, count: int) -> np.ndarray:
        if count > file.getbuffer().nbytes:
            raise ValueError(f"storage {key} is larger than the file")
        return storages.setdefault(key, np.empty(count, dtype))  # the numbers follow the pickles

    magic, version, _, state, keys = (Unpickler(_next(file), storage).load() for _ in range(5))
    if (magic, version) != (MAGIC, VERSION) or sorted(keys) != sorted(storages):
        raise ValueError("it is another file")
    for numbers in (storages[key] for key in keys):
        if file.read(8) != len(numbers).to_bytes(8, "little"):
            raise ValueError("a storage has another length")
        numbers[:] = np.frombuffer(file.read(numbers.nbytes).ljust(1), numbers.dtype, len(numbers))
    return state


def _next(file: io.BytesIO) -> bytes:
    """The pickle that begins at the current position."""
    start = file.tell()
    for _ in pickletools.genops(file):
        pass
    return file.getvalue()[start : file.tell()]


def _counting(content: bytes) -> bytes:
    """Return the pickle unchanged, unless it would reserve memory for more objects than it has.

    Raises:
        pickle.UnpicklingError: it would.
    """
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name.endswith("PUT") and (argument or 0) > len(content):
            raise pickle.UnpicklingError(f"its pickle counts up to {argument}")
    return content
