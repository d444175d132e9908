"""Five steps of each case in a separate process, with the backend of KERAS_BACKEND.

`python -m tests.training.steps CASES.json START OUT`: the first backend writes the initial weights
as a checkpoint to the folder START, and the other one reads them; OUT gets the losses and weights
of every step.  Batches and z come from NumPy, so that both backends get the same.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
from keras import ops

from artgan_tf import gan as gan_module
from artgan_tf.config import Config, resolve
from artgan_tf.gan import GAN
from artgan_tf.papers import build_gan
from artgan_tf.runs.checkpoint_file import write
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.training.engine import open_engine

STEPS, CLASSES, RATE = 5, 3, 0.02


def main(cases: str, start: str, out: str) -> None:
    """Run all cases: {name: {"preset": ..., setting: value, ...}}."""
    found: dict[str, np.ndarray] = {}
    for name, settings in json.loads(Path(cases).read_text()).items():
        preset = settings.pop("preset")
        taken = take_steps(resolve(preset, settings), Path(start) / name)
        found |= {f"{name} {key}": value for key, value in taken.items()}
    np.savez(out, **found)  # type: ignore[arg-type]


def take_steps(config: Config, start: Path) -> dict[str, np.ndarray]:
    """Losses `step/loss/NAME`, weights after it `step/d/i` and `step/g/i`; step 0 is the start."""
    engine = open_engine(config)
    keras.utils.set_random_seed(1)
    gan = build_gan(config, CLASSES)
    gan.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE))  # updates are gradients
    draw_by_numpy(gan)
    checkpoints = Checkpoints(gan, start)
    if start.exists():
        checkpoints.restore()
    else:
        write(start / "step-1.npz", checkpoints.arrays())
    engine.compile(gan)
    found = weights(gan, 0)
    for step in range(1, STEPS + 1):
        engine.train(batch(config, step))
        engine.settle()
        terms = gan.train_means.result()
        gan.train_means.reset()
        found |= {f"{step}/loss/{name}": np.array(value) for name, value in terms.items()}
        found |= weights(gan, step)
    return found


def draw_by_numpy(gan: GAN) -> None:
    """Take z from a table, by the number of updates of both networks; always make three G steps."""
    shape = (8 * STEPS, gan.config.train.batch_size, gan.config.model.z_size)
    table = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)

    def latents(n: int, seed: object) -> object:
        updates = gan.d_optimizer.iterations.value + gan.g_optimizer.iterations.value
        return ops.take(ops.convert_to_tensor(table), ops.cast(updates, "int32"), axis=0)

    gan.latents = latents  # type: ignore[method-assign]
    gan_module.trick_steps = lambda real, fake: ops.where(real + fake > 0.0, 3, 1)  # type: ignore


def batch(config: Config, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of a step."""
    rng = np.random.default_rng(step)
    count, size = config.train.batch_size, config.data.image_size
    images = rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    return images, rng.integers(0, CLASSES, count, dtype=np.int32)


def weights(gan: GAN, step: int) -> dict[str, np.ndarray]:
    """The trained weights, and all other state of the networks."""
    networks = {"d": gan.discriminator, "g": gan.generator, "ema": gan.averaged}
    return {
        f"{step}/{name}/{'moved' if v.trainable else 'kept'}/{i}": np.array(v)
        for name, network in networks.items()
        for i, v in enumerate(network.weights)
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
