"""Synthetic images, sources, extractors and runs for the tests of `artgan_tf.evaluation`."""

import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import keras
import numpy as np

from artgan_tf.config import Data, resolve
from artgan_tf.data.source import Indexed, Source
from artgan_tf.data.spec import open_source
from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.registry import metric
from artgan_tf.evaluation.results import Result
from artgan_tf.evaluation.scoring import Subject, check, scores
from artgan_tf.gan import GAN
from artgan_tf.metrics.extractor import Extractor
from artgan_tf.papers import build_gan
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.sampler import Sampler
from tests.conftest import tiny_overrides

STEP = 7
CLASSES = ("blue", "green", "red")


def images(count: int, seed: int = 0, size: int = 8, classes: int = 3) -> Images:
    """Random pixels; labels cycle through the classes."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (count, size, size, 3), np.uint8)
    return Images(pixels, (np.arange(count) % classes).astype(np.int32))


def dimmed(of: Images, share: float) -> Images:
    """The same images, darker."""
    return Images((of.pixels * share).astype(np.uint8), of.labels)


def flat(*greys: int) -> np.ndarray:
    """Uniformly grey images."""
    return np.stack([np.full((2, 2, 3), grey, np.uint8) for grey in greys])


def source(train: Images, val: Images, names: tuple[str, ...] = CLASSES) -> Source:
    """A source of these images."""
    splits = (Indexed(x.labels, x.pixels.__getitem__) for x in (train, val))
    return Source("made-up", names, *splits)


def reference(work: Path, train: Images, val: Images, extractor: Extractor | None) -> Reference:
    """A reference whose cache and work folders are below a folder."""
    (work / "work").mkdir()
    data = Data(spec="made-up", image_size=train.pixels.shape[1])
    return Reference(source(train, val), data, extractor, work / "cache", work / "work")


def opened(paintings: Path, cache: Path, work: Path, extractor: Extractor | None) -> Reference:
    """36 training images and 12 held-out ones, of 16 pixels and three classes."""
    data = Data(spec=f"folder:{paintings}", image_size=16)
    work.mkdir()
    return Reference(open_source(data), data, extractor, cache, work)


def scored(
    names: Sequence[str], data: Reference, sampler: Sampler | None = None, seed: int = 0
) -> dict[str, Result]:
    """Results by name; of real images without a sampler."""
    subject = Subject(sampler, "model", "ema", seed) if sampler else Subject()
    asked = [metric(name) for name in names]
    check(asked, data)
    return {each.name: result for each, result in scores(subject, asked, data)}


class Counted:
    """An extractor with weights, so that its features are cached; counts the images it processes.

    Features are means and deviations over the image; logits are its first pixels.
    """

    def __init__(self, sha256: str = "abc", batch: int = 10, name: str = "counted"):
        self.images, self.fail_after = 0, 10**9
        protocol = "as they are"
        self.extractor = Extractor(name, protocol, self.run, True, sha256, batch)

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.images + len(batch) > self.fail_after:
            raise KeyboardInterrupt
        self.images += len(batch)
        return self.features(batch), self.logits(batch)

    @staticmethod
    def features(pixels: np.ndarray) -> np.ndarray:
        flat = pixels.reshape(len(pixels), -1, 3).astype(np.float32)
        return np.concatenate([flat.mean(axis=1), flat.std(axis=1)], axis=1)

    @staticmethod
    def logits(pixels: np.ndarray) -> np.ndarray:
        return pixels.reshape(len(pixels), -1)[:, :5].astype(np.float32) / 32


def make_run(path: Path, paper: str, data: Path, **changes: Any) -> Path:
    """Make an untrained run, with raw weights far from the averaged ones, of a folder's classes.

    `changes` are settings, with `__` for the dot.
    """
    settings = tiny_overrides(paper, data)
    settings |= {key.replace("__", "."): value for key, value in changes.items()}
    config = resolve(f"{paper}/cifar10", settings)
    names = open_source(config.data).class_names
    run = RunDirectory(path)
    run.begin(config, names, {}, ExitStack())
    keras.utils.set_random_seed(0)  # else the pictures depend on the tests that ran before
    gan = build_gan(config, len(names))
    gan.compile()
    shake(gan.generator, 1)
    save(gan, path)
    return path


def shake(network: Any, seed: int) -> None:
    """Replace the weights by others of the same scale."""
    rng = np.random.default_rng(seed)
    for weight in network.trainable_weights:
        now = np.asarray(weight)
        weight.assign(now * rng.uniform(0.2, 3.0, now.shape) * rng.choice([-1.0, 1.0], now.shape))


def save(gan: GAN, path: Path, step: int = STEP) -> None:
    """Save the GAN's state as the newest checkpoint of a run."""
    gan.step.assign(step)
    Checkpoints(gan, RunDirectory(path).checkpoints).save()


def peak(function: Callable[[], Any]) -> int:
    """Peak memory of Python and NumPy during a call, in bytes, without memory maps."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
