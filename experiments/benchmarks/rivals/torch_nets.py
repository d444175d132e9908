"""Both papers' networks in idiomatic PyTorch, to be timed against ours.

They are *mirrored*: at a stride of 2 TensorFlow's SAME padding adds its pixel after the picture,
PyTorch's `padding=1` effectively before it.  With kernels and pictures rotated by 180 degrees both
compute the same numbers, and PyTorch needs no copies to pad.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

SLOPE = 0.2
Spec = dict[str, Any]  # written by `torch_rival.spec`


class Discriminator(nn.Module):
    """Encoder and classifier of both papers, for logits and codes, and Improved's decoder."""

    def __init__(self, spec: Spec):
        super().__init__()
        table, size, channels = [*spec["encoder"], *spec["classifier"]], spec["image_size"], 3
        self.layers, self.codes_after = nn.ModuleList(), len(spec["encoder"])
        for index, (filters, stride, kernel, dropped) in enumerate(table):
            rate = spec["dropout"] if dropped else 0.0
            self.layers.append(Shrink(channels, filters, kernel, stride, rate, index > 0, spec))
            size, channels = size // stride, filters
        self.logits = nn.Linear(size * size * channels, spec["units"], bias=spec["biases"])
        self.logits.grid = 0, size  # the kernel's axis that is a flattened map, and the map's side
        self.decoder = None
        if spec["decoder"]:
            self.decoder = nn.Sequential(
                *growing(channels, size, spec["decoder"], spec),
                *painting(spec["decoder"][-1], spec["image_size"]),
            )

    def forward(self, images: Any, dropout: bool = False) -> Any:
        codes = x = images
        for index, layer in enumerate(self.layers, 1):
            x = layer(x, dropout)
            codes = x if index == self.codes_after else codes
        return self.logits(x.flatten(1)), codes

    def decode(self, codes: Any) -> Any:
        """Improved ArtGAN's reconstruction from the codes."""
        assert self.decoder is not None
        return torch.tanh(self.decoder(codes).float())


class Shrink(nn.Module):
    """[dropout ->] convolution [-> batch norm] -> leaky ReLU."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: int,
        stride: int,
        rate: float,
        norm: bool,
        spec: Any,
    ):
        super().__init__()
        padding = (kernel - 1) // 2
        self.conv = nn.Conv2d(channels, filters, kernel, stride, padding, bias=spec["biases"])
        self.norm = nn.BatchNorm2d(filters, spec["epsilon"]) if norm else nn.Identity()
        self.rate = rate

    def forward(self, x: Any, dropout: bool) -> Any:
        if dropout and self.rate:
            x = functional.dropout(x, self.rate)
        return functional.leaky_relu(self.norm(self.conv(x)), SLOPE, inplace=True)


class Generator(nn.Module):
    """Improved ArtGAN's generator: a linear layer, growing stages, and pooling of double size."""

    def __init__(self, spec: Spec):
        super().__init__()
        self.start, units = spec["start"], 16 * spec["start"]
        self.project = nn.Linear(spec["z_size"] + spec["classes"], units, bias=False)
        self.norm = nn.BatchNorm1d(units, spec["epsilon"])
        self.project.grid, self.norm.grid = (1, 4), (0, 4)
        last = spec["generator"][-1]
        self.stages = nn.Sequential(
            *growing(self.start, 4, spec["generator"], spec), *painting(last, last[0])
        )
        self.pool = nn.Identity()
        if last[0] != spec["image_size"]:
            self.pool = nn.AvgPool2d(3, 2, padding=1, count_include_pad=False)

    def forward(self, z: Any, classes: Any) -> Any:
        x = functional.leaky_relu(self.norm(self.project(torch.cat([z, classes], 1))), SLOPE)
        x = self.stages(x.view(-1, self.start, 4, 4))
        return self.pool(torch.tanh(x.float()))


