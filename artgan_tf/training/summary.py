"""Summarizes a training before it starts, in lines: data, networks, device, directory."""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from artgan_tf import backend, hardware
from artgan_tf.config import Config
from artgan_tf.data.source import Source, short_side
from artgan_tf.gan import GAN
from tfrecords_tools.classes import some

NAMES = {"artgan": "ArtGAN", "improved": "Improved ArtGAN", "critic": "class critics"}


def line(name: str, text: str) -> str:
    """A line of a summary: a name, padded to a column, and its text."""
    return f"{name:9} {text}"


def about_data(config: Config, source: Source, found: int = 0) -> str:
    """The line about classes and images; `found` counts unreadable images too, 0 if unknown."""
    names = source.class_names
    classes = "1 class" if len(names) == 1 else f"{len(names):,} classes"
    train, val = source.train.count, source.val.count
    left = max(0, found - train - val)
    gone = f"; {left:,} unreadable ones left out (listed above)" if left else ""
    side, enlarged = short_side(config.data), ""
    if 0 < source.side < side:
        advice = f" (convert them with --size {side})" * source.spec.startswith("tfrecords:")
        enlarged = f"; of {source.side} pixels, enlarged to {side}{advice}"
    pictures = f"{train:,} training pictures, {val:,} held out"
    return line("data", f"{classes} ({some(names)}): {pictures}{gone}{enlarged}")


def about_networks(config: Config, gan: GAN) -> str:
    """The line about the size of the images and of both networks."""
    side = config.data.image_size
    generator, discriminator = (_trainable(x) for x in (gan.generator, gan.discriminator))
    return line(
        "network",
        f"{NAMES[config.model.paper]}, {side}x{side}: G {generator:,} and D {discriminator:,} "
        f"trainable parameters",
    )


def about_device(config: Config) -> str:
    """The line about the device and its precision."""
    precision = config.train.precision
    chosen = backend.fast_precision() if precision == "auto" else precision
    processor = f"{hardware.cores()} cores of {hardware.processor()}"
    return line("device", f"{', '.join(backend.accelerators()) or processor}, {chosen}")


def about_run(config: Config, run_dir: Path, done: int, steps: int) -> str:
    """The line about the run's directory and its steps."""
    start = f", from step {done:,} on" if done else ""
    size = f"{config.preset}, {steps:,} steps of {config.train.batch_size}"
    return line("run", f"{run_dir}: {size}{start}")


def lines(
    config: Config, gan: GAN, source: Source, found: int, run_dir: Path, steps: int
) -> Iterator[str]:
    """Yield all lines for a training that is about to do its next step."""
    yield about_data(config, source, found)
    yield about_networks(config, gan)
    yield about_device(config)
    yield about_run(config, run_dir, gan.steps_done, steps)


def _trainable(network: Any) -> int:
    return sum(prod(v.shape) for v in network.trainable_variables)
