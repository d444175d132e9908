"""The contestants of the train step's benchmark, and the batch that all of them use."""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from artgan_tf.config import Config
from experiments.benchmarks.measuring import Run

CLASSES = 10


class Contestant(NamedTuple):
    """Runs one compiled step at a time; keeps the losses of a first step without randomness."""

    take: Callable[[], Run]
    losses: tuple[float, float]


class Batch(NamedTuple):
    """Inputs of a step and, for the first step, its random draws, as NumPy arrays."""

    images: Any
    labels: Any
    fake_labels: Any
    z: Any
    fresh: Any


def batch_of(config: Config) -> Batch:
    """A batch of noise, as the content of the images does not affect the time."""
    rng, n, size = np.random.default_rng(0), config.train.batch_size, config.data.image_size
    images = rng.integers(0, 256, (n, size, size, 3), dtype=np.uint8)
    labels, fake_labels = rng.integers(0, CLASSES, (2, n), dtype=np.int32)
    z, fresh = rng.uniform(-1.0, 1.0, (2, n, config.model.z_size)).astype(np.float32)
    return Batch(images, labels, fake_labels, z, fresh)


def quiet(config: Config) -> Config:
    """The same in float32 without dropout and noise, whose draws frameworks cannot share."""
    calm = replace(config.discriminator, dropout=0.0, noise=0.0)
    return replace(config, discriminator=calm, train=replace(config.train, precision="float32"))


def fresh_gan(config: Config) -> Any:
    """A compiled GAN with always the same weights."""
    import keras

    from artgan_tf.papers import build_gan

    keras.utils.set_random_seed(0)
    gan = build_gan(config, CLASSES)
    gan.compile()
    return gan


def first_losses(gan: Any, batch: Batch) -> tuple[float, float]:
    """L_D, and L_G after D's update, of a step on given draws."""
    import tensorflow as tf

    zs = cycle((batch.z, batch.fresh))
    data = batch.images, batch.labels
    with (
        patch.object(gan, "latents", lambda n, seed: tf.constant(next(zs))),
        patch.object(gan, "fake_labels", lambda n: tf.constant(batch.fake_labels)),
    ):
        found = tf.function(lambda: gan.train_step(data), autograph=False)()
    return float(found["d_loss"]), float(found["g_loss"])


def keras_step(config: Config, batch: Batch) -> Contestant:
    """`GAN.train_step` with the layers currently in place."""
    import tensorflow as tf

    losses = first_losses(fresh_gan(quiet(config)), batch)
    gan, data = fresh_gan(config), (tf.constant(batch.images), tf.constant(batch.labels))
    step = compiled(config, lambda: gan.train_step(data))
    return Contestant(lambda: clocked(lambda: float(step()["d_loss"])), losses)  # waits for it


def compiled(config: Config, work: Callable[[], Any]) -> Callable[[], Any]:
    """Compile a function as `fit` does."""
    import tensorflow as tf

    from artgan_tf.training.devices import use_xla

    return tf.function(work, autograph=False, jit_compile=use_xla(config.train))


def clocked(work: Callable[[], Any]) -> Run:
    """Wall time and CPU time of a call, in seconds."""
    begun, spent = time.perf_counter(), time.process_time()
    work()
    return Run(time.perf_counter() - begun, time.process_time() - spent)
