"""Painters that have learnt nothing."""

from functools import cache

import keras

from artgan_tf.config import resolve
from artgan_tf.painter import Painter
from artgan_tf.papers import build_gan
from tests.conftest import TABLES


@cache
def painter(classes: int) -> Painter:
    """Of 8 pixels, and 16 when magnified; its classes are `class 0` and so on."""
    keras.utils.set_random_seed(0)
    settings = TABLES["improved"] | {
        "data.image_size": 8,
        "model.magnify": True,
        "model.encoder": ["64/2"],
        "model.width": 0.125,
        "model.z_size": 8,
    }
    names = [f"class {number}" for number in range(classes)]
    return Painter(build_gan(resolve("improved/cifar10", settings), classes), names)
