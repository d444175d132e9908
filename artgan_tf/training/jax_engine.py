"""Train steps with JAX on all devices of a machine, without TensorFlow."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from artgan_tf.config import Config, InputError, Train
from artgan_tf.data.batches import HeldOut, in_memory, training_batches
from artgan_tf.data.source import Indexed, Source, Split
from artgan_tf.gan import GAN
from artgan_tf.training.compiled import CompiledStep, keep_compiled
from artgan_tf.training.engine import batch_fault, takes_all

AXIS = "batch"  # the mesh axis along which devices share a batch


class JaxEngine:
    """Trains on the devices of this machine; see `Engine`.

    A step is one compiled function from all variables' values to their next values, in the same
    memory. Devices share the batch, but batch norm, the energy term and random draws cover it all.
    """

    writes = ahead = True

    def __init__(self, config: Config):
        _check(config)
        keep_compiled()
        self.config = config
        self.mesh = Mesh(_devices(config.train), (AXIS,), axis_types=(AxisType.Auto,))

    def scope(self) -> AbstractContextManager[Any]:
        return nullcontext()

    # ---- data ---------------------------------------------------------------------------------
    def keep(self, source: Source) -> Source:
        train, val = (in_memory(split, self.config.data) for split in (source.train, source.val))
        return replace(source, train=train, val=val)

    def batches(self, split: Split, start: int) -> Iterator[Any]:
        assert isinstance(split, Indexed)  # as returned by `keep`
        data, train = self.config.data, self.config.train
        made = training_batches(split, data, train.batch_size, train.seed, start)
        return map(self._placed, made)

    def held_out(self, split: Split) -> Iterable[Any]:
        assert isinstance(split, Indexed)
        return HeldOut(split, self.config.data, self.config.train.batch_size)

    def _placed(self, batch: Any) -> Any:
        """A batch divided among the devices, or copied whole to each if it does not divide."""
        axis = AXIS if len(batch[1]) % self.mesh.size == 0 else None
        return jax.device_put(batch, NamedSharding(self.mesh, PartitionSpec(axis)))

    # ---- steps --------------------------------------------------------------------------------
    def compile(self, gan: GAN) -> None:
        steps = gan.train_step, gan.test_step, gan.compare_step
        self._train, self._test, self._compare = (CompiledStep(gan, s, self.mesh) for s in steps)
        self._sums = gan.train_means.sums
        self._last: Any = None

    def train(self, batch: Any) -> None:
        """Begin one step, and return as soon as the step before it is done."""
        with _failures():
            now = self._train(batch)
            jax.block_until_ready(self._last)
        self._last = now

    def test(self, batches: Iterable[Any]) -> None:
        with _failures():
            for batch in batches:
                self._test(self._placed(batch))
            self._test.settle()

    def compare(self, pairs: Iterable[Any]) -> Any:
        with _failures():
            total = sum(np.asarray(self._compare(tuple(map(self._placed, pair)))) for pair in pairs)
            self._compare.settle()
        return total

    def take_sums(self) -> Any:
        return self._train.exchange(self._sums, np.zeros(self._sums.shape, np.float32))

    def settle(self) -> None:
        self._train.settle()

    def agree(self, stop: bool) -> bool:
        return stop


def _check(config: Config) -> None:
    if config.train.strategy == "multiworker":
        raise InputError(
            "train.strategy=multiworker is TensorFlow's: with KERAS_BACKEND=jax a run has the "
            "devices of one machine, --strategy mirrored."
        )
    if config.log.metrics:
        raise InputError(
            "log.metrics are computed by TensorFlow: with KERAS_BACKEND=jax leave them out, and "
            "evaluate the run afterwards."
        )


def _devices(train: Train) -> list[Any]:
    """The devices of this machine that a run uses."""
    local = jax.local_devices()
    fault = batch_fault(train, len(local))
    if not takes_all(train, 0 if local[0].platform == "cpu" else len(local), fault):
        return local[:1]
    if fault:
        raise InputError(fault)
    return local


@contextmanager
def _failures() -> Iterator[None]:
    """Turn JAX's errors into those of `Engine`."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" in str(error):
            raise MemoryError from None
        raise
