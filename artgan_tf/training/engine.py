"""The interface of an engine: devices, batches on them, compiled steps; and the choice of both."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import keras

from artgan_tf.config import Config, RunError, Train
from artgan_tf.data.source import Source, Split
from artgan_tf.gan import GAN

log = logging.getLogger(__name__)


class WorkerLost(RunError):
    """Another worker of the cluster is gone; the run can resume from its last checkpoint."""


class Engine(Protocol):
    """Trains on the devices of one worker.

    Attributes:
        writes: whether this worker writes into the run's directory; only one of a cluster does.
        ahead: whether `train` returns while its step is still being computed, so that a step's
            figures are best reported after the next step has begun.
    """

    writes: bool
    ahead: bool

    def scope(self) -> AbstractContextManager[Any]:
        """The context in which the GAN and its optimizers must be built."""

    def keep(self, source: Source) -> Source:
        """The source with its images in memory, if they fit; raises DamagedData."""

    def batches(self, split: Split, start: int) -> Iterator[Any]:
        """Endless training batches of a run that has done `start` steps; raises DamagedData."""

    def held_out(self, split: Split) -> Iterable[Any]:
        """Batches with every held-out image once."""

    def compile(self, gan: GAN) -> None:
        """Compile the steps of a GAN whose state has been restored."""

    def train(self, batch: Any) -> None:
        """Do one train step; raises MemoryError, WorkerLost."""

    def take_sums(self) -> Any:
        """Return the sums of the train means, for `Means.result`, and reset them to zero."""

    def settle(self) -> None:
        """Bring the GAN's variables up to the last step; they must not be read before this."""

    def test(self, batches: Iterable[Any]) -> None:
        """Do a test step on each held-out batch; raises DamagedData."""

    def compare(self, pairs: Iterable[Any]) -> Any:
        """Sum `GAN.compare_step` over pairs of batches, NumPy [3, 3]; raises DamagedData."""

    def agree(self, stop: bool) -> bool:
        """Whether all workers stop here because any of them wants to; to be called every step."""


def open_engine(config: Config) -> Engine:
    """Open the engine of Keras's backend; must be called before anything is computed."""
    if keras.backend.backend() == "jax":
        from artgan_tf.training.jax_engine import JaxEngine

        return JaxEngine(config)
    from artgan_tf.training.tensorflow_engine import TensorFlowEngine

    return TensorFlowEngine(config)


@contextmanager
def telling_memory(config: Config) -> Iterator[None]:
    """Turn a MemoryError into a RunError that says what to change."""
    try:
        yield
    except MemoryError:
        raise RunError(
            f"Out of memory with batch {config.train.batch_size}, width {config.model.width}, "
            f"{config.train.precision}: lower --batch-size or model.width, or set "
            f"train.precision=mixed_bfloat16."
        ) from None


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
