"""From a run's directory back to its networks."""

from dataclasses import replace
from pathlib import Path

from artgan_tf.config import Config, InputError
from artgan_tf.gan import GAN
from artgan_tf.painter import Painter, Weights
from artgan_tf.papers import build_gan
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.networks import load_networks
from artgan_tf.runs.pretrained import locate
from artgan_tf.runs.steps import Which


def load_gan(run: RunDirectory, which: Which = "latest") -> tuple[GAN, list[str]]:
    """The GAN of a run with the weights of a checkpoint, and its class names.

    Raises:
        InputError: where there is no such run, or it has not as many class names as weights.
    """
    config, names = run.trained(which)
    gan = build_gan(_paints_alike(config), len(names))
    loaded = load_networks(gan, run.checkpoints, which)
    if loaded.partly:
        raise InputError(
            f"{run.classes_file} has {len(names)} names, but the weights are of another number of "
            f"classes: restore the file as the training wrote it."
        )
    gan.step.assign(loaded.step)
    return gan, names


def _paints_alike(config: Config) -> Config:
    """The same, in float32 where it was left to the device: a picture is one on every machine."""
    if config.train.precision != "auto":
        return config
    return replace(config, train=replace(config.train, precision="float32"))


def load(run_dir: Path | str, which: Which = "latest", weights: Weights = "ema") -> Painter:
    """A run's painter: `load("runs/demo").generate(classes=["rings"], seeds=[7])`.

    Args:
        run_dir: the run's directory, or `pretrained:NAME`.
        which: its newest checkpoint, the best by the metric it was watched with, or that of a step.
        weights: G's running mean, or those of its last step.
    """
    return Painter(*load_gan(RunDirectory(locate(run_dir)), which), weights)
