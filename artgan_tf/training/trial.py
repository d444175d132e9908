"""Trains a few steps and discards them, to estimate time and memory for a dry run."""

import os
import time
from dataclasses import dataclass, replace
from itertools import islice

import keras

from artgan_tf import backend
from artgan_tf.config import Config
from artgan_tf.data.source import Source
from artgan_tf.papers import build_gan
from artgan_tf.training.engine import Engine, open_engine, telling_memory
from artgan_tf.training.summary import about_networks, line
from artgan_tf.training.watch import Watch

# Steps before timing begins (the first is compiled); then at most this many steps or seconds.
WARM, TIMED, SECONDS = 2, 5, 10.0


@dataclass(frozen=True)
class Trial:
    """A summary line about the networks, and steps per second, 0 if none could be done."""

    networks: str
    rate: float

    def about_time(self, steps: int) -> str:
        """A summary line: how long this many steps take, and with how much memory."""
        if not self.rate:
            return line("time", "and memory are measured where the data are")
        memory = f"{backend.peak_memory() / 2**30:.1f} GiB of memory"
        hours = steps / self.rate / 3600
        span = f"{hours:.1f} hours" if hours >= 1.5 else f"{hours * 60:.0f} minutes"
        return line("time", f"about {span}, at {self.rate:.3g} steps a second; {memory}")


def attempt(config: Config, source: Source | None) -> Trial:
    """Build everything in memory and do a few steps, as a training would.

    Without a source no step is done, and the configuration must state the number of classes. In a
    cluster the trial uses this machine alone, and so does not know what the others would refuse.
    Raises InputError for what this machine would refuse, RunError if memory is short.
    """
    cluster = os.environ.pop("TF_CONFIG", None)  # whose other workers may not be there
    try:
        with telling_memory(config):
            return _attempt(config, source)
    finally:
        if cluster is not None:
            os.environ["TF_CONFIG"] = cluster


def _attempt(config: Config, source: Source | None) -> Trial:
    if config.train.strategy == "multiworker" and keras.backend.backend() != "jax":
        config = replace(config, train=replace(config.train, strategy="auto"))
    engine = open_engine(config)
    with engine.scope():
        gan = build_gan(config, len(source.class_names) if source else config.data.classes)
        gan.compile()
    networks = about_networks(config, gan)
    if source is None:
        return Trial(networks, 0.0)
    engine.compile(gan)
    rate = _rate(engine, config, source)
    engine.settle()
    return Trial(networks, rate)


def _rate(engine: Engine, config: Config, source: Source) -> float:
    """Steps per second on images that are kept, or read from disk, as a training would."""
    source = engine.keep(source)
    if config.log.extractor != "classifier":  # which would be trained now
        Watch(config, source)
    batches = engine.batches(source.train, 0)
    for batch in islice(batches, WARM):
        engine.train(batch)
    done, began = 0, time.monotonic()
    for batch in islice(batches, TIMED):
        engine.train(batch)
        done += 1
        if time.monotonic() - began > SECONDS:
            break
    engine.take_sums()  # waits for the last step
    return done / (time.monotonic() - began)
