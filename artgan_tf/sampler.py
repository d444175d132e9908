"""A trained generator that maps class names and seeds to images, and grids of its images."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import keras
import numpy as np
from PIL import Image

from artgan_tf import backend
from artgan_tf.class_names import class_index
from artgan_tf.config import InputError
from artgan_tf.gan import GAN
from artgan_tf.standing import StandingStatistics
from tfrecords_tools.common.sheet import named_grid

Weights = Literal["ema", "raw"]
AT_ONCE = 96  # images per forward pass
GRID_CLASSES, GRID_COLUMNS = 16, 8


class Sampler:
    """A copy of the generator with standing batch-norm statistics, for sampling.

    The statistics are re-estimated over generated batches, because those of training average over
    earlier weights. An image then depends on its class and seed alone.

    Args:
        gan: the GAN, at any stage of training; it is not modified.
        class_names: K names.
        weights: `ema` for G's averaged weights, `raw` for those of the last step.
        settled: False defers copying the weights and estimating the statistics; call `refresh`
            before generating images.
    """

    def __init__(
        self,
        gan: GAN,
        class_names: Sequence[str],
        weights: Weights = "ema",
        settled: bool = True,
    ):
        self.gan, self.class_names = gan, tuple(class_names)
        self.trained = {"ema": gan.averaged, "raw": gan.generator}[weights]
        self.generator = gan.new_generator()
        self.generator.class_names = self.class_names
        gan.build_generator(self.generator)
        self.standing = StandingStatistics(self.generator)
        if settled:
            self.refresh()

    def refresh(self) -> None:
        """Copy the GAN's current weights and re-estimate the batch-norm statistics."""
        self.generator.set_weights(self.trained.get_weights())
        seed = keras.random.SeedGenerator(0)
        self.standing.estimate(
            len(self.class_names),
            lambda labels: (self.gan.latents(len(labels), seed), self.gan.one_hot(labels)),
        )

    def generate(
        self,
        classes: Iterable[str | int | np.integer],
        seeds: Iterable[int],
        magnified: bool = False,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """Generate one image for each pair of a class and a seed.

        Args:
            classes: N names or indices (int or NumPy integer); may be empty.
            seeds: N integers >= 0. A seed gives the same latent for every class.
            magnified: generate at twice the training size (Improved ArtGAN).
            truncation: factor for z; below 1, images are more typical and less varied.

        Returns:
            uint8 [N, S, S, 3]; with `magnified` [N, 2S, 2S, 3].

        Raises InputError for an unknown class, if there are not as many seeds as classes, or if
        the model has no magnified size.
        """
        labels, seeds = [self.index(c) for c in classes], list(seeds)
        check_rows(classes=labels, seeds=seeds)
        batches = []
        for i in _starts(labels):
            z = truncation * self.latents(seeds[i : i + AT_ONCE])
            y = self.gan.one_hot(np.array(labels[i : i + AT_ONCE], np.int32))
            batches.append(self.paint(z, y, magnified))
        return np.concatenate(batches)

    def mix(
        self,
        seeds: Sequence[int],
        seeds_to: Sequence[int],
        t: Sequence[float],
        weights: np.ndarray,
        magnified: bool = False,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """Generate images between two seeds and between classes.

        Args:
            seeds, seeds_to: N seeds each, of the latents to interpolate from and to.
            t: N positions between the two latents, from 0 to 1.
            weights: [N, K], class weights that sum to 1 in each row; one-hot for a single class.
            magnified, truncation: as in `generate`.

        Returns:
            as `generate`.

        Raises InputError if these are not N each, or if the model has no magnified size.
        """
        check_rows(seeds=seeds, seeds_to=seeds_to, t=t, weights=weights)
        batches = []
        for i in _starts(seeds):
            part = slice(i, i + AT_ONCE)
            share = keras.ops.convert_to_tensor(np.asarray(t[part], np.float32))
            z = self.gan.interpolate(self.latents(seeds[part]), self.latents(seeds_to[part]), share)
            y = keras.ops.convert_to_tensor(np.asarray(weights[part], np.float32))
            batches.append(self.paint(truncation * z, y, magnified))
        return np.concatenate(batches)

    def interpolate(
        self, start: tuple[str | int, int], end: tuple[str | int, int], frames: int = 8
    ) -> np.ndarray:
        """Generate an interpolation from one image to another, including both.

        Args:
            start, end: (class, seed) of the first and the last image; the class by name or index.
            frames: number of images, at least 2.

        Returns:
            uint8 [frames, S, S, 3].
        """
        shares = np.linspace(0.0, 1.0, frames)
        first, last = np.eye(len(self.class_names))[[self.index(c) for c, _ in (start, end)]]
        weights = first + np.outer(shares, last - first)
        return self.mix([start[1]] * frames, [end[1]] * frames, shares.tolist(), weights)

    def classify(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """D's predictions for uint8 images [N, S, S, 3] of the training size.

        Returns:
            class scores, float32 [N, K], and realness, float32 [N]; all from 0 to 1.
        """
        scores, realness = self.gan.judge(self.gan.from_uint8(images))
        return keras.ops.convert_to_numpy(scores), keras.ops.convert_to_numpy(realness)

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """Reconstructions of images by D's autoencoder.

        Args:
            images: uint8 [N, S, S, 3], of the training size.

        Returns:
            uint8 [N, S, S, 3].

        Raises InputError if the model has no autoencoder.
        """
        if not self.gan.config.model.autoencoder:
            raise InputError("This model cannot reconstruct images: model.autoencoder is off.")
        decoded = self.gan.reconstruct(self.gan.from_uint8(images), self.generator)
        return keras.ops.convert_to_numpy(self.gan.to_uint8(decoded))

    def paint(self, z: Any, y: Any, magnified: bool = False) -> np.ndarray:
        """Generate images from given latents.

        Args:
            z: float32 [N, Z].
            y: float32 [N, K], class weights that sum to 1 in each row.
            magnified: as in `generate`.

        Returns:
            as `generate`.

        Raises InputError if z and y differ in N, or if the model has no magnified size.
        """
        check_rows(z=z, y=y)
        if magnified and not self.gan.config.model.magnify:
            raise InputError("This model has no magnified size: model.magnify is off.")
        return keras.ops.convert_to_numpy(self.images(z, y, magnified))

    def images(self, z: Any, y: Any, magnified: bool = False) -> Any:
        """Same as `paint`, but returns a tensor and also works inside a graph.

        An image must not depend on the others in its batch. On a CPU, batch sizes such as 3 and 5
        split the work differently, so that single pixels round to another value; batches are
        therefore padded to a power of two or a multiple of 16.
        """
        count = keras.ops.shape(z)[0]
        options = {"magnified": True} if magnified else {}
        painted = self.generator(backend.fill_up(z), backend.fill_up(y), training=False, **options)
        return self.gan.to_uint8(painted)[:count]

    def latents(self, seeds: Any) -> Any:
        """Latents float32 [N, Z] from the prior; each row depends only on its seed (int64 [N])."""
        return self.gan.latents_by_seed(seeds)

    def index(self, name: str | int | np.integer) -> int:
        """Index of a class, given by its name or index; raises InputError for an unknown class."""
        return class_index(self.class_names, name)

    def grid(self, magnified: bool = False) -> Image.Image:
        """A sheet of images: a named row for each of up to 16 classes, a column for each seed."""
        return self.named(self.grid_pictures(magnified))

    def grid_pictures(self, magnified: bool = False) -> np.ndarray:
        """The images of `grid`: uint8 [classes, seeds, H, W, 3]."""
        rows = len(self.class_names[:GRID_CLASSES])
        classes = [index for index in range(rows) for _ in range(GRID_COLUMNS)]
        images = self.generate(classes, list(range(GRID_COLUMNS)) * rows, magnified)
        return images.reshape(rows, GRID_COLUMNS, *images.shape[1:])

    def named(self, pictures: np.ndarray) -> Image.Image:
        """Images uint8 [classes, seeds, H, W, 3] as a sheet, with each class's name on the left."""
        return named_grid(pictures, self.class_names[: len(pictures)])


def check_rows(**inputs: Any) -> None:
    """Raises InputError unless all inputs have as many rows: padded batches would hide it."""
    (first, count), *others = ((name, len(value)) for name, value in inputs.items())
    for name, other in others:
        if other != count:
            raise InputError(f"{count} {first} but {other} {name}: give as many of each.")


def _starts(pictures: Sequence[Any]) -> range:
    """Start indices of batches. An empty input is one empty batch, whose result has a shape."""
    return range(0, max(len(pictures), 1), AT_ONCE)
