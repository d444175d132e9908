"""`python -m artgan_tf.data.benchmark SPEC`: measures the training pipeline without a model."""

import time
from dataclasses import replace
from itertools import chain
from typing import Any

import tyro

from artgan_tf import cli
from artgan_tf.config import Config, Data, resolve
from artgan_tf.overrides import parse_overrides


def benchmark(
    spec: tyro.conf.Positional[str],
    *,
    image_size: int = 64,
    batch_size: int = 64,
    seconds: float = 3.0,
    repeats: int = 3,
    set: tyro.conf.UseAppendAction[tuple[tuple[str, ...], ...]] = (),
) -> None:
    """Print the median throughput, in images/s, after each stage of the training pipeline.

    Args:
        spec: demo, tfrecords:DIR, folder:DIR, arrays:FILE.npz, tfds:NAME, or a folder's path.
        image_size: side of the square crop, in pixels.
        batch_size: images per batch.
        seconds: measuring time per stage and repeat.
        repeats: measurements per stage; the stages take turns.
        set: data settings, as data.key=value.
    """
    given = {"data.spec": spec, "data.image_size": image_size, "data.classes": 0}
    config = resolve("demo", parse_overrides(chain.from_iterable(set)) | given)
    cli.start_tensorflow()
    rates: dict[str, list[float]] = {}
    stages = _stages(config, batch_size)
    for _ in range(repeats):
        for name, batches in stages.items():
            rates.setdefault(name, []).append(images_per_second(batches, batch_size, seconds))
    print(f"{spec}, {image_size} pixels, batches of {batch_size}")
    first = 0.0
    for name, found in rates.items():
        median = sorted(found)[len(found) // 2]
        first = first or median
        print(f"{name:<36}{median:>12,.0f} images/s{median / first:>8.0%}")


def images_per_second(batches: Any, batch_size: int, seconds: float) -> float:
    """Images per second from a `tf.data.Dataset` of full batches, after three warm-up batches."""
    iterator = iter(batches)
    for _ in range(3):
        next(iterator)
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        next(iterator)
        count += batch_size
    return count / (time.perf_counter() - begun)


def _stages(config: Config, batch_size: int) -> dict[str, Any]:
    """Name of a stage -> endless batches of its output, in pipeline order."""
    import tensorflow as tf

    from artgan_tf.data.cache import Cached, in_memory
    from artgan_tf.data.pipeline import training_batches
    from artgan_tf.data.source import Streamed
    from artgan_tf.data.spec import open_source

    split = open_source(config.data).train
    stages: dict[str, Any] = {}
    plain = replace(config.data, cache_mb=0)

    def batches(data: Data, split: Any = split) -> Any:
        return training_batches(split, data, batch_size, seed=0)

    if isinstance(split, Streamed):
        records = split.records(tf.constant(0, tf.int64)).repeat()
        stages["read"] = records.batch(batch_size).prefetch(tf.data.AUTOTUNE)
        # The images differ in size and cannot be batched. They are dropped in a separate map,
        # because TensorFlow would otherwise remove the decoding too.
        pairs = records.map(split.decode).map(lambda image, label: label)
        stages["read, decode (a bare loop)"] = pairs.batch(batch_size)
    if not isinstance(split, Cached):
        stages["read, decode, crop, batch"] = batches(replace(plain, flip=False))
        if plain.flip:
            stages["read, decode, crop, flip, batch"] = batches(plain)
    cached = in_memory(split, config.data)
    if isinstance(cached, Cached):
        stages["from memory: crop, flip, batch"] = batches(config.data, cached)
    return stages


if __name__ == "__main__":
    cli.main(benchmark, "python -m artgan_tf.data.benchmark")
