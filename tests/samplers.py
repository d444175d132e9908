"""Untrained samplers, which are the same everywhere."""

from functools import cache

import keras

from artgan_tf.config import resolve
from artgan_tf.papers import build_gan
from artgan_tf.sampler import Sampler
from tests.conftest import PRESETS, TABLES

CLASSES = ["rings", 'waves & "quotes"', "Éclair"]
SMALL = {"data.image_size": 16, "model.width": 0.125, "model.z_size": 8}
MAGNIFIED = {"model.magnify": True, "model.generator": ["8:64", "16:64", "32:64"]}
SMALLER = {"data.image_size": 8, "model.magnify": True, "model.encoder": ["64/2"]}


def tiny_sampler(paper: str, precision: str = "float32") -> Sampler:
    """A sampler of `CLASSES` with 16 pixels, or 32 if Improved ArtGAN is magnified."""
    keras.utils.set_random_seed(1)
    settings = TABLES[paper] | SMALL | (MAGNIFIED if paper == "improved" else {})
    settings |= {"train.precision": precision}
    gan = build_gan(resolve(PRESETS[paper], settings), len(CLASSES))
    return Sampler(gan, CLASSES, "raw")


@cache
def sampler(classes: int) -> Sampler:
    """A sampler with 8 pixels, 16 if magnified, and classes `class 0` and so on."""
    keras.utils.set_random_seed(0)
    gan = build_gan(resolve("improved/cifar10", TABLES["improved"] | SMALL | SMALLER), classes)
    return Sampler(gan, [f"class {number}" for number in range(classes)])
