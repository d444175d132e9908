"""Loads a trained GAN from its run's directory."""

from dataclasses import replace
from pathlib import Path

from artgan_tf.config import InputError
from artgan_tf.gan import GAN
from artgan_tf.papers import MODELS
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.networks import load_networks
from artgan_tf.runs.pretrained import locate
from artgan_tf.runs.steps import Which
from artgan_tf.sampler import Sampler, Weights


def load_gan(run: RunDirectory, which: Which = "latest") -> tuple[GAN, list[str]]:
    """Build a run's GAN with the weights of a checkpoint (`latest`, `best`, or a step).

    Returns the GAN and its class names. Raises InputError if the run or checkpoint is missing, or
    the number of class names is wrong.
    """
    config, names = run.trained(which)
    if config.train.precision == "auto":  # images must not depend on the machine
        config = replace(config, train=replace(config.train, precision="float32"))
    # Unchecked: a run of an older version may have settings that are refused now.
    gan = MODELS[config.model.paper](config, len(names))
    loaded = load_networks(gan, run.checkpoints, which)
    if loaded.partly:
        raise InputError(
            f"{run.classes_file} has {len(names)} names, but the weights have another number of "
            f"classes: restore the file that the training wrote."
        )
    gan.step.assign(loaded.step)
    return gan, names


def load(run_dir: Path | str, which: Which = "latest", weights: Weights = "ema") -> Sampler:
    """Load a run's generator: `load("runs/demo").generate(classes=["rings"], seeds=[7])`.

    Args:
        run_dir: the run's directory, or `pretrained:NAME`.
        which: the checkpoint: `latest`, `best` (by the first of `log.metrics`), or a step.
        weights: `ema` for G's averaged weights, `raw` for those of the checkpoint's step.

    Raises InputError if the run or checkpoint is missing or damaged.
    """
    return Sampler(*load_gan(RunDirectory(locate(run_dir)), which), weights)
