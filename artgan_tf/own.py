"""How large a training of one's own pictures is: by their number, their size and the device.

A GPU takes `recommended/own`, processors alone `recommended/own-small`.  A picture is seen `VIEWS`
times, in a quarter of the preset's steps at least and all of them at most.  Of few pictures D soon
knows each: augmentation then adapts to what is held out, which is looked at often enough for that.
Pictures of `SMALL` pixels or fewer take the networks of a preset that draws in that size.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artgan_tf.config import Config, flat, resolve, runs_root
from artgan_tf.runs.directory import RunDirectory

GPU, CPU = "recommended/own", "recommended/own-small"
SMALL, AT_SMALL = 32, {GPU: "recommended/cifar10", CPU: "recommended/cifar10-small"}
VIEWS, LEAST_SHARE = 400, 4
FEW, LOOKS = 2_000, 20  # pictures; validations of a run with adaptive augmentation
# Measured (experiments/README.md): 4,000 steps of one core in 33 minutes, of small pictures in 20;
# 14,491 of an H100 in 6.5, which small ones are not slower than.
STEPS_A_MINUTE = {GPU: 2_200, CPU: 120, AT_SMALL[GPU]: 2_200, AT_SMALL[CPU]: 200}
NETWORKS = (
    "data.image_size", "model.generator", "model.encoder", "model.decoder",
    "discriminator.feature_size",
)  # fmt: skip
SIZED = (
    *NETWORKS, "train.steps", "train.batch_size", "train.lr_drops",
    "discriminator.augment_strength", "log.validate_every",
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """A preset, its settings by dotted key, and why, as a part of a sentence."""

    preset: str
    settings: dict[str, Any]
    why: str


def fitting(pictures: int, held_out: int, gpu: bool, side: int = 0) -> Size:
    """The size for so many pictures to train on, and so many held out, on a GPU or without one.

    Args:
        pictures, held_out, gpu: these.
        side: pixels of the pictures; 0 where that is not known.
    """
    preset = GPU if gpu else CPU
    drawn = AT_SMALL[preset] if 0 < side <= SMALL else preset
    train = resolve(preset).train
    batch = max(1, min(train.batch_size, pictures))
    least = train.steps // LEAST_SHARE
    steps = min(train.steps, max(least, VIEWS * pictures // batch // 100 * 100))
    drops = tuple(drop * steps // train.steps for drop in train.lr_drops)
    settings: dict[str, Any] = {
        "train.steps": steps,
        "train.batch_size": batch,
        "train.lr_drops": drops,
    }
    if drawn != preset:
        settings |= {key: flat(resolve(drawn))[key] for key in NETWORKS}
    adapts = held_out and pictures < FEW
    if adapts:
        settings |= {
            "discriminator.augment_strength": "adaptive",
            "log.validate_every": max(1, steps // LOOKS),
        }
    minutes = max(1, round(steps / STEPS_A_MINUTE[drawn]))
    device = "on an H100" if gpu else "on one or two cores"
    adaptive = ", adaptive augmentation" if adapts else ""
    small = "" if drawn == preset else f", drawn at {SMALL}x{SMALL}"
    why = f"the size for {pictures:,} pictures{small}{adaptive}, about {minutes} minutes {device}"
    return Size(preset, settings, why)


def whole(gpu: bool) -> Size:
    """The preset as it is, for pictures that cannot be counted yet."""
    return Size(GPU if gpu else CPU, {}, "in its whole size")


def kept(run_dir: Path) -> Size | None:
    """The size that a run of one's own pictures was started with: it goes on with that."""
    run = RunDirectory(run_dir)
    if not run.config_file.is_file() or (config := run.config()).preset not in (GPU, CPU):
        return None
    return Size(config.preset, {key: flat(config)[key] for key in SIZED}, "as it was started")


def default_run_dir(config: Config) -> Path:
    """`runs/PRESET`, under ARTGAN_RUNS where that is set; of a TOML file its name, of one's own
    data theirs."""
    if config.preset not in (GPU, CPU):
        return runs_root() / config.preset
    kind, _, rest = config.data.spec.partition(":")
    return runs_root() / Path(rest or kind).absolute().stem.partition(":")[0]
