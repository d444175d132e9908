"""JAX's engine, with variables settled only after some steps: `settled.py SETTINGS.json OUT`.

OUT gets all variables after the last of six steps, as `RUN/i`, and the step counter after each
`settle`, as `RUN/counter`.
"""

import json
import sys
import tempfile
from pathlib import Path

import jax
import keras
import numpy as np

from artgan_tf.config import Config, resolve
from artgan_tf.gan import GAN
from artgan_tf.papers import build_gan
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.training.jax_engine import JaxEngine
from tests.training.steps import CLASSES, batch

STEPS = 6
RUNS = {"every": (1, 2, 3, 4, 5, 6), "sometimes": (2, 6)}


def main(settings: str, out: str) -> None:
    """Run all cases, and one that stops after four steps and settles only the last."""
    tree = json.loads(Path(settings).read_text())
    config = resolve(tree.pop("preset"), tree)
    found = {}
    for name, settled in RUNS.items():
        gan = built(config)
        found[f"{name}/counter"] = np.array(advance(gan, config, 1, STEPS, settled))
        found |= state(gan, name)
    with tempfile.TemporaryDirectory() as folder:
        gan = built(config)
        advance(gan, config, 1, 4, (4,))
        Checkpoints(gan, Path(folder)).save()
        again = built(config)
        Checkpoints(again, Path(folder)).restore()
        found["resumed/counter"] = np.array(advance(again, config, 5, STEPS, (6,)))
        found |= state(again, "resumed")
    np.savez(out, **found)  # type: ignore[arg-type]


def built(config: Config) -> GAN:
    keras.utils.set_random_seed(1)
    gan = build_gan(config, CLASSES)
    gan.compile()
    return gan


def advance(gan: GAN, config: Config, start: int, end: int, settled: tuple[int, ...]) -> list[int]:
    """Train from step `start` to `end`, and validate whenever the variables are settled."""
    engine, counted = JaxEngine(config), []
    engine.compile(gan)
    for step in range(start, end + 1):
        engine.train(jax.device_put(batch(config, step)))
        if step not in settled:
            continue
        engine.settle()
        engine.settle()  # nothing left to do
        counted.append(gan.steps_done)
        gan.held_out_means.reset()
        before = state(gan, "before")
        engine.test([batch(config, 100), batch(config, 101)])
        assert 0.0 <= gan.held_out_means.result()["accuracy"] <= 1.0
        changed = [k for k, v in state(gan, "before").items() if not np.array_equal(v, before[k])]
        sums = gan.held_out_means.sums
        assert changed == [f"before/{i}" for i, v in enumerate(gan.state) if v is sums]
    return counted


def state(gan: GAN, name: str) -> dict[str, np.ndarray]:
    """All variables that a step may read or change."""
    return {f"{name}/{i}": np.array(v.value) for i, v in enumerate(gan.state)}


if __name__ == "__main__":
    main(*sys.argv[1:])
