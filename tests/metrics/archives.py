"""Weights files of the 2015 Inception network with synthetic numbers, written byte by byte."""

import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tensorflow as tf

from artgan_tf.metrics.inception2015 import ConvNorm
from artgan_tf.metrics.inception2015_weights import Convolution

ROOT = "module"
Entries = dict[str, bytes]


def convolution(seed: int, *shape: int) -> Convolution:
    """A kernel HWIO that preserves the scale of its input, and a nontrivial norm."""
    rng = np.random.default_rng(seed)
    kernel = rng.standard_normal(shape, np.float32) * np.float32(2 / np.prod(shape[:-1])) ** 0.5
    beta, mean = (rng.normal(scale=0.1, size=shape[-1]).astype(np.float32) for _ in range(2))
    return Convolution(kernel, beta, mean, rng.uniform(0.5, 1.5, shape[-1]).astype(np.float32))


def made_up(layers: dict[str, ConvNorm]) -> dict[str, Convolution]:
    """A synthetic convolution for each convolution of a network."""
    return {name: convolution(i, *layers[name].kernel.shape) for i, name in enumerate(layers)}


# ---- TorchScript: pickle protocol 2, like PyTorch -----------------------------------------------
def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(values: Iterable[int]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def module(attributes: dict[str, bytes], name: str = "__torch__.net Module") -> bytes:
    """An object with pickled attributes."""
    items = b"".join(text(key) + value for key, value in attributes.items())
    owner, kind = name.split(" ")
    return f"c{owner}\n{kind}\n".encode() + b")\x81}(" + items + b"ub"


def tensor(key: str, array: np.ndarray) -> bytes:
    """A contiguous tensor that refers to the storage `key`."""
    storage = text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu")
    shape = array.shape
    strides = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    persistent = b"((" + storage + number(array.size) + b"tQ"
    rest = number(0) + numbers(shape) + numbers(strides) + b"\x89ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + persistent + rest + b"tR"


def torchscript(convolutions: dict[str, Convolution]) -> Entries:
    """The entries of an archive; the last two blocks are flat, as in the public file."""
    entries: Entries = {}
    tree: dict = {}
    for name, (kernel, *norm) in convolutions.items():
        attributes = {"training": b"\x89", "padding": numbers([0, 3])}
        arrays = [kernel.transpose(3, 2, 0, 1), *norm]
        for what, array in zip(("weight", "beta", "mean", "var"), arrays, strict=True):
            key = str(len(entries))
            entries[f"{ROOT}/data/{key}"] = np.ascontiguousarray(array, "<f4").tobytes()
            attributes[what] = tensor(key, array)
        block, *rest = name.split("/")
        scopes = [block, "_".join(rest)] if block in ("mixed_9", "mixed_10") else [block, *rest]
        place = tree
        for scope in scopes[:-1]:
            place = place.setdefault(scope, {})
        place[scopes[-1]] = module(attributes)
    root = module({"net": module({"layers": _nested(tree)})})
    return {f"{ROOT}/data.pkl": b"\x80\x02" + root + b".", **entries}


def _nested(tree: dict) -> bytes:
    children = {k: v if isinstance(v, bytes) else _nested(v) for k, v in tree.items()}
    return module({"pool": module({}), **children})


def write_zip(path: Path, entries: Entries, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


# ---- the frozen graph ---------------------------------------------------------------------------
def frozen_graph(
    convolutions: dict[str, Convolution], softmax: np.ndarray, biases: np.ndarray
) -> tf.compat.v1.GraphDef:
    """The constants of the public graph, with its names."""
    graph = tf.compat.v1.GraphDef()
    graph.node.add(name="ExpandDims", op="ExpandDims")
    for name, (kernel, beta, mean, variance) in convolutions.items():
        _constant(graph, f"{name}/conv2d_params", kernel)
        norm = {"beta": beta, "moving_mean": mean, "moving_variance": variance}
        for part, array in (norm | {"gamma": np.ones_like(beta)}).items():
            _constant(graph, f"{name}/batchnorm/{part}", array)
    _constant(graph, "softmax/weights", softmax)
    _constant(graph, "softmax/biases", biases)
    return graph


def _constant(graph: tf.compat.v1.GraphDef, name: str, array: np.ndarray) -> None:
    node = graph.node.add(name=name, op="Const")
    node.attr["dtype"].type = tf.float32.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(array))


def calls(function: str, argument: str) -> bytes:
    """A pickle that calls `module.function` with a string on loading."""
    owner, name = function.rsplit(".", 1)
    return b"\x80\x02" + f"c{owner}\n{name}\n".encode() + b"(" + text(argument) + b"tR."
