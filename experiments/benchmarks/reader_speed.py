"""Compares the training pipeline on shards with the plainest loops over the same files.

    python -m experiments.benchmarks.reader_speed DIR [--image-size 64]

For `raw` shards the plain loop reads batches of records; for others it reads and decodes one
image at a time.  Both take turns; README.md lists the medians.
"""

from pathlib import Path
from statistics import median

import tyro

from artgan_tf import cli
from artgan_tf.config import Data
from artgan_tf.data.benchmark import images_per_second

BATCH = 64


def main(
    folder: tyro.conf.Positional[Path],
    image_size: int = 64,
    seconds: float = 3.0,
    repeats: int = 5,
) -> None:
    """Print images/s of both, and their ratio.

    Args:
        folder: data set made by `tfrecords_tools.convert`.
        image_size: side of the square crop, in pixels.
        seconds: length of each measurement.
        repeats: number of measurements of each.
    """
    cli.start_tensorflow()
    import tensorflow as tf

    from artgan_tf.data.pipeline import training_batches
    from artgan_tf.data.source import Streamed
    from artgan_tf.data.spec import open_source
    from tfrecords_tools.dataset import open_dataset

    data = Data(spec=f"tfrecords:{folder}", image_size=image_size, cache_mb=0)
    split, dataset = open_source(data).train, open_dataset(folder)
    assert isinstance(split, Streamed)
    files = [str(path) for path, _ in dataset.shards["train"]]
    plain = tf.data.TFRecordDataset(files).repeat()
    if dataset.encoding != "raw":
        # A separate map drops the images: in the same one their decoding would be pruned too.
        plain = plain.map(split.decode).map(lambda image, label: label)
    loops = {
        "read" if dataset.encoding == "raw" else "read and decode": plain.batch(BATCH),
        "read, decode, crop, flip, batch": training_batches(split, data, BATCH, seed=0),
    }
    rates: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(repeats):
        for name, batches in loops.items():
            rates[name].append(images_per_second(batches, BATCH, seconds))
    for name, found in rates.items():
        print(f"{name:<34}{median(found):>12,.0f} images/s")
    bare, ours = rates.values()
    ratio = median(b / a for a, b in zip(bare, ours, strict=True))
    print(f"{dataset.encoding}, {image_size} pixels: {ratio:.0%} of the plain loop")


if __name__ == "__main__":
    cli.main(main, "python -m experiments.benchmarks.reader_speed")
