"""Parses layer tables written as short strings, so that presets resemble the papers' tables.

Stage `"16:128"`: the feature map's size after the stage and its channels (growing networks).
Layer `"d 192/2 3x3"`: channels, stride and kernel of a convolution (shrinking networks); the kernel
is 3x3 by default, and a leading `d` puts dropout before the layer.
"""

import re
from dataclasses import dataclass

from artgan_tf.config import InputError


@dataclass(frozen=True)
class Stage:
    """One stage of a growing network: feature map of size x size with `channels` channels."""

    size: int
    channels: int


@dataclass(frozen=True)
class Layer:
    """One convolution of a shrinking network."""

    channels: int
    stride: int
    kernel: int
    dropout: bool


def parse_stages(table: tuple[str, ...], width: float) -> list[Stage]:
    """Parse a table of stages, with channels times width; raises InputError for an invalid row."""
    stages = []
    for row in table:
        match = re.fullmatch(r"([1-9]\d*):([1-9]\d*)", row)
        if not match:
            raise InputError(f"Stage {row!r} should read size:channels, for example '16:128'.")
        stages.append(Stage(int(match[1]), scale(int(match[2]), width)))
    return stages


def parse_layers(table: tuple[str, ...], width: float) -> list[Layer]:
    """Parse a table of layers, with channels times width; raises InputError for an invalid row."""
    layers = []
    for row in table:
        match = re.fullmatch(r"(d )?([1-9]\d*)/([1-9]\d*)(?: ([1-9]\d*)x\4)?", row)
        if not match:
            raise InputError(
                f"Layer {row!r} should read [d] channels/stride [KxK], for example 'd 192/2 3x3'."
            )
        channels = scale(int(match[2]), width)
        layers.append(Layer(channels, int(match[3]), int(match[4] or 3), bool(match[1])))
    return layers


def scale(channels: int, width: float) -> int:
    """Channels times width, rounded to the nearest multiple of 8 (exact halves up), at least 8."""
    return max(8, 8 * int(channels * width / 8 + 0.5))


def check_growth(name: str, stages: list[Stage], start: int, *ends: int) -> None:
    """Check that the stages of table `model.NAME` keep or double the size, from `start` on.

    `ends` are the allowed sizes of the last stage, by default any. Raises InputError.
    """
    sizes = [start << doublings for doublings in range(16)]
    if ends and not {*ends} & {*sizes}:
        below, above = [size for size in sizes if 2 * size > ends[0]][:2]
        raise InputError(
            f"model.{name} doubles the size from {start} on and cannot end at size "
            f"{' or '.join(map(str, ends))}, as this data.image_size needs: set one that needs "
            f"{below} or {above}."
        )
    for before, stage in zip([start, *(s.size for s in stages)], stages, strict=False):
        if stage.size not in (before, 2 * before):
            raise InputError(
                f"Stage {stage.size}:{stage.channels} follows size {before} in model.{name}; "
                f"a stage keeps the size or doubles it."
            )
    if ends and (not stages or stages[-1].size not in ends):
        last = f"at {stages[-1].size}" if stages else "nowhere"
        raise InputError(
            f"model.{name} should end at size {' or '.join(map(str, ends))} for this "
            f"data.image_size, and ends {last}."
        )
