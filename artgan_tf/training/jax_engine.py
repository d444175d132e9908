"""Train steps with JAX, on one device; nothing of it needs TensorFlow."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from artgan_tf.backend.jax import stateless
from artgan_tf.config import Config, InputError
from artgan_tf.data.batches import HeldOut, in_memory, training_batches
from artgan_tf.data.source import Indexed, Source, Split
from artgan_tf.gan import GAN


class JaxEngine:
    """One device of JAX; see `Engine`.

    A step is one compiled function from the values of all variables to their next values, in the
    same memory.
    """

    writes = True

    def __init__(self, config: Config):
        _check(config)
        self.config = config

    def scope(self) -> AbstractContextManager[Any]:
        return nullcontext()

    # ---- data ---------------------------------------------------------------------------------
    def keep(self, source: Source) -> Source:
        train, val = (in_memory(split, self.config.data) for split in (source.train, source.val))
        return replace(source, train=train, val=val)

    def batches(self, split: Split, start: int) -> Iterator[Any]:
        assert isinstance(split, Indexed)  # as `keep` gives it
        data, train = self.config.data, self.config.train
        made = training_batches(split, data, train.batch_size, train.seed, start)
        return map(jax.device_put, made)

    def held_out(self, split: Split) -> Iterable[Any]:
        assert isinstance(split, Indexed)
        return HeldOut(split, self.config.data, self.config.train.batch_size)

    # ---- steps --------------------------------------------------------------------------------
    def compile(self, gan: GAN) -> None:
        steps = gan.train_step, gan.test_step, gan.compare_step
        self._train, self._test, self._compare = (CompiledStep(gan, step) for step in steps)
        self._last: Any = None

    def train(self, batch: Any) -> None:
        """One step, which is still being computed on return; the one before it is not."""
        with _failures():
            now = self._train(batch)
            jax.block_until_ready(self._last)
        self._last = now

    def test(self, batches: Iterable[Any]) -> None:
        with _failures():
            for batch in batches:
                self._test(batch)
            self._test.settle()

    def compare(self, pairs: Iterable[Any]) -> Any:
        with _failures():
            total = sum(np.asarray(self._compare(pair)) for pair in pairs)
            self._compare.settle()
        return total

    def settle(self) -> None:
        self._train.settle()

    def agree(self, stop: bool) -> bool:
        return stop


class CompiledStep:
    """A step of a GAN as one function of JAX, from the values of its variables to the next ones.

    The variables themselves are given their values by `settle`: a GPU should not wait until some
    hundreds of them are assigned.

    Args:
        gan: whose optimizers are built.
        step: batch -> figures.
    """

    def __init__(self, gan: GAN, step: Callable[[Any], Any]):
        self.state = gan.state
        self.values: list[Any] | None = None  # where the variables are behind
        self.jitted = jax.jit(stateless(step, self.state), donate_argnums=0)

    def __call__(self, batch: Any) -> Any:
        values = self.values or [v.value for v in self.state]
        figures, self.values = self.jitted(values, batch)
        return figures

    def settle(self) -> None:
        """Assign what the variables should hold by now; they must not be read before."""
        for variable, value in zip(self.state, self.values or (), strict=False):
            variable.assign(value)
        self.values = None


def _check(config: Config) -> None:
    if config.train.strategy not in ("auto", "one"):
        raise InputError(
            f"train.strategy={config.train.strategy} is TensorFlow's: with KERAS_BACKEND=jax a run "
            f"has one device, --strategy one."
        )
    if config.log.metrics:
        raise InputError(
            "log.metrics are computed by TensorFlow: with KERAS_BACKEND=jax leave them out, and "
            "evaluate the run afterwards."
        )


@contextmanager
def _failures() -> Iterator[None]:
    """JAX's errors as the engine's."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" in str(error):
            raise MemoryError from None
        raise
