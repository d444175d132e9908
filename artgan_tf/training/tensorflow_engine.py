"""Train steps with TensorFlow, on one device, several devices or several machines."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

import tensorflow as tf

from artgan_tf.backend.tensorflow import array
from artgan_tf.config import Config, InputError, RunError
from artgan_tf.data.cache import in_memory
from artgan_tf.data.failures import Reading
from artgan_tf.data.pipeline import Part, held_out_batches, training_batches
from artgan_tf.data.source import Source, Split
from artgan_tf.gan import GAN
from artgan_tf.training.devices import choose_strategy, is_chief, use_xla
from artgan_tf.training.engine import WorkerLost

AGREE_EVERY = 10  # steps between the moments at which workers agree whether to stop
GONE = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)


class TensorFlowEngine:
    """Trains on the devices of a `tf.distribute.Strategy`; see `Engine`.

    Several replicas compute what one device would compute with the whole batch: each takes its part
    of the images and latents, losses are divided by the number of replicas, gradients are summed,
    and batch norm's statistics cover all parts.
    """

    ahead = False

    def __init__(self, config: Config):
        self.config = config
        self.strategy = choose_strategy(config.train)
        self.writes = is_chief(self.strategy)
        if self._cluster and config.discriminator.augment_strength == "adaptive":
            raise InputError(
                "discriminator.augment_strength='adaptive' works on one machine only, because only "
                "the first of several validates: set it to fixed, or --strategy one or mirrored."
            )

    def scope(self) -> AbstractContextManager[Any]:
        return self.strategy.scope()

    # ---- data ---------------------------------------------------------------------------------
    def keep(self, source: Source) -> Source:
        train, val = (in_memory(split, self.config.data) for split in (source.train, source.val))
        return replace(source, train=train, val=val)

    def batches(self, split: Split, start: int) -> Iterator[Any]:
        def of_worker(context: tf.distribute.InputContext) -> tf.data.Dataset:
            part = Part(context.input_pipeline_id, context.num_input_pipelines)
            data, train = self.config.data, self.config.train
            batches = training_batches(split, data, train.batch_size, train.seed, start, part)
            replicas = context.num_replicas_in_sync // part.count
            return batches if replicas == 1 else _dealt(batches, replicas)

        batches = self.strategy.distribute_datasets_from_function(of_worker)
        return self._read(Reading(batches, split))

    def _read(self, batches: Iterable[Any]) -> Iterator[Any]:
        read = iter(batches)
        while True:
            with _failures(self._cluster):
                batch = next(read)
            yield batch

    def held_out(self, split: Split) -> Iterable[Any]:
        batches = held_out_batches(split, self.config.data, self.config.train.batch_size)
        return Reading(batches, split)

    # ---- steps --------------------------------------------------------------------------------
    def compile(self, gan: GAN) -> None:
        self._all_at_one_step(gan)
        # The steps do not need AutoGraph, and at the first validation it would read source files
        # again that may have changed since.
        plain: dict[str, Any] = {"autograph": False, "reduce_retracing": True}
        alone = self.strategy.num_replicas_in_sync == 1  # XLA cannot compile sums over replicas
        xla = alone and use_xla(self.config.train)
        step = tf.function(gan.train_step, jit_compile=xla, **plain)

        @tf.function(autograph=False)
        def distributed(batch: Any) -> None:
            self.strategy.run(step, args=(batch,))

        self._train, self._test = distributed, tf.function(gan.test_step, **plain)
        self._compare = tf.function(gan.compare_step, **plain)
        self._means, self._steps = gan.train_means, 0

    def train(self, batch: Any) -> None:
        with _failures(self._cluster):
            self._train(batch)

    def take_sums(self) -> Any:
        sums = array(self._means.sums)
        self._means.reset()
        return sums

    def settle(self) -> None:
        """Do nothing: each step assigns the variables."""

    def test(self, batches: Iterable[Any]) -> None:
        with _failures(self._cluster):
            for batch in batches:
                self._test(batch)

    def compare(self, pairs: Iterable[Any]) -> Any:
        with _failures(self._cluster):
            return sum(self._compare(pair).numpy() for pair in pairs)

    def agree(self, stop: bool) -> bool:
        if not self._cluster:
            return stop
        self._steps += 1
        return self._steps % AGREE_EVERY == 0 and self._sum(float(stop)) > 0

    # ---- several workers ----------------------------------------------------------------------
    @property
    def _cluster(self) -> bool:
        return isinstance(self.strategy, tf.distribute.MultiWorkerMirroredStrategy)

    def _all_at_one_step(self, gan: GAN) -> None:
        step, workers = gan.steps_done, self.strategy.num_replicas_in_sync
        if self._cluster and self._sum(float(step)) != float(step * workers):
            raise RunError(
                f"This worker found the checkpoint of step {step}, others another one: --run-dir "
                f"must be a folder that all workers see."
            )

    def _sum(self, value: float) -> float:
        """Sum a value over all replicas, each of which takes that of its worker."""
        with _failures(self._cluster):
            return float(self._add_up(tf.constant(value)))

    @cached_property
    def _add_up(self) -> Any:
        def add_up(mine: Any) -> Any:
            return self.strategy.reduce("sum", self.strategy.run(tf.identity, (mine,)), axis=None)

        return tf.function(add_up, autograph=False)


def _dealt(batches: tf.data.Dataset, replicas: int) -> tf.data.Dataset:
    """Split each batch into consecutive parts, one for each replica."""

    def deal(*batch: Any) -> tuple[Any, ...]:
        return tuple(tf.reshape(x, (replicas, -1, *x.shape[1:])) for x in batch)

    return batches.map(deal).unbatch()


@contextmanager
def _failures(cluster: bool) -> Iterator[None]:
    """Turn TensorFlow's errors into those of `Engine`; WorkerLost needs a cluster."""
    try:
        yield
    except tf.errors.ResourceExhaustedError:
        raise MemoryError from None
    except GONE:
        if not cluster:
            raise
        raise WorkerLost("Another worker of the cluster is gone.") from None
