"""Sets up TensorFlow's devices: the distribution strategy, XLA."""

import json
import os
from typing import Any

import tensorflow as tf

from artgan_tf.config import InputError, Train
from artgan_tf.training import slurm
from artgan_tf.training.engine import batch_fault, takes_all


def choose_strategy(train: Train) -> tf.distribute.Strategy:
    """The strategy of a run.

    `auto` is the cluster if TF_CONFIG describes several workers, else all GPUs if there are several
    and the settings allow it, else one device, which needs no strategy. `mirrored` without GPUs
    mirrors over the logical CPU devices. Raises InputError if the settings or the description of
    the cluster forbid it.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if train.strategy == "multiworker" or (train.strategy == "auto" and _workers() > 1):
        strategy = _multiworker()
    elif takes_all(train, len(gpus), _fault(train, len(gpus))):
        strategy = _mirrored(bool(gpus))
    else:
        return tf.distribute.get_strategy()
    if fault := _fault(train, strategy.num_replicas_in_sync):
        raise InputError(fault)
    if strategy.num_replicas_in_sync == 1:  # a worker alone, or one GPU: no sums over replicas
        return tf.distribute.get_strategy()
    return strategy


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes the run: it is alone, the cluster's chief or its first worker."""
    cluster = strategy.cluster_resolver
    if cluster is None or cluster.task_type in (None, "chief"):
        return True
    return "chief" not in cluster.cluster_spec().jobs and cluster.task_id == 0


def use_xla(train: Train) -> bool:
    """Whether to use XLA; `auto` means on GPUs only, as CPUs are 2-3 times slower with it."""
    if train.xla == "auto":
        return bool(tf.config.list_physical_devices("GPU"))
    return train.xla == "on"


def _mirrored(on_gpus: bool) -> tf.distribute.Strategy:
    devices = [d.name for d in tf.config.list_logical_devices("GPU" if on_gpus else "CPU")]
    return tf.distribute.MirroredStrategy(
        devices, cross_device_ops=None if on_gpus else tf.distribute.ReductionToOneDevice()
    )


def _multiworker() -> tf.distribute.Strategy:
    """The strategy of the cluster that TF_CONFIG, or else SLURM, describes."""
    if not _tf_config():
        cluster = slurm.tf_config(os.environ)
        if cluster is None:
            raise InputError(
                "--strategy multiworker needs to know the others: set TF_CONFIG in each worker's "
                "environment, or start them with srun."
            )
        os.environ["TF_CONFIG"] = json.dumps(cluster)
    resolver: Any = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    return tf.distribute.MultiWorkerMirroredStrategy(resolver)


def _workers() -> int:
    cluster = _tf_config().get("cluster", {})
    return sum(len(cluster.get(kind, [])) for kind in ("chief", "worker"))


def _tf_config() -> dict[str, Any]:
    text = os.environ.get("TF_CONFIG", "")
    try:
        return json.loads(text) if text else {}
    except ValueError:
        raise InputError(f"TF_CONFIG is no JSON: {text[:100]}") from None


def _fault(train: Train, replicas: int) -> str:
    """A sentence saying why a run cannot have this many replicas; empty if it can."""
    if replicas > 1 and train.cifar_trick:
        return "train.cifar_trick needs one device: set it to false or --strategy one."
    return batch_fault(train, max(replicas, 1))
