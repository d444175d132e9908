"""Steps of a GAN as functions that JAX compiles for all devices, and their on-disk cache."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import jax
import keras
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from artgan_tf.backend.jax import stateless
from artgan_tf.config import default_cache
from artgan_tf.gan import GAN
from artgan_tf.hardware import cores, processor, processor_flags


class CompiledStep:
    """A step of a GAN as one JAX function from its variables' values to their next values.

    Only `settle` assigns the values to the variables, so that a GPU does not wait while hundreds of
    them are assigned. Every device of the mesh, whose axis divides the batch, has a copy of each.
    """

    def __init__(self, gan: GAN, step: Callable[[Any], Any], mesh: Mesh):
        self.state, self.mesh = gan.state, mesh
        self.values: list[Any] | None = None  # None while the variables are up to date
        self.whole = NamedSharding(mesh, PartitionSpec())
        function = stateless(step, self.state)
        self.jitted = jax.jit(function, donate_argnums=0, out_shardings=self.whole)

    def __call__(self, batch: Any) -> Any:
        values = self.values or jax.device_put([v.value for v in self.state], self.whole)
        with jax.set_mesh(self.mesh):
            figures, self.values = self.jitted(values, batch)
        return figures

    def exchange(self, variable: keras.Variable, value: Any) -> Any:
        """Set a variable's value for the next step; returns its value after the last step."""
        assert self.values is not None  # a step has run
        index = next(i for i, v in enumerate(self.state) if v is variable)
        last, self.values[index] = self.values[index], jax.device_put(value, self.whole)
        return last

    def settle(self) -> None:
        """Assign the newest values to the variables, which must not be read before this."""
        for variable, value in zip(self.state, self.values or (), strict=False):
            variable.assign(value)
        self.values = None


def keep_compiled() -> None:
    """Cache compiled functions on disk for later processes, unless JAX has a cache folder already.

    Code for one kind of processor may not run on another, so each kind has its own folder.
    """
    if jax.config.jax_compilation_cache_dir is not None:  # type: ignore[attr-defined]
        return
    kind = repr((processor(), sorted(processor_flags()), cores()))
    name = hashlib.sha256(kind.encode()).hexdigest()[:16]
    with suppress(OSError, RuntimeError):  # no home directory, or a read-only disk
        folder = default_cache() / "jax" / name
        folder.mkdir(parents=True, exist_ok=True)
        jax.config.update("jax_compilation_cache_dir", str(folder))
