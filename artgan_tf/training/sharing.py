"""Decides whether several devices can share a run's batch, for both backends."""

import logging

from artgan_tf.config import Train

log = logging.getLogger(__name__)


def batch_fault(train: Train, devices: int) -> str:
    """A sentence saying why this many devices cannot share the batch; empty if they can."""
    if train.batch_size % devices == 0:
        return ""
    return (
        f"train.batch_size = {train.batch_size} does not divide among {devices} devices: make "
        f"--batch-size a multiple of {devices}, or set --strategy one."
    )


def takes_all(train: Train, gpus: int, fault: str) -> bool:
    """Whether a run uses all devices: always if mirrored, and with `auto` if nothing prevents it.

    `gpus` counts GPUs or TPUs. With `auto` a warning tells the `fault` that prevents it, if any.
    """
    if train.strategy != "auto":
        return train.strategy == "mirrored"
    if gpus > 1 and fault:
        log.warning("%s Training on one of %d devices.", fault, gpus)
    return gpus > 1 and not fault
