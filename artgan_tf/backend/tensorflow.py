"""Gradients, a loop and replicas with TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from artgan_tf import hardware
from artgan_tf.hardware import processor_flags
from artgan_tf.losses import Terms

COUNTER = "int64"  # the type of the step: a GPU counts in no smaller one


def descend(
    optimizer: keras.optimizers.Optimizer,
    network: keras.Model,
    compute_terms: Callable[[], Terms],
    state: list[keras.Variable],
) -> Terms:
    """One step of an optimizer on the trainable variables of a network.

    Args:
        optimizer: built for them; with several replicas it adds up their gradients.
        network: whose variables move.
        compute_terms: the terms of the loss, which is their sum.
        state: all variables that the terms may read or change.

    Returns:
        The terms before the step.
    """
    variables = network.trainable_variables
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([v.value for v in variables])
        terms = compute_terms()
        loss = sum(terms.values()) / replica()[1]
        scaled = optimizer.scale_loss(loss)
    optimizer.apply(tape.gradient(scaled, [v.value for v in variables]), variables)
    return terms


def with_gradient(
    work: Callable[[Any], tuple[Any, Any]], x: Any, due: Any, state: list[keras.Variable]
) -> tuple[Any, Any]:
    """What some work makes of x, and a gradient to x, of one pass: it assigns variables once.

    Args:
        work: x -> (the scalar whose gradient is asked for, anything else).
        x: a tensor; gradients flow back through all that is returned, the gradient too.
        due: bool scalar: where it is false the gradient is not computed, but zeros.
        state: all variables that the work may read or change.

    Returns:
        The work's second output, and the gradient, of x's shape.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        scalar, found = work(x)
    if replica()[1] > 1:  # the sums over replicas in it cannot stand in a condition
        return found, tf.where(due, tape.gradient(scalar, x), tf.zeros_like(x))
    return found, tf.cond(due, lambda: tape.gradient(scalar, x), lambda: tf.zeros_like(x))


def repeat(
    times: Any, work: Callable[[], Terms], first: Terms, state: list[keras.Variable]
) -> Terms:
    """Do the work until it has been done so often; gives the result of the last time.

    Args:
        times: int scalar, at least 1.
        work: changes `state`.
        first: the result of the first time, which has been.
        state: all variables that the work may read or change.
    """
    _, terms = tf.while_loop(
        lambda i, _: i < times, lambda i, _: (i + 1, work()), (tf.constant(1), first)
    )
    return terms


def replica() -> tuple[Any, int]:
    """Which replica this is, from 0, and of how many."""
    context = tf.distribute.get_replica_context()
    if context is None:  # while networks are built
        return 0, 1
    return context.replica_id_in_sync_group, context.num_replicas_in_sync


def replicas() -> int:
    """How many replicas what is built here will have."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def own_rows(n: Any, draw: Callable[[Any], Any]) -> Any:
    """This replica's n rows of what one device would draw for the whole batch.

    Args:
        n: how many rows each replica has.
        draw: of a number of rows, the same numbers on every replica.
    """
    index, count = replica()
    return draw(n) if count == 1 else draw(n * count)[index * n :][:n]


def mean_of_replicas(terms: Terms) -> Terms:
    """Scalars, averaged over all replicas."""
    if replicas() == 1:
        return terms
    context = tf.distribute.get_replica_context()
    means = context.all_reduce("mean", tf.stack(list(terms.values())))
    return dict(zip(terms, tf.unstack(means), strict=True))


def rows_of_replicas(rows: Any) -> Any:
    """[N, ...] of every replica, one after another; gradients go back to whose they are."""
    index, count = replica()
    if count == 1:
        return rows
    # A sum of what each has at its place: `all_gather` fails between workers.
    before, after = (others * tf.shape(rows)[0] for others in (index, count - 1 - index))
    placed = tf.pad(rows, [[before, after], *[[0, 0]] * (len(rows.shape) - 1)])
    return tf.distribute.get_replica_context().all_reduce("sum", placed)


def accelerators() -> list[str]:
    """Names of the GPUs of this machine that TensorFlow computes with."""
    return [str(each.get("device_name", "GPU")) for each in _gpus()]


def _gpus() -> list[dict[str, Any]]:
    gpus = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(gpu) for gpu in gpus]


def peak_memory() -> int:
    """The most bytes that a GPU, or without any this process, has had in use."""
    gpus = tf.config.list_physical_devices("GPU")
    names = [gpu.name.partition("physical_device:")[2] for gpu in gpus]
    used = [tf.config.experimental.get_memory_info(name)["peak"] for name in names]
    return max(used, default=0) or hardware.peak_memory()


def fast_precision() -> str:
    """mixed_bfloat16 where all GPUs, or without any the processor, multiply it, else float32."""
    details = _gpus()
    if details:
        native = all(each.get("compute_capability", (0, 0)) >= (8, 0) for each in details)
    else:
        native = bool({"avx512_bf16", "amx_bf16"} & processor_flags())
    return "mixed_bfloat16" if native else "float32"


def array(variable: keras.Variable) -> np.ndarray:
    """A variable's value, of a mirrored one too."""
    return tf.convert_to_tensor(variable.value).numpy()


def compiled(work: Callable[..., None], state: Sequence[keras.Variable]) -> Callable[..., None]:
    """Work that only changes variables, compiled to one operation.

    Args:
        work: of tensors.
        state: all variables that it may read or change.
    """
    return tf.function(work, autograph=False)


def uniform_by_seed(seeds: Any, size: int) -> Any:
    """float32 [N, size] in [-1, 1), each row from its own seed (int64 [N]) alone.

    Of a named algorithm, so that CPU and GPU draw alike; under XLA the numbers are others.
    """
    return _uniform(tf.convert_to_tensor(seeds, tf.int64), size)


def normal_by_seed(seeds: Any, size: int) -> Any:
    """float32 [N, size] of the standard normal distribution, row by row as above."""
    return _normal(tf.convert_to_tensor(seeds, tf.int64), size)


def fill_up(x: Any) -> Any:
    """Rows of zeros at the end of [N, ...]: to a power of two, from 16 on to a multiple of 16."""
    count = tf.shape(x)[0]
    powers = tf.constant([1, 2, 4, 8, 16])
    power = tf.reduce_min(tf.where(powers >= count, powers, 16))
    full = tf.where(count <= 16, power, -(-count // 16) * 16)
    return tf.pad(x, [[0, full - count], *[[0, 0]] * (len(x.shape) - 1)])


# Seed by seed, which takes ten times as long where it isn't compiled.
@tf.function(autograph=False, reduce_retracing=True)
def _uniform(seeds: tf.Tensor, size: int) -> tf.Tensor:
    draw = tf.random.stateless_uniform
    return _each(seeds, lambda key: draw((size,), key, minval=-1.0, maxval=1.0, alg="philox"))


@tf.function(autograph=False, reduce_retracing=True)
def _normal(seeds: tf.Tensor, size: int) -> tf.Tensor:
    return _each(seeds, lambda key: tf.random.stateless_normal((size,), key, alg="philox"))


def _each(seeds: tf.Tensor, draw: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
    keys = tf.stack([seeds, tf.zeros_like(seeds)], axis=1)
    return tf.map_fn(draw, keys, fn_output_signature="float32")
