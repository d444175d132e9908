"""EfficientNet-Lite0 beside the original in PyTorch, its gradients, and what it says of its package."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError
from artgan_tf.networks import efficientnet
from artgan_tf.networks.efficientnet import CHANNELS, STRIDES, load_efficientnet
from experiments.metrics_reference import cases

GOLDEN = Path(cases.__file__).parent / "efficientnet.npz"


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return load_efficientnet()


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """float32 [16, 128, 96, 3] in -1..1."""
    return cases.pictures().astype(np.float32) / 127.5 - 1


def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference, of |theirs| + mean |theirs|."""
    return float((np.abs(ours - theirs) / (np.abs(theirs) + np.abs(theirs).mean())).max())


# ---- the original -------------------------------------------------------------------------------
def test_golden_values_are_of_these_pictures() -> None:
    assert np.load(GOLDEN)["inputs"] == cases.checksum(cases.pictures())


def test_maps_and_feature_are_the_originals(network: keras.Model, images: np.ndarray) -> None:
    golden = np.load(GOLDEN)
    for number, ours in enumerate(network(images)):
        theirs = golden[f"map_{number}"]
        assert distance(cases.part(np.asarray(ours)), theirs) < 1e-4
    pooled = load_efficientnet(pooled=True)(images)
    assert distance(np.asarray(pooled), golden["pooled"]) < 1e-4
