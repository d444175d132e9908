"""Steps of a GAN as functions that JAX compiles, over all devices, and where they are kept."""

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
    """A step of a GAN as one function of JAX, from the values of its variables to the next ones.

    The variables themselves are given their values by `settle`: a GPU should not wait until some
    hundreds of them are assigned.  Every device of the mesh has a copy of each value.

    Args:
        gan: whose optimizers are built.
        step: batch -> figures.
        mesh: of one axis, along which a batch lies.
    """

    def __init__(self, gan: GAN, step: Callable[[Any], Any], mesh: Mesh):
        self.state, self.mesh = gan.state, mesh
        self.values: list[Any] | None = None  # where the variables are behind
        self.whole = NamedSharding(mesh, PartitionSpec())
        function = stateless(step, self.state)
        self.jitted = jax.jit(function, donate_argnums=0, out_shardings=self.whole)

    def __call__(self, batch: Any) -> Any:
        values = self.values or jax.device_put([v.value for v in self.state], self.whole)
        with jax.set_mesh(self.mesh):
            figures, self.values = self.jitted(values, batch)
        return figures

    def exchange(self, variable: keras.Variable, value: Any) -> Any:
        """Give a variable a value for the next step; returns that of the last one."""
        assert self.values is not None  # there was a step
        index = next(i for i, v in enumerate(self.state) if v is variable)
        last, self.values[index] = self.values[index], jax.device_put(value, self.whole)
        return last

    def settle(self) -> None:
        """Assign what the variables should hold by now; they must not be read before."""
        for variable, value in zip(self.state, self.values or (), strict=False):
            variable.assign(value)
        self.values = None


def keep_compiled() -> None:
    """Let later processes find what is compiled here in the user's cache, or where JAX is told.

    Compiled for another processor it could not run, so each kind has its own folder.
    """
    if jax.config.jax_compilation_cache_dir is not None:  # type: ignore[attr-defined]
        return
    kind = repr((processor(), sorted(processor_flags()), cores()))
    name = hashlib.sha256(kind.encode()).hexdigest()[:16]
    with suppress(OSError, RuntimeError):  # a user without a home, or a disk that is only read
        folder = default_cache() / "jax" / name
        folder.mkdir(parents=True, exist_ok=True)
        jax.config.update("jax_compilation_cache_dir", str(folder))
