"""The 2015 Inception network: its resizing, its pools, its table, and the real weights."""

import os
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError
from artgan_tf.metrics import inception2015
from artgan_tf.metrics.extractors import open_extractor
from artgan_tf.metrics.inception2015 import ConvNorm, resize_like_tensorflow1
from artgan_tf.metrics.inception2015_weights import Weights, read_weights
from tests.metrics import archives

FILE = os.environ.get("ARTGAN_INCEPTION", "")
NUMBERS = 21_802_784
REAL_MEANS = [0.193629, 0.207629, 0.196434, 0.176318]  # of the TorchScript original


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return inception2015.build()


# ---- resizing -----------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", [(32, 32), (64, 48), (300, 310), (299, 299), (17, 5), (1, 1)])
def test_resizing_equals_the_kernel_of_the_graph(shape):
    images = noise(2, *shape, 3)
    expected = tf.compat.v1.image.resize_bilinear(images.astype(np.float32), (299, 299))
    ours = np.asarray(resize_like_tensorflow1(images, 299))
    np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_preparing_gives_the_graphs_range():
    prepared = np.asarray(inception2015.Prepare()(np.array([[[[0, 128, 255]]]], np.uint8)))
    assert prepared.shape == (1, 299, 299, 3)
    np.testing.assert_array_equal(prepared[0, 7, 200], [-1, 0, 127 / 128])


# ---- the parts ----------------------------------------------------------------------------------
def test_average_pool_counts_no_padding():
    x = np.random.default_rng(0).normal(size=(1, 4, 5, 2)).astype(np.float32)
    ours = np.asarray(inception2015._pool("avg")(x))
    for row, column in np.ndindex(4, 5):
        window = x[0, max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        np.testing.assert_allclose(ours[0, row, column], window.mean(axis=(0, 1)), atol=1e-6)


def test_convolution_normalises_as_in_training():
    layer = ConvNorm(4, (1, 3), 1, "valid")
    x = np.random.default_rng(1).normal(size=(2, 3, 5, 2)).astype(np.float32)
    layer(x)
    kernel, beta, mean, variance = archives.convolution(2, 1, 3, 2, 4)
    layer.set_weights([kernel, beta, mean, variance])
    windows = np.lib.stride_tricks.sliding_window_view(x, 3, axis=2)  # [N, H, W', C, 3]
    convolved = np.einsum("nhwck,kcf->nhwf", windows, kernel[0])
    expected = np.maximum((convolved - mean) / np.sqrt(variance + 0.001) + beta, 0)
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)


# ---- the whole ----------------------------------------------------------------------------------
@pytest.mark.slow
def test_network_has_the_public_ones_convolutions(network):
    layers = inception2015.convolutions(network)
    assert len(layers) == 94
    assert network.count_params() == NUMBERS
    assert not network.trainable_variables
    shapes = {name: tuple(layer.kernel.shape) for name, layer in layers.items()}
    assert shapes["mixed/tower/conv_1"] == (5, 5, 48, 64)
    assert shapes["mixed_3/tower/conv_2"] == (3, 3, 96, 96)
    assert shapes["mixed_6/tower_1/conv_4"] == (1, 7, 160, 192)
    assert shapes["mixed_10/tower_1/mixed/conv_1"] == (3, 1, 384, 384)
    assert shapes["mixed_10/tower_2/conv"] == (1, 1, 2048, 192)


def test_maps_and_pools_are_the_graphs(network):
    ends = {"mixed_2": (35, 288), "mixed_7": (17, 768), "mixed_8": (8, 1280), "mixed_10": (8, 2048)}
    for name, (side, channels) in ends.items():
        assert network.get_layer(name).output.shape == (None, side, side, channels)
    pools = [
        (type(layer).__name__.removesuffix("Pooling2D"), layer.strides[0])
        for layer in network.layers
        if isinstance(layer, (keras.layers.AveragePooling2D, keras.layers.MaxPooling2D))
    ]
    average, maximum, halving = ("Average", 1), ("Max", 1), ("Max", 2)
    assert sorted(pools) == sorted([halving] * 4 + [average] * 8 + [maximum])
    last = network.get_layer("mixed_10.tower_2.conv").input
    assert isinstance(last._keras_history.operation, keras.layers.MaxPooling2D)


@pytest.mark.slow
def test_both_kinds_of_files_give_the_same_features(tmp_path, network, monkeypatch):
    convolutions = archives.made_up(inception2015.convolutions(network))
    softmax = np.random.default_rng(1).normal(size=(2048, 1008)).astype(np.float32)
    archive = archives.write_zip(tmp_path / "weights.pt", archives.torchscript(convolutions))
    message = archives.frozen_graph(convolutions, softmax, np.ones(1008, np.float32))
    graph = tmp_path / "graph.pb"
    graph.write_bytes(message.SerializeToString())
    images = noise(2, 20, 30, 3)
    monkeypatch.setattr(inception2015, "build", lambda: network)  # of one file after the other
    one = open_extractor(f"inception-2015:{archive}", 2)
    features, nothing = one.extract(images)
    for layer in inception2015.convolutions(network).values():
        layer.kernel.assign(0 * layer.kernel)
    again, logits = open_extractor(f"inception-2015:{graph}", 2).extract(images)
    assert nothing is None
    assert features.shape == (2, 2048)
    assert features.dtype == np.float32
    assert len(np.unique(features)) > 1000
    assert not np.allclose(features[0], features[1], rtol=1e-3)
    np.testing.assert_array_equal(features, again)
    assert logits is not None
    np.testing.assert_allclose(logits, again @ softmax, rtol=1e-4, atol=1e-3)
    assert one.name == f"inception-2015-{one.sha256[:8]}"  # not the literature's network


def test_weights_of_another_network_are_refused(network):
    convolutions = archives.made_up(inception2015.convolutions(network))
    path = Path("other.pt")
    lacking = {name: value for name, value in convolutions.items() if name != "mixed_5/conv"}
    surplus = convolutions | {"auxiliary/conv": convolutions["conv"]}
    changed = convolutions | {"conv": archives.convolution(0, 3, 3, 3, 31)}
    for wrong, what in (
        (lacking, r"has no mixed_5/conv\."),
        (surplus, r"also has auxiliary/conv\."),
        (changed, r"kernel of conv has the shape \(3, 3, 3, 31\), not \(3, 3, 3, 32\)\."),
    ):
        with pytest.raises(
            InputError, match=f"other.pt is not the 2015 Inception network: .*{what}"
        ):
            inception2015.assign(network, Weights(path, "", wrong))


# ---- the real file ------------------------------------------------------------------------------
@pytest.mark.data
@pytest.mark.skipif(not FILE, reason="set ARTGAN_INCEPTION to default_1.pt for the real network")
def test_real_network():
    weights = read_weights(FILE)
    assert weights.known
    assert (
        sum(array.size for arrays in weights.convolutions.values() for array in arrays) == NUMBERS
    )
    extractor = open_extractor(f"inception-2015:{FILE}", 4)
    assert extractor.name == "inception-2015"
    gradient = np.linspace(0, 255, 64).astype(np.uint8)
    image = np.stack(
        np.broadcast_arrays(gradient[:, None], gradient, gradient[::-1, None]), axis=-1
    )
    features = extractor.features(np.stack([image, image[::-1], 255 - image, noise(64, 64, 3)]))
    np.testing.assert_allclose(features.mean(axis=1), REAL_MEANS, rtol=1e-3)
