"""Gradients, a loop and the division of a batch among devices, with JAX.

Several devices compute one program over the whole batch, which the compiler divides. Means, batch
norm, random numbers and pairs of images are thus the same as on one device, and there is only one
replica.

JAX's transformations do not see assignments. So a whole train step runs in a
`keras.StatelessScope`, which collects the variables' new values, and each transformation within it
has a scope of its own, whose values are passed on as arrays.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax.sharding import PartitionSpec

from artgan_tf import hardware
from artgan_tf.losses import Terms

COUNTER = "int32"  # type of the step variable
AMD_BFLOAT16 = ("gfx908", "gfx90a", "gfx94", "gfx95", "gfx11", "gfx12")  # with matrix cores for it


def descend(
    optimizer: keras.optimizers.Optimizer,
    network: keras.Model,
    compute_terms: Callable[[], Terms],
    state: list[keras.Variable],
) -> Terms:
    """Do one step of an optimizer on the trainable variables of a network.

    Args:
        optimizer: an optimizer built for these variables.
        network: the network to update.
        compute_terms: computes the terms of the loss, which is their sum.
        state: all variables that the terms may read or change.

    Returns:
        The terms before the step.
    """
    variables = network.trainable_variables
    moved = {id(v) for v in variables}
    others = [v for v in state if id(v) not in moved]
    now = [v.value for v in others]

    def loss(values: Sequence[Any]) -> tuple[Any, tuple[Terms, list[Any]]]:
        with _scope([*variables, *others], [*values, *now]) as scope:
            terms = compute_terms()
            scaled = optimizer.scale_loss(sum(terms.values()))
        return scaled, (terms, [scope.get_current_value(v) for v in others])

    values = [v.value for v in variables]
    gradients, (terms, changed) = jax.grad(loss, has_aux=True)(values)
    _assign(others, changed)
    # Not `apply`: LossScaleOptimizer assigns within a condition, which JAX would not see.
    own = optimizer.variables
    moved_to, own_now = optimizer.stateless_apply([v.value for v in own], gradients, values)
    _assign([*variables, *own], [*moved_to, *own_now])
    return terms


def with_gradient(
    work: Callable[[Any], tuple[Any, Any]], x: Any, due: Any, state: list[keras.Variable]
) -> tuple[Any, Any]:
    """Call a function of x, and compute a gradient with respect to x in the same pass.

    Variables that the function assigns are thus assigned only once.

    Args:
        work: x -> (the scalar to differentiate, any other output).
        x: an array; gradients flow through both results, including the gradient.
        due: bool scalar; if it is false, the gradient is zeros and is not computed.
        state: all variables that the function may read or change.

    Returns:
        The function's second output, and the gradient, of x's shape.
    """
    now = [v.value for v in state]

    def of(x: Any) -> tuple[Any, tuple[Any, list[Any]]]:
        with _scope(state, now) as scope:
            scalar, found = work(x)
        return scalar, (found, [scope.get_current_value(v) for v in state])

    scalar, pull, (found, changed) = jax.vjp(of, x, has_aux=True)
    _assign(state, changed)
    one = jnp.ones_like(scalar)
    return found, jax.lax.cond(due, lambda: pull(one)[0], lambda: jnp.zeros_like(x))


def repeat(
    times: Any, work: Callable[[], Terms], first: Terms, state: list[keras.Variable]
) -> Terms:
    """Repeat a function that has been called once already; returns its last result.

    Args:
        times: int scalar, the total number of calls including the first, at least 1.
        work: the function.
        first: the result of the first call.
        state: all variables that the function may read or change.
    """

    def again(carried: tuple[Any, Terms, list[Any]]) -> tuple[Any, Terms, list[Any]]:
        done, _, values = carried
        with _scope(state, values) as scope:
            terms = work()
        return done + 1, terms, [scope.get_current_value(v) for v in state]

    _, terms, values = jax.lax.while_loop(
        lambda carried: carried[0] < times, again, (1, first, [v.value for v in state])
    )
    _assign(state, values)
    return terms


def replica() -> tuple[Any, int]:
    """The index of this replica, and the number of replicas: always 0 and 1."""
    return 0, 1


def replicas() -> int:
    """The number of replicas of networks built here."""
    return 1


def own_rows(n: Any, draw: Callable[[Any], Any]) -> Any:
    """Draw the n rows of a batch, and divide them among the devices of the mesh.

    Args:
        n: number of rows of the whole batch.
        draw: draws a given number of rows.
    """
    rows = draw(n)
    (*_, axis) = (None, *jax.sharding.get_abstract_mesh().axis_names)
    return jax.lax.with_sharding_constraint(rows, PartitionSpec(axis)) if axis else rows


def mean_of_replicas(terms: Terms) -> Terms:
    """Average scalars over all replicas."""
    return terms


def rows_of_replicas(rows: Any) -> Any:
    """Concatenate the rows [N, ...] of all replicas."""
    return rows


def accelerators() -> list[str]:
    """Names of this machine's GPUs or TPUs."""
    return [each.device_kind for each in jax.local_devices() if each.platform != "cpu"]


