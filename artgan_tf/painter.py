"""A trained generator that paints by class name and seed, and grids of what it paints."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import keras
import numpy as np
from PIL import Image

from artgan_tf import backend
from artgan_tf.class_names import class_index
from artgan_tf.config import InputError
from artgan_tf.gan import GAN
from artgan_tf.layers import sublayers
from tfrecords_tools.common.sheet import named_grid

Weights = Literal["ema", "raw"]
STANDING_BATCHES, STANDING_SIZE = 16, 100
AT_ONCE = 96  # pictures painted together
GRID_CLASSES, GRID_COLUMNS = 16, 8


class Painter:
    """A copy of the generator with standing batch-norm statistics, ready to paint.

    The statistics are re-estimated over generated batches, because those of training average over
    generators that are gone; a picture then depends on its class and seed alone.

    Args:
        gan: the GAN in whatever state of training; it is left as it is.
        class_names: K names.
        weights: `ema`, or `raw` for those that the next step would change.
        settled: False leaves the weights and statistics to a `refresh` before the first picture.
    """

    def __init__(
        self,
        gan: GAN,
        class_names: Sequence[str],
        weights: Weights = "ema",
        settled: bool = True,
    ):
        self.gan, self.class_names = gan, tuple(class_names)
        self.painting = {"ema": gan.averaged, "raw": gan.generator}[weights]
        self.generator = gan.new_generator()
        self.generator.class_names = self.class_names
        self.generator(self.latents([0]), gan.one_hot([0]))
        # Compiled without its outputs: what only they need is never computed.
        self._settle = backend.compiled(self._pass_in_training, self.generator.variables)
        if settled:
            self.refresh()

    def refresh(self) -> None:
        """Take over the weights as they are now and re-estimate the statistics."""
        self.generator.set_weights(self.painting.get_weights())
        seed = keras.random.SeedGenerator(0)
        for batch, labels in enumerate(_standing_labels(len(self.class_names))):
            z = self.gan.latents(STANDING_SIZE, seed)
            # The plain mean of all batches so far.
            self._settle(z, self.gan.one_hot(labels), np.array(batch / (batch + 1), np.float32))

    def norms(self) -> list[keras.layers.BatchNormalization]:
        """The layers that hold statistics."""
        kind = keras.layers.BatchNormalization
        return [layer for _, layer in sublayers(self.generator) if isinstance(layer, kind)]

    def _pass_in_training(self, z: Any, y: Any, momentum: Any) -> None:
        """Let the statistics take in a batch."""
        norms = self.norms()
        before = [norm.momentum for norm in norms]
        for norm in norms:
            norm.momentum = momentum
        self.generator(z, y, training=True)
        for norm, usual in zip(norms, before, strict=True):
            norm.momentum = usual

    def generate(
        self,
        classes: Iterable[str | int | np.integer],
        seeds: Iterable[int],
        magnified: bool = False,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """Paint one picture for each pair of a class and a seed.

        Args:
            classes: names or indices, NumPy's too, one a picture; none give no picture.
            seeds: as many whole numbers >= 0; the same seed gives the same latent in any class.
            magnified: Improved ArtGAN's generator at its full size.
            truncation: z is multiplied by it: below 1 more typical pictures, and less variety.

        Returns:
            uint8 [N, S, S, 3].
        """
        labels, seeds = [self.index(c) for c in classes], list(seeds)
        if len(labels) != len(seeds):
            raise InputError(f"{len(labels)} classes but {len(seeds)} seeds: give as many of each.")
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
        """Paint between two seeds and between classes.

        Args:
            seeds, seeds_to: where the latents come from and go to.
            t: how far each one is, from 0 to 1.
            weights: [N, K], shares of the classes; 1 in a row and 0 else is a class alone.
            magnified, truncation: as in `generate`.

        Returns:
            uint8 [N, S, S, 3].
        """
        batches = []
        for i in _starts(seeds):
            part = slice(i, i + AT_ONCE)
            way = keras.ops.convert_to_tensor(np.asarray(t[part], np.float32))
            z = self.gan.interpolate(self.latents(seeds[part]), self.latents(seeds_to[part]), way)
            y = keras.ops.convert_to_tensor(np.asarray(weights[part], np.float32))
            batches.append(self.paint(truncation * z, y, magnified))
        return np.concatenate(batches)

    def way(
        self, start: tuple[str | int, int], end: tuple[str | int, int], frames: int = 8
    ) -> np.ndarray:
        """Paint the way from one picture to another, both of which are its ends.

        Args:
            start, end: a class, by name or index, and a seed each.
            frames: how many pictures, 2 or more.

        Returns:
            uint8 [frames, S, S, 3].
        """
        shares = np.linspace(0.0, 1.0, frames)
        first, last = np.eye(len(self.class_names))[[self.index(c) for c, _ in (start, end)]]
        weights = first + np.outer(shares, last - first)
        return self.mix([start[1]] * frames, [end[1]] * frames, shares.tolist(), weights)

    def look(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What D sees in uint8 images [N, S, S, 3] of the training size.

        Returns:
            its scores of the classes, float32 [N, K], and how real it finds each picture, float32
            [N]; all from 0 to 1.
        """
        scores, realness = self.gan.judge(self.gan.from_uint8(images))
        return keras.ops.convert_to_numpy(scores), keras.ops.convert_to_numpy(realness)

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """What D's autoencoder keeps of uint8 images [N, S, S, 3]: as many, uint8."""
        if not self.gan.config.model.autoencoder:
            raise InputError("This model reconstructs nothing: model.autoencoder is off.")
        decoded = self.gan.reconstruct(self.gan.from_uint8(images), self.generator)
        return keras.ops.convert_to_numpy(self.gan.to_uint8(decoded))

    def paint(self, z: Any, y: Any, magnified: bool = False) -> np.ndarray:
        """Paint latents as they are: uint8 [N, S, S, 3].

        Args:
            z: float32 [N, Z].
            y: float32 [N, K], one-hot, or a mixture of classes that adds up to 1.
            magnified: as in `generate`.
        """
        if magnified and not self.gan.config.model.magnify:
            raise InputError("This model has no magnified size: model.magnify is off.")
        return keras.ops.convert_to_numpy(self.images(z, y, magnified))

    def images(self, z: Any, y: Any, magnified: bool = False) -> Any:
        """`paint` as a tensor, in graphs too.

        A picture is the same whatever is painted beside it: at sizes such as 3 and 5 a CPU splits
        its work so that a pixel here and there rounds to the next grey level, so batches of other
        sizes are filled up.
        """
        count = keras.ops.shape(z)[0]
        options = {"magnified": True} if magnified else {}
        painted = self.generator(backend.fill_up(z), backend.fill_up(y), training=False, **options)
        return self.gan.to_uint8(painted)[:count]

    def latents(self, seeds: Any) -> Any:
        """float32 [N, Z] from the paper's prior, each row from its own seed (int64 [N]) alone."""
        return self.gan.latents_by_seed(seeds)

    def index(self, name: str | int | np.integer) -> int:
        """The index of a class name (or index); raises InputError for one that is not there."""
        return class_index(self.class_names, name)

    def grid(self, magnified: bool = False) -> Image.Image:
        """Fixed latents, one class a row with its name, the same seed down each column."""
        return self.named(self.grid_pictures(magnified))

    def grid_pictures(self, magnified: bool = False) -> np.ndarray:
        """The pictures of `grid`, uint8 [classes, seeds, H, W, 3]."""
        rows = len(self.class_names[:GRID_CLASSES])
        classes = [index for index in range(rows) for _ in range(GRID_COLUMNS)]
        images = self.generate(classes, list(range(GRID_COLUMNS)) * rows, magnified)
        return images.reshape(rows, GRID_COLUMNS, *images.shape[1:])

    def named(self, pictures: np.ndarray) -> Image.Image:
        """Such pictures as a sheet, with each class's name on the left."""
        return named_grid(pictures, self.class_names[: len(pictures)])


def _standing_labels(k: int) -> Iterator[np.ndarray]:
    """Batches of labels in chance order: all K classes in each that has room for them.

    Else they take turns, mixed before, for neighbours in a list of classes are often alike.
    """
    classes, order = np.arange(k), np.arange(STANDING_SIZE)
    if crowded := k > STANDING_SIZE:
        np.random.default_rng(0).shuffle(classes)
    for batch in range(max(STANDING_BATCHES, -(-k // STANDING_SIZE))):
        np.random.default_rng(batch).shuffle(order)
        yield classes[(order + crowded * batch * STANDING_SIZE) % k]


def _starts(pictures: Sequence[Any]) -> range:
    """Where batches begin; no pictures are a batch of none, which has a shape."""
    return range(0, max(len(pictures), 1), AT_ONCE)
