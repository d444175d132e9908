"""Chooses the size of a training on the user's own images by their number, size and the device.

Each image is seen `PASSES` times, within a quarter of the preset's steps and all of them, unless a
length is asked for: learning rates drop and validations come in proportion to it, too. If there
are few images, D soon overfits: augmentation then adapts to held-out images, and validations become
frequent enough for that. Images of at most `SMALL` pixels get the networks of a preset for that
size. A run that starts from another model's weights (`train.init`) gets that model's networks and
learning rates, and sees each image `FINE_TUNING` times.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from artgan_tf.config import Config, ModelOptions, Train, flat, resolve, runs_root
from artgan_tf.runs.directory import RunDirectory

GPU, CPU = "recommended/own", "recommended/own-small"
SMALL, AT_SMALL = 32, {GPU: "recommended/cifar10", CPU: "recommended/cifar10-small"}
PASSES, FINE_TUNING, LEAST_SHARE = 400, 155, 4
FEW, LOOKS = 2_000, 20  # images; validations of a run with adaptive augmentation
# Measured (experiments/README.md): one core does 4,000 steps in 33 minutes, with small images in
# 20; an H100 does 15,791 steps in 6.4 minutes, and compiles for 2.5.
STEPS_A_MINUTE = {GPU: 2_500, CPU: 120, AT_SMALL[GPU]: 2_500, AT_SMALL[CPU]: 200}
NETWORKS = (
    "data.image_size", *(f"model.{field.name}" for field in fields(ModelOptions)),
    "discriminator.features", "discriminator.feature_size", "discriminator.spectral_norm",
)  # fmt: skip
RATES = "train.lr_generator", "train.lr_discriminator"
SIZED = (
    *NETWORKS, *RATES, "train.steps", "train.batch_size", "train.lr_drops",
    "discriminator.augment_strength", "log.validate_every",
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """A preset, settings by dotted key that differ from its own, and why, as part of a sentence."""

    preset: str
    settings: dict[str, Any]
    why: str


def fitting(
    pictures: int,
    gpu: bool,
    side: int = 0,
    init: Config | None = None,
    asked: Mapping[str, Any] | None = None,
) -> Size:
    """Choose the size for so many training images, of `side` pixels (0: unknown).

    `init` is the configuration of the model whose weights the training starts from, `asked` are
    valid settings by dotted key, which the size fits and does not repeat.
    """
    preset, asked = GPU if gpu else CPU, asked or {}
    small = 0 < asked.get("data.image_size", side) <= SMALL and not init
    drawn = AT_SMALL[preset] if small else preset
    settings = _length(pictures, resolve(preset).train, FINE_TUNING if init else PASSES, asked)
    steps = settings["train.steps"]
    if asked.get("train.epochs"):
        settings["train.steps"] = 0
    if init or small:
        settings |= _networks(init or resolve(drawn))
    adapts = pictures < FEW
    if adapts:
        settings |= {
            "discriminator.augment_strength": "adaptive",
            "log.validate_every": max(1, steps // LOOKS),
        }
    # A step's time is about proportional to the width (measured).
    wider = init.model.width / resolve(preset).model.width if init else 1.0
    minutes = max(1, round(steps / STEPS_A_MINUTE[drawn] * wider))
    why = f"the size for {pictures:,} pictures"
    why += f", drawn at {SMALL}x{SMALL}" if small else ""
    why += ", with the networks it starts from" if init else ""
    why += ", adaptive augmentation" if adapts else ""
    device = "on an H100" if gpu else "on one or two cores"
    return Size(preset, settings, f"{why}, about {minutes} minutes {device}")


def _length(pictures: int, own: Train, passes: int, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Steps that show each image so often, or as many as are asked for; batch and drops for them.

    `own` is the preset's: the most steps, and the share of them after which rates drop.
    """
    batch = asked.get("train.batch_size", own.batch_size)
    batch = max(2, min(batch, pictures))  # batch norm needs two
    fitted = min(own.steps, max(own.steps // LEAST_SHARE, passes * pictures // batch // 100 * 100))
    of_epochs = round(asked.get("train.epochs", 0) * pictures / batch)
    steps = asked.get("train.steps") or of_epochs or fitted
    drops = tuple(max(1, drop * steps // own.steps) for drop in own.lr_drops)
    return {"train.steps": steps, "train.batch_size": batch, "train.lr_drops": drops}


def whole(gpu: bool, init: Config | None) -> Size:
    """The unchanged preset, for images that cannot be counted yet; with the networks of `init`."""
    return Size(GPU if gpu else CPU, _networks(init) if init else {}, "at full size")


def _networks(config: Config) -> dict[str, Any]:
    """The settings of its networks and their learning rates."""
    return {key: flat(config)[key] for key in (*NETWORKS, *RATES)}


def existing(run_dir: Path) -> Size | None:
    """The size of an existing run on the user's own images, to resume it; None without one."""
    run = RunDirectory(run_dir)
    if not run.has_checkpoints or (config := run.config()).preset not in (GPU, CPU):
        return None
    return Size(config.preset, {key: flat(config)[key] for key in SIZED}, "as it was started")


def default_run_dir(config: Config) -> Path:
    """`runs/PRESET` or `runs/FILE.toml's name`; `runs/DATA` for a run on the user's own images."""
    if config.preset not in (GPU, CPU):
        return runs_root() / config.preset
    kind, _, rest = config.data.spec.partition(":")
    place = Path(os.path.abspath(rest or kind))  # resolves `..`, unlike Path.absolute
    return runs_root() / place.stem.partition(":")[0]