def peak_memory() -> int:
    """Peak memory in bytes of the fullest GPU or TPU, or of this process if there is none."""
    used = (each.memory_stats() or {} for each in jax.local_devices() if each.platform != "cpu")
    return max((of.get("peak_bytes_in_use", 0) for of in used), default=0) or hardware.peak_memory()


def fast_precision() -> str:
    """mixed_bfloat16 on TPUs and GPUs with native support, else float32; XLA on CPUs has none."""
    device = jax.devices()[0]
    capability = getattr(device, "compute_capability", "0")  # NVIDIA's "9.0", AMD's "gfx90a"
    number, *_ = capability.split(".")
    fast = int(number) >= 8 if number.isdecimal() else capability.startswith(AMD_BFLOAT16)
    native = device.platform == "tpu" or fast
    return "mixed_bfloat16" if native else "float32"


def array(variable: keras.Variable) -> np.ndarray:
    """A copy of a variable's value, because the next step reuses its memory."""
    return np.array(variable.value)


def compiled(work: Callable[..., None], state: Sequence[keras.Variable]) -> Callable[..., None]:
    """Compile a function that only changes variables.

    Args:
        work: a function of arrays, without a result.
        state: all variables that it may read or change.
    """
    step = jax.jit(stateless(work, state))

    def call(*arguments: Any) -> None:
        _, values = step([v.value for v in state], *arguments)
        _assign(state, values)

    return call


def uniform_by_seed(seeds: Any, size: int) -> Any:
    """Draw float32 [N, size] uniformly from [-1, 1), each row from its own seed (int64 [N]) alone.

    The algorithm is fixed, so that CPU and GPU draw the same; the numbers differ from TensorFlow's.
    """
    return jax.vmap(lambda key: jax.random.uniform(key, (size,), minval=-1.0))(_keys(seeds))


def normal_by_seed(seeds: Any, size: int) -> Any:
    """Draw float32 [N, size] from the standard normal distribution; see `uniform_by_seed`."""
    return jax.vmap(lambda key: jax.random.normal(key, (size,)))(_keys(seeds))


class RandomNormal(keras.initializers.RandomNormal):
    """Keras's initializer, drawn by NumPy: JAX would compile it for every shape, 0.1 s each."""

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        drawn = np.random.default_rng(self.seed).normal(self.mean, self.stddev, shape)
        return jnp.asarray(drawn.astype(dtype or keras.config.floatx()))


def fill_up(x: Any) -> Any:
    """Append rows of zeros to [N, ...], up to a power of two, or above 16 to a multiple of 16."""
    count = len(x)
    full = 1 << (count - 1).bit_length() if count <= 16 else -(-count // 16) * 16
    return jnp.pad(x, [(0, full - count), *[(0, 0)] * (x.ndim - 1)])


def stateless(
    step: Callable[..., Any], state: Sequence[keras.Variable]
) -> Callable[..., tuple[Any, list[Any]]]:
    """Turn a step that assigns variables into a function of their values, which JAX can compile.

    Args:
        step: the step, with any arguments.
        state: all variables that it may read or change.

    Returns:
        A function (values, *arguments) -> (the step's result, the values after it).
    """

    def call(values: Sequence[Any], *arguments: Any) -> tuple[Any, list[Any]]:
        with _scope(state, values) as scope:
            found = step(*arguments)
        return found, [scope.get_current_value(v) for v in state]

    return call


def _keys(seeds: Any) -> Any:
    seeds = np.asarray(seeds, np.int64)
    words = np.stack([seeds >> 32, seeds & 0xFFFFFFFF], axis=1).astype(np.uint32)
    return jax.vmap(lambda pair: jax.random.wrap_key_data(pair, impl="threefry2x32"))(words)


def _scope(variables: Sequence[keras.Variable], values: Sequence[Any]) -> keras.StatelessScope:
    return keras.StatelessScope(list(zip(variables, values, strict=True)))


def _assign(variables: Sequence[keras.Variable], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
