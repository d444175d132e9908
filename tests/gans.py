"""Tiny GANs of all models, and inputs for them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from artgan_tf import backend
from artgan_tf.config import Config, resolve
from artgan_tf.gan import GAN
from artgan_tf.papers import build_gan
from artgan_tf.runs.names import by_place
from tests.conftest import PRESETS, TABLES

K, N = 3, 9


def tiny(paper: str, **changes: object) -> Config:
    settings: dict[str, object] = TABLES[paper] | {
        "data.classes": K,
        "data.image_size": 16,
        "model.width": 0.125,
        "model.z_size": 8,
        "train.cifar_trick": False,
    }
    changed = {key.replace("__", "."): value for key, value in changes.items()}
    return resolve(PRESETS[paper], settings | changed)


def built(paper: str, **changes: object):
    keras.utils.set_random_seed(3)
    gan = build_gan(tiny(paper, **changes), K)
    gan.compile()
    return gan


def batch(seed: int = 0) -> tuple[tf.Tensor, tf.Tensor]:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (N, 16, 16, 3), dtype=np.uint8)
    return tf.constant(images), tf.constant(rng.integers(0, K, N), tf.int32)


def save_first_format(gan: GAN, path: Path) -> None:
    """Save a checkpoint as the first version did: by position, without a number of the format."""
    arrays: dict[str, Any] = {k: np.array(backend.array(v)) for k, v in by_place(gan).items()}
    np.savez(path, **arrays)


def values(network: keras.Model) -> list[np.ndarray]:
    return [v.numpy().copy() for v in network.trainable_variables]


def moved(before: list[np.ndarray], network: keras.Model) -> list[bool]:
    return [not np.array_equal(a, b) for a, b in zip(before, values(network), strict=True)]
