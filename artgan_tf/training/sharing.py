"""Whether several devices can share a run's batch: one rule for both backends."""

import logging

from artgan_tf.config import Train

log = logging.getLogger(__name__)


def batch_fault(train: Train, devices: int) -> str:
    """What keeps so many devices from sharing the batch, in a sentence; nothing for one."""
    if train.batch_size % devices == 0:
        return ""
    return (
        f"train.batch_size = {train.batch_size} does not divide among {devices} devices: make "
        f"--batch-size a multiple of {devices}, or set --strategy one."
    )


def takes_all(train: Train, gpus: int, fault: str) -> bool:
    """Whether a run has all devices: a mirrored one, and `auto` where it can; says why it cannot.

    Args:
        train: its strategy.
        gpus: how many there are, or TPUs.
        fault: what keeps the run from having them all, in a sentence.
    """
    if train.strategy != "auto":
        return train.strategy == "mirrored"
    if gpus > 1 and fault:
        log.warning("%s Training on one of %d devices.", fault, gpus)
    return gpus > 1 and not fault
