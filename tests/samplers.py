"""Samplers that have learnt nothing: what matters is that they are the same everywhere."""

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
    """Of 16 pixels, Improved ArtGAN's of 32 when magnified, and of `CLASSES`."""
    keras.utils.set_random_seed(1)
    settings = TABLES[paper] | SMALL | (MAGNIFIED if paper == "improved" else {})
    settings |= {"train.precision": precision}
    gan = build_gan(resolve(PRESETS[paper], settings), len(CLASSES))
    return Sampler(gan, CLASSES, "raw")


@cache
def sampler(classes: int) -> Sampler:
    """Of 8 pixels, and 16 when magnified; its classes are `class 0` and so on."""
    keras.utils.set_random_seed(0)
    gan = build_gan(resolve("improved/cifar10", TABLES["improved"] | SMALL | SMALLER), classes)
    return Sampler(gan, [f"class {number}" for number in range(classes)])
