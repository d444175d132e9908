"""ArtGAN (2017) and Improved ArtGAN (2019): class-conditional image generation with Keras.

import artgan_tf
config = artgan_tf.resolve("demo")
artgan_tf.train(config, "runs/demo")
images = artgan_tf.load("runs/demo").generate(classes=["rings", "portrait"], seeds=[1, 2])
"""

import importlib
from typing import TYPE_CHECKING, Any

from artgan_tf.config import Config, InputError, RunError, resolve

if TYPE_CHECKING:
    from artgan_tf.evaluation.measure import measure
    from artgan_tf.runs.load import load
    from artgan_tf.sampler import Sampler
    from artgan_tf.training.train import train

HOMES = {
    "Sampler": "artgan_tf.sampler",
    "load": "artgan_tf.runs.load",
    "measure": "artgan_tf.evaluation.measure",
    "train": "artgan_tf.training.train",
}
__version__ = "0.1.0"
__all__ = ["Config", "InputError", "RunError", "Sampler", "load", "measure", "resolve", "train"]


def __getattr__(name: str) -> Any:
    """Imports a name that needs TensorFlow or JAX when it is first used."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from artgan_tf import cli

    cli.start_backend()  # hides TensorFlow's log messages about missing GPUs
    return getattr(importlib.import_module(HOMES[name]), name)
