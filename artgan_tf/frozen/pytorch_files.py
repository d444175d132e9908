"""Tensors of files that PyTorch wrote, read without it.

A pickle may call anything, so that there is a list of what these may name.
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
MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001  # how a file begins that is no zip

Storage = Callable[[str, str, int], np.ndarray]  # key, type, count -> [count]


class Unpickler(pickle.Unpickler):
    """Makes an array of each tensor, and of nothing else than built-in types.

    All a pickle can get hold of are these types, which it cannot change, and `tensor`.

    Args:
        content: the pickle.
        storage: finds the numbers that a tensor is a part of.
        modules: a type for whatever a pickle names of a module of this name, or inside it.
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
        """[count]: what the pickle refers to as (storage, type, key, device, count)."""
        kind, name, key, _, count, *_ = reference
        if kind != "storage" or name not in STORAGES or not re.fullmatch(r"\d+", key):
            raise pickle.UnpicklingError(f"{reference} is no storage of float32 or int64")
        numbers = self.storage(key, STORAGES[name], count)
        if len(numbers) != count:
            raise pickle.UnpicklingError(f"storage {key} has {len(numbers)} numbers, not {count}")
        return numbers

    def tensor(self, storage: Any, offset: Any, size: Any, strides: Any, *_: Any) -> np.ndarray:
        """A part of a storage in its shape, axes in any order; one with gaps is refused."""
        axes = sorted(range(len(size)), key=lambda axis: -strides[axis])  # the outermost first
        shape = [size[axis] for axis in axes]
        dense = all(
            size[axis] == 1 or strides[axis] == prod(shape[place + 1 :])
            for place, axis in enumerate(axes)
        )
        if not isinstance(storage, np.ndarray) or not dense or offset < 0:
            raise pickle.UnpicklingError("a tensor has gaps")
        return storage[offset : offset + prod(size)].reshape(shape).transpose(np.argsort(axes))


def read_state(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a `state_dict` by name, in a file of `torch.save` before it wrote zips.

    Raises:
        Exception: it is damaged or another file; pickles raise whatever they like.
    """
    file = io.BytesIO(path.read_bytes())
    storages: dict[str, np.ndarray] = {}

    def storage(key: str, dtype: str, count: int) -> np.ndarray:
        if count > file.getbuffer().nbytes:
            raise ValueError(f"storage {key} is larger than the file")
        return storages.setdefault(key, np.empty(count, dtype))  # its numbers follow the pickles

    magic, version, _, state, keys = (Unpickler(_next(file), storage).load() for _ in range(5))
    if (magic, version) != (MAGIC, VERSION) or sorted(keys) != sorted(storages):
        raise ValueError("it is another file")
    for numbers in (storages[key] for key in keys):
        if file.read(8) != len(numbers).to_bytes(8, "little"):
            raise ValueError("a storage has another length")
        numbers[:] = np.frombuffer(file.read(numbers.nbytes).ljust(1), numbers.dtype, len(numbers))
    return state


def _next(file: io.BytesIO) -> bytes:
    """The pickle that begins here, to its end."""
    start = file.tell()
    for _ in pickletools.genops(file):
        pass
    return file.getvalue()[start : file.tell()]


def _counting(content: bytes) -> bytes:
    """The same pickle; one that would reserve memory for more objects than it has is refused."""
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name.endswith("PUT") and (argument or 0) > len(content):
            raise pickle.UnpicklingError(f"its pickle counts up to {argument}")
    return content
