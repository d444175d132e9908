"""Our train step beside a straightforward Keras one, of the same networks and losses.

    python -m experiments.benchmarks.train_step [PRESET ...] [--width 0.5] [--batch 32]

The straightforward step upsamples with `UpSampling2D` before each 3x3 convolution and takes Keras's
own batch norm and convolutions.  Both start from the same weights and see the same batch, and take
turns; a step is one D step and one G step.  Figures are medians.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import tyro

from artgan_tf import cli
from artgan_tf.config import Config, resolve
from experiments.benchmarks import measuring
from experiments.benchmarks.measuring import Run, Times

PRESETS = ("improved/cifar10", "improved/wikiart-genre", "artgan/cifar10")
CLASSES = 10


class Step(NamedTuple):
    """A compiled step on its own batch, and the loss of D in the first one."""

    take: Callable[[], float]
    loss: float


def main(
    presets: tyro.conf.Positional[tuple[str, ...]] = PRESETS,
    *,
    width: float = 1.0,
    batch: int = 0,
    precision: str = "float32",
    turns: int = 5,
    out: Path | None = None,
) -> None:
    """Measure and print.

    Args:
        presets: whose networks.
        width: of them, 1 being the papers'.
        batch: images a step; 0 takes each preset's own.
        precision: float32 or mixed_bfloat16.
        turns: steps of each, after one to compile.
        out: a JSON file for all figures.
    """
    cli.start_tensorflow()
    known = measuring.machine() | versions() | {"width": width, "precision": precision}
    rows, figures = [HEAD], {}
    for preset in presets:
        config = configuration(preset, width, batch, precision)
        figures[preset] = measure(config, turns) | {"batch": config.train.batch_size}
        rows.append(row(preset, figures[preset]))
    measuring.print_table(rows)
    measuring.save(known | figures, out)


HEAD = ["images/s", "ours", "plain Keras", "times faster", "by CPU time", "losses differ by"]


def row(preset: str, found: dict[str, Any]) -> list[str]:
    """A row of the table."""
    rates = [f"{found[name]:.1f}" for name in ("ours", "plain")]
    ratios = [f"{ratio:.2f}" for ratio in found["ratio"]]
    return [f"{preset}, batch {found['batch']}", *rates, *ratios, f"{found['difference']:.0e}"]


def configuration(preset: str, width: float, batch: int, precision: str) -> Config:
    """A preset with one G step to a D step, and with the size asked for."""
    changes = {"model.width": width, "train.precision": precision, "train.cifar_trick": False}
    return resolve(preset, changes | ({"train.batch_size": batch} if batch else {}))


def measure(config: Config, turns: int) -> dict[str, Any]:
    """Images a second of both steps, how many times faster ours is, and whether they agree."""
    steps = {"ours": compiled(config)}
    with plain_layers():
        steps["plain"] = compiled(config)
    times: Times = {name: [] for name in steps}
    for _ in range(turns):
        for name, step in steps.items():
            times[name].append(clocked(step.take))
    count = config.train.batch_size
    rates = {name: measuring.rate(times, name, count) for name in steps}
    ratio = measuring.ratio(times, "plain", "ours")
    difference = abs(steps["ours"].loss / steps["plain"].loss - 1.0)
    seconds = {name: median(run.cpu for run in runs) for name, runs in times.items()}
    return rates | {"ratio": ratio, "difference": difference, "cpu_seconds": seconds}


def compiled(config: Config) -> Step:
    """The train step of a fresh GAN, always of the same weights, after its first run."""
    import keras
    import tensorflow as tf

    from artgan_tf.papers import build_gan
    from artgan_tf.training.devices import use_xla

    tf.get_logger().setLevel("ERROR")  # which warns of many functions, one a contestant
    keras.utils.set_random_seed(0)
    gan = build_gan(config, CLASSES)
    gan.compile()
    data = images_and_labels(config.train.batch_size, config.data.image_size)
    xla = use_xla(config.train)
    step = tf.function(lambda: gan.train_step(data), autograph=False, jit_compile=xla)

    def take() -> float:
        return float(step()["d_loss"])  # waits for the device

    return Step(take, take())


def images_and_labels(count: int, size: int) -> tuple[Any, Any]:
    """A batch of noise: what the pictures show makes no difference to the time."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    return tf.constant(images), tf.constant(rng.integers(0, CLASSES, count), tf.int32)


@contextmanager
def plain_layers() -> Iterator[None]:
    """Networks built here have Keras's own layers, and upsample before they convolve."""
    import keras

    from artgan_tf.networks import artgan, improved, layers

    own = keras.layers
    changes: Sequence[tuple[Any, str, Any]] = (
        (layers, "BatchNormalization", own.BatchNormalization),
        (improved, "UpsampleConv2D", upsample_then_convolve),
        (improved, "Conv2D", own.Conv2D),
        (artgan, "Conv2D", own.Conv2D),
        (artgan, "Conv2DTranspose", own.Conv2DTranspose),
    )
    with ExitStack() as stack:
        for module, name, layer in changes:
            stack.enter_context(patch.object(module, name, layer))
        yield


def upsample_then_convolve(filters: int, initializer: Any, dtype: Any) -> Any:
    """What `UpsampleConv2D` replaces."""
    import keras

    settings: dict[str, Any] = {"use_bias": False, "kernel_initializer": initializer}
    enlarge = keras.layers.UpSampling2D(2, interpolation="nearest", dtype=dtype)
    convolve = keras.layers.Conv2D(filters, 3, padding="same", dtype=dtype, **settings)
    return keras.Sequential([enlarge, convolve])


def clocked(work: Callable[[], Any]) -> Run:
    """Seconds by the clock and of all threads together."""
    begun, spent = time.perf_counter(), time.process_time()
    work()
    return Run(time.perf_counter() - begun, time.process_time() - spent)


def versions() -> dict[str, Any]:
    """Of what computes, and the GPUs it may use."""
    import keras
    import tensorflow as tf

    gpus = [
        tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    return {"tensorflow": tf.__version__, "keras": keras.__version__, "gpus": gpus}


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    cli.main(main, "python -m experiments.benchmarks.train_step")
