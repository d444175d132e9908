"""Devices: memory growth, the distribution strategy, XLA."""

import tensorflow as tf

from artgan_tf.config import InputError, Train


def choose_strategy(train: Train) -> tf.distribute.Strategy:
    """The strategy a run uses; GPUs take memory as they need it, not all at once.

    `auto` mirrors over all GPUs where there are several, else uses the one device there is.
    `mirrored` without GPUs mirrors over the logical CPU devices.
    """
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        if not tf.config.experimental.get_memory_growth(gpu):
            tf.config.experimental.set_memory_growth(gpu, True)
    if train.strategy == "one" or (train.strategy == "auto" and len(gpus) < 2):
        return tf.distribute.get_strategy()
    return _mirrored(train, bool(gpus))


def use_xla(train: Train) -> bool:
    """XLA on a GPU, not on a CPU, where it is two to three times slower for these nets."""
    if train.xla == "auto":
        return bool(tf.config.list_physical_devices("GPU"))
    return train.xla == "on"


def _mirrored(train: Train, on_gpus: bool) -> tf.distribute.Strategy:
    devices = [d.name for d in tf.config.list_logical_devices("GPU" if on_gpus else "CPU")]
    strategy = tf.distribute.MirroredStrategy(
        devices, cross_device_ops=None if on_gpus else tf.distribute.ReductionToOneDevice()
    )
    replicas = strategy.num_replicas_in_sync
    if train.batch_size % replicas:
        raise InputError(
            f"train.batch_size = {train.batch_size} does not divide among {replicas} devices."
        )
    if train.cifar_trick and replicas > 1:
        raise InputError("train.cifar_trick needs one device: set it to false or --strategy one.")
    return strategy
