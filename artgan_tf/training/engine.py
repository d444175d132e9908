"""What a run computes with: devices, batches on them, compiled steps."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from artgan_tf.config import RunError
from artgan_tf.data.source import Source, Split
from artgan_tf.gan import GAN


class WorkerLost(RunError):
    """Another worker of the cluster is gone; the run can go on from its last checkpoint."""


class Engine(Protocol):
    """One worker's devices.

    Attributes:
        writes: whether this worker writes into the run's directory; one of a cluster does.
        ahead: whether `train` returns as soon as the step before is done, so that what can be told
            of a step should be told after the next one has begun.
    """

    writes: bool
    ahead: bool

    def scope(self) -> AbstractContextManager[Any]:
        """Where the GAN and its optimizers are built."""

    def keep(self, source: Source) -> Source:
        """The source with its images in memory, where they fit; raises DamagedData."""

    def batches(self, split: Split, start: int) -> Iterator[Any]:
        """Endless training batches from step `start` on; raises DamagedData."""

    def held_out(self, split: Split) -> Iterable[Any]:
        """Every held-out image once."""

    def compile(self, gan: GAN) -> None:
        """Take the GAN whose steps are done; its state has been restored."""

    def train(self, batch: Any) -> None:
        """One train step; raises MemoryError, WorkerLost."""

    def take_sums(self) -> Any:
        """Sums of the train means up to the last step, for `result`; they begin anew."""

    def settle(self) -> None:
        """Bring the GAN's variables up to the last step; until then they must not be read."""

    def test(self, batches: Iterable[Any]) -> None:
        """A test step on each of the held-out batches; raises DamagedData."""

    def compare(self, pairs: Iterable[Any]) -> Any:
        """The sum of `GAN.compare_step` over pairs of batches, NumPy [3, 3]; raises DamagedData."""

    def agree(self, stop: bool) -> bool:
        """After each step: whether all workers stop here, because any of them wants to."""
