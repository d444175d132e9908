"""CIFAR-10's python batches, written byte for byte as Python 2 pickled them."""

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.tfrecords_tools.conversions import converted, records, refusal, shards
from tfrecords_tools.cifar import cifar_batches, is_cifar

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
BATCHES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
EACH = 14  # images per batch


def pickled(value: Any) -> bytes:
    """Pickle as Python 2 with protocol 2: bytes as `str`, numpy's modules under their old names."""
    if isinstance(value, bytes):
        short = len(value) < 256
        return (b"U" if short else b"T") + len(value).to_bytes(1 if short else 4, "little") + value
    if isinstance(value, int):
        return b"J" + value.to_bytes(4, "little", signed=True)
    if isinstance(value, list):
        return b"](" + b"".join(map(pickled, value)) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(pickled(k) + pickled(v) for k, v in value.items()) + b"u"
    assert isinstance(value, np.ndarray)
    empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85U\x01btR"
    order, kind = (b"|", b"u1") if value.dtype == np.uint8 else (b"<", b"f4")
    state = b"(K\x03" + pickled(order) + b"NNN" + pickled(-1) * 2 + b"K\0tb"
    dtype = b"cnumpy\ndtype\n(" + pickled(kind) + b"K\0K\x01tR" + state
    shape = b"(" + b"".join(map(pickled, value.shape)) + b"t"
    return empty + b"(K\x01" + shape + dtype + b"\x89" + pickled(value.tobytes()) + b"tb"


def dump(path: Path, content: dict[bytes, Any]) -> None:
    path.write_bytes(b"\x80\x02" + pickled(content) + b".")


def planes(batch: int) -> np.ndarray:
    """Return rows of 3072 bytes: all red, then all green, then all blue values."""
    return np.random.default_rng(batch).integers(0, 256, (EACH, 3072), np.uint8)


def labels(batch: int) -> list[int]:
    return [(index * 3 + batch) % 10 for index in range(EACH)]


@pytest.fixture
def batches(tmp_path: Path) -> Path:
    root = tmp_path / "cifar-10-batches-py"
    root.mkdir()
    for number, name in enumerate(BATCHES):
        files = [f"image_{index:06d}.png".encode() for index in range(EACH)]
        content = {b"data": planes(number), b"labels": labels(number), b"filenames": files}
        dump(root / name, content | {b"batch_label": b"training batch"})
    meta = {b"num_cases_per_batch": EACH, b"num_vis": 3072}
    dump(root / "batches.meta", meta | {b"label_names": [name.encode() for name in NAMES]})
    (root / "readme.html").write_text("")
    return root


def test_every_pixel_arrives_with_its_label_and_split(batches: Path, tmp_path: Path) -> None:
    found = pickle.loads((batches / "data_batch_2").read_bytes(), encoding="bytes")
    np.testing.assert_array_equal(found[b"data"], planes(1))  # as Python's own reader sees it
    assert is_cifar(batches)
    assert not is_cifar(tmp_path)
    out = tmp_path / "cifar"
    made = converted(batches, out, "--size", 32, "--encoding", "png")
    assert made["classes"] == NAMES
    for split, count in (("train", 5), ("test", 1)):
        stored = records(shards(out, split))
        assert len({path for path, _, _ in stored}) == count * EACH == len(stored)
        for path, label, image in stored:
            batch, index = path.split("/")
            number = BATCHES.index(batch)
            expected = np.dstack(planes(number)[int(index)].reshape(3, 32, 32))
            np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(image))), expected)
            assert label == labels(number)[int(index)]


# ---- damaged and malicious files -------------------------------------------------------------
class Malicious:
    def __init__(self, call: Callable[..., Any], *arguments: Any):
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call, self.arguments


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("name", ["batches.meta", "test_batch"])
def test_a_malicious_pickle_is_refused_and_does_nothing(
    batches: Path, tmp_path: Path, name: str, protocol: int
) -> None:
    flag = tmp_path / "broken-in"
    calls = [
        Malicious(os.system, f"touch {flag}"),
        Malicious(eval, f"open({str(flag)!r}, 'w')"),
        Malicious(exec, f"open({str(flag)!r}, 'w')"),
        Malicious(np.fromfile, "/etc/hostname"),
        Malicious(getattr, np.ndarray, "tofile"),
    ]
    for call in calls:
        content = {b"data": call, b"labels": [0], b"label_names": [b"a"]}
        (batches / name).write_bytes(pickle.dumps(content, protocol))
        said = refusal(cifar_batches, batches)
        assert f"{batches / name} is not a CIFAR-10 python batch" in said
        assert not flag.exists()


@pytest.mark.parametrize("name", ["batches.meta", "data_batch_3", "test_batch"])
@pytest.mark.parametrize("content", [b"", b"no pickle at all", b"\x80\x02}q", b"\x80\x02]q\0."])
def test_a_damaged_batch_is_refused(batches: Path, name: str, content: bytes) -> None:
    (batches / name).write_bytes(content)
    said = refusal(cifar_batches, batches)
    assert name in said
    assert not said.endswith("..")


@pytest.mark.parametrize(
    "change",
    [
        {b"labels": None},
        {b"data": None},
        {b"labels": [0] * (EACH + 1)},
        {b"labels": [10] * EACH},
        {b"labels": [-1] * EACH},
        {b"labels": [b"cat"] * EACH},
        {b"data": np.zeros((EACH, 3071), np.uint8)},
        {b"data": np.zeros((EACH, 3072), np.float32)},
    ],
    ids=["no labels", "no data", "too many", "10", "-1", "text", "short rows", "floats"],
)
def test_a_batch_that_does_not_hold_together_is_refused(batches: Path, change: Any) -> None:
    content = {b"data": planes(2), b"labels": labels(2)} | change
    dump(batches / "data_batch_3", {k: v for k, v in content.items() if v is not None})
    assert "data_batch_3" in refusal(cifar_batches, batches)


def test_class_names_that_are_missing_are_refused(batches: Path) -> None:
    dump(batches / "batches.meta", {b"fine_label_names": [b"a"]})
    assert "batches.meta" in refusal(cifar_batches, batches)
