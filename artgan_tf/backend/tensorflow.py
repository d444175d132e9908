"""Gradients, a loop and replicas with TensorFlow."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from artgan_tf import hardware
from artgan_tf.hardware import processor_flags
from artgan_tf.losses import Terms

COUNTER = "int64"  # type of the step variable: TensorFlow's smallest integer on GPUs

for _gpu in tf.config.list_physical_devices("GPU"):
    with suppress(RuntimeError, ValueError):  # a program that has set up the GPU decides
        tf.config.experimental.set_memory_growth(_gpu, True)  # as needed, not all at once


def descend(
    optimizer: keras.optimizers.Optimizer,
    network: keras.Model,
    compute_terms: Callable[[], Terms],
    state: list[keras.Variable],
) -> Terms:
    """Do one step of an optimizer on the trainable variables of a network.

    The loss is the sum of the computed terms, which are returned. Each replica differentiates its
    loss divided by the number of replicas, and the optimizer sums these gradients. `state` is all
    variables that the terms may read or change.
    """
    variables = network.trainable_variables
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([v.value for v in variables])
        terms = compute_terms()
        _, count = replica()
        loss = sum(terms.values()) / count
        scaled = optimizer.scale_loss(loss)
    gradients = tape.gradient(scaled, [v.value for v in variables])
    if count > 1 and isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        # It looks for an overflow before Keras sums, and only on the first replica.
        gradients = tf.distribute.get_replica_context().all_reduce("mean", gradients)
    optimizer.apply(gradients, variables)  # Keras sums them over the replicas
    return terms


def with_gradient(
    work: Callable[[Any], tuple[Any, Any]], x: Any, due: Any, state: list[keras.Variable]
) -> tuple[Any, Any]:
    """Call x -> (scalar, other output), and compute the scalar's gradient to x in the same pass.

    Variables that `work` assigns (of `state`, those it may read or change) are thus assigned once.
    Returns the other output, and the gradient, of x's shape; gradients flow through both. Unless it
    is `due`, a bool scalar, the gradient is zeros and, on one replica, not computed.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        scalar, found = work(x)
    if replica()[1] > 1:  # sums over replicas are not allowed in a condition
        return found, tf.where(due, tape.gradient(scalar, x), tf.zeros_like(x))
    return found, tf.cond(due, lambda: tape.gradient(scalar, x), lambda: tf.zeros_like(x))


def repeat(
    times: Any, work: Callable[[], Terms], first: Terms, state: list[keras.Variable]
) -> Terms:
    """Repeat a function to `times` calls, of which `first` is the first one's result.

    Returns the last result; `state` is all variables that the function may read or change.
    """
    _, terms = tf.while_loop(
        lambda i, _: i < times, lambda i, _: (i + 1, work()), (tf.constant(1), first)
    )
    return terms


def replica() -> tuple[Any, int]:
    """The index of this replica, from 0, and the number of replicas."""
    context = tf.distribute.get_replica_context()
    if context is None:  # while networks are built
        return 0, 1
    return context.replica_id_in_sync_group, context.num_replicas_in_sync


def replicas() -> int:
    """The number of replicas of networks built here."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def own_rows(n: Any, draw: Callable[[Any], Any]) -> Any:
    """Draw for the whole batch, and return this replica's n rows.

    `draw` draws a given number of rows, the same on every replica and as on one device.
    """
    index, count = replica()
    return draw(n) if count == 1 else draw(n * count)[index * n :][:n]


def mean_of_replicas(terms: Terms) -> Terms:
    """Average scalars over all replicas."""
    if replicas() == 1:
        return terms
    context = tf.distribute.get_replica_context()
    means = context.all_reduce("mean", tf.stack(list(terms.values())))
    return dict(zip(terms, tf.unstack(means), strict=True))


def rows_of_replicas(rows: Any) -> Any:
    """Concatenate the rows [N, ...] of all replicas; gradients flow back to each replica's own."""
    index, count = replica()
    if count == 1:
        return rows
    # Each replica pads its rows to their place and all are summed: `all_gather` fails for workers.
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
    """Peak memory in bytes of the fullest GPU, or of this process if there is none."""
    gpus = tf.config.list_physical_devices("GPU")
    names = [gpu.name.partition("physical_device:")[2] for gpu in gpus]
    used = [tf.config.experimental.get_memory_info(name)["peak"] for name in names]
    return max(used, default=0) or hardware.peak_memory()


def fast_precision() -> str:
    """mixed_bfloat16 if all GPUs (or the processor, without GPUs) support it, else float32."""
    details = _gpus()
    if details:
        native = all(each.get("compute_capability", (0, 0)) >= (8, 0) for each in details)
    else:
        native = bool({"avx512_bf16", "amx_bf16"} & processor_flags())
    return "mixed_bfloat16" if native else "float32"


def array(variable: keras.Variable) -> np.ndarray:
    """A variable's value, even if the variable is mirrored."""
    return tf.convert_to_tensor(variable.value).numpy()


def compiled(work: Callable[..., None], state: Sequence[keras.Variable]) -> Callable[..., None]:
    """Compile a function without a result that may only read or change the variables `state`."""
    return tf.function(work, autograph=False)


def uniform_by_seed(seeds: Any, size: int) -> Any:
    """Draw float32 [N, size] uniformly from [-1, 1), each row from its own seed (int64 [N]) alone.

    The algorithm is fixed, so that CPU and GPU draw the same; under XLA the numbers differ.
    """
    return _uniform(tf.convert_to_tensor(seeds, tf.int64), size)


def normal_by_seed(seeds: Any, size: int) -> Any:
    """Draw float32 [N, size] from the standard normal distribution; see `uniform_by_seed`."""
    return _normal(tf.convert_to_tensor(seeds, tf.int64), size)


RandomNormal = keras.initializers.RandomNormal


def fill_up(x: Any) -> Any:
    """Append rows of zeros to [N, ...], up to a power of two, or above 16 to a multiple of 16."""
    count = tf.shape(x)[0]
    powers = tf.constant([1, 2, 4, 8, 16])
    power = tf.reduce_min(tf.where(powers >= count, powers, 16))
    full = tf.where(count <= 16, power, -(-count // 16) * 16)
    return tf.pad(x, [[0, full - count], *[[0, 0]] * (len(x.shape) - 1)])


# Drawing seed by seed takes ten times as long without compiling.
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