class ArtGenerator(nn.Module):
    """ArtGAN's generator: zNet and Dec, made of transposed convolutions."""

    def __init__(self, spec: Spec):
        super().__init__()
        (side, filters), *latent = spec["latent"]
        spread = transposed(spec["z_size"] + spec["classes"], filters, side, 1, 0, spec)
        self.latent = nn.Sequential(*spread, *unrolled(filters, side, latent, spec))
        size, channels = spec["latent"][-1]
        self.dec = nn.Sequential(
            *unrolled(channels, size, spec["generator"], spec),
            nn.ConvTranspose2d(spec["generator"][-1][1], 3, 4, 2, 1),
        )

    def forward(self, z: Any, classes: Any) -> Any:
        return self.decode(self.latent(torch.cat([z, classes], 1)[:, :, None, None]))

    def decode(self, codes: Any) -> Any:
        """Dec alone, as in Dec(Enc(x))."""
        return torch.sigmoid(self.dec(codes).float())


def growing(channels: int, size: int, stages: Sequence[Any], spec: Spec) -> Iterable[nn.Module]:
    """Improved ArtGAN's stages: [upsampling ->] convolution -> batch norm -> leaky ReLU."""
    for side, filters in stages:
        if side != size:
            yield nn.Upsample(scale_factor=2)
        yield nn.Conv2d(channels, filters, 3, padding=1, bias=False)
        yield nn.BatchNorm2d(filters, spec["epsilon"])
        yield nn.LeakyReLU(SLOPE, inplace=True)
        size, channels = side, filters


def painting(last: Sequence[int], size: int) -> Iterable[nn.Module]:
    """The last convolution, to three channels at the picture's size."""
    if last[0] != size:
        yield nn.Upsample(scale_factor=2)
    yield nn.Conv2d(last[1], 3, 3, padding=1, bias=False)


def unrolled(channels: int, size: int, stages: Sequence[Any], spec: Spec) -> Iterable[nn.Module]:
    """ArtGAN's stages: 4x4 at a stride of 2 if the map grows, else 3x3."""
    for side, filters in stages:
        kernel, stride = (3, 1) if side == size else (4, 2)
        yield from transposed(channels, filters, kernel, stride, 1, spec)
        size, channels = side, filters


def transposed(
    channels: int, filters: int, kernel: int, stride: int, padding: int, spec: Spec
) -> Iterable[nn.Module]:
    """Transposed convolution -> batch norm -> ReLU."""
    yield nn.ConvTranspose2d(channels, filters, kernel, stride, padding)
    yield nn.BatchNorm2d(filters, spec["epsilon"])
    yield nn.ReLU(inplace=True)


@torch.no_grad()
def adopt(network: nn.Module, arrays: Iterable[Any]) -> None:
    """Copy Keras's trainable weights, which are in the same order."""
    left = iter(arrays)
    for module in network.modules():
        for parameter in module.parameters(recurse=False):
            parameter.copy_(torch.from_numpy(turned(next(left), module).copy()))
    if next(left, None) is not None:
        raise SystemExit("Keras's network has more weights than PyTorch's: compare nothing.")


@torch.no_grad()
def adopt_statistics(network: nn.Module, arrays: Iterable[Any]) -> None:
    """Copy Keras's moving means and variances, which are in pairs and in the same order."""
    left = iter(arrays)
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            for statistic in (module.running_mean, module.running_var):
                statistic.copy_(torch.from_numpy(turned(next(left), module).copy()))


def turned(array: Any, module: nn.Module) -> Any:
    """A weight of Keras, mirrored and with axes in PyTorch's order."""
    if array.ndim == 4:  # convolutions and transposed convolutions
        return array[::-1, ::-1].transpose(3, 2, 0, 1)
    bias = isinstance(module, nn.Linear) and array.ndim == 1
    if hasattr(module, "grid") and not bias:
        array = channels_first(array, *module.grid)
    return array.T


def channels_first(array: Any, axis: int, side: int) -> Any:
    """Reorder a flattened map: [side, side, channels], mirrored, to [channels, side, side]."""
    before, after = array.shape[:axis], array.shape[axis + 1 :]
    units = array.reshape(*before, side, side, -1, *after)
    units = np.flip(units, (axis, axis + 1))
    return np.moveaxis(units, axis + 2, axis).reshape(array.shape)
