"""Eight JAX steps of each model on one and on two devices: `shared.py SETTINGS.json FOLDER`.

FOLDER gets a folder for each model of the settings.  That has the history and checkpoints of a run
for each number of devices, of `resumed`, in which the run on 2 devices was stopped and resumed, and
of `moved`, in which the run on 1 resumed on 2.  FOLDER also gets `shares.json`, with the cost per
device of a step of the last model.  The devices are virtual CPU devices, which XLA_FLAGS must
request.
"""

import json
import sys
from pathlib import Path
from unittest.mock import patch

import jax
import keras

from artgan_tf.config import Config, resolve
from artgan_tf.gan import GAN
from artgan_tf.papers import build_gan
from artgan_tf.runs.checkpoint_file import write
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.training.jax_engine import JaxEngine
from tests.training.steps import CLASSES, batch

STEPS, STOP, DEVICES = 8, 4, (1, 2)


def main(settings: str, out: str) -> None:
    """Train each model repeatedly from the same start."""
    for name, tree in json.loads(Path(settings).read_text()).items():
        config = resolve(tree.pop("preset"), tree)
        gan, engines = train(config, Path(out) / name)
    shares = {count: operations(engine, gan) for count, engine in engines.items()}
    (Path(out) / "shares.json").write_text(json.dumps(shares))


def train(config: Config, folder: Path) -> tuple[GAN, dict[int, JaxEngine]]:
    """All runs of a model; returns it and the engines, by number of devices."""
    keras.utils.set_random_seed(1)
    gan = build_gan(config, CLASSES)
    gan.compile()
    write(folder / "start" / "step-1.npz", Checkpoints(gan, folder).arrays())
    engines = {count: opened(config, count) for count in DEVICES}
    for count, engine in engines.items():
        run(engine, gan, folder / "start", folder / str(count))
    for name, origin in (("resumed", "2"), ("moved", "1")):
        run(engines[2], gan, folder / origin / "half", folder / name)
    return gan, engines


def opened(config: Config, count: int) -> JaxEngine:
    """The engine on a machine with `count` devices."""
    with patch.object(jax, "local_devices", return_value=jax.local_devices()[:count]):
        return JaxEngine(config)


def run(engine: JaxEngine, gan: GAN, start: Path, folder: Path) -> None:
    """Train from a checkpoint to the last step."""
    Checkpoints(gan, start).restore()
    engine.compile(gan) if start.name == "start" else None
    folder.mkdir()
    for step in range(gan.steps_done + 1, STEPS + 1):
        engine.train(engine._placed(batch(engine.config, step)))
        means = gan.train_means.result(engine.take_sums())
        RunDirectory(folder).append_history({"step": step} | means)
        if step == STOP:
            engine.settle()
            Checkpoints(gan, folder / "half").save()
    gan.held_out_means.reset()
    engine.settle()
    whole, short = batch(engine.config, 100), [rows[:7] for rows in batch(engine.config, 101)]
    engine.test([whole, tuple(short)])
    RunDirectory(folder).append_history({"step": STEPS} | gan.held_out_means.result())
    Checkpoints(gan, folder / "checkpoints").save()


def operations(engine: JaxEngine, gan: GAN) -> float:
    """Operations of a step on each device."""
    step, values = engine._train, [v.value for v in gan.state]
    rows = engine._placed(batch(engine.config, 1))
    with jax.set_mesh(step.mesh):
        costs = step.jitted.lower(jax.device_put(values, step.whole), rows).compile()
    found = costs.cost_analysis()
    assert found is not None
    return found["flops"]


if __name__ == "__main__":
    main(*sys.argv[1:])
