"""The train step in PyTorch, run in an environment with PyTorch but without our packages.

    TORCH/bin/python -m experiments.benchmarks.rivals.torch_step FOLDER LAYOUT PRECISION

`train_step --python TORCH/bin/python` starts it.  FOLDER holds `spec.json` and `arrays.npz`; LAYOUT
is one of `torch_rival.LAYOUTS`, PRECISION float32 or mixed_bfloat16.  On standard output it first
prints the losses of a step without dropout and noise (not compiled, as that takes minutes). Then it
answers each input line with the seconds of one step.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from experiments.benchmarks.rivals.torch_nets import (
    ArtGenerator,
    Discriminator,
    Generator,
    Spec,
    adopt,
)


class Trainer:
    """Networks, optimizers and train step, starting from Keras's weights."""

    def __init__(self, spec: Spec, arrays: Any, layout: str, precision: str):
        self.spec, self.last = spec, layout.endswith("channels-last")
        kind = ArtGenerator if spec["paper"] == "artgan" else Generator
        self.generator = self._network(kind, arrays, "g")
        self.discriminator = self._network(Discriminator, arrays, "d")
        average = get_ema_multi_avg_fn(spec["ema"])
        self.averaged = AveragedModel(self.generator, multi_avg_fn=average, use_buffers=True)
        self.d_optimizer = optimizer(self.discriminator, spec, spec["lr_discriminator"])
        self.g_optimizer = optimizer(self.generator, spec, spec["lr_generator"])
        self.bfloat16 = precision == "mixed_bfloat16"
        self.loss_of_d, self.loss_of_g = self._loss_of_d, self._loss_of_g
        if layout.startswith("compiled"):
            self.loss_of_d = torch.compile(self._loss_of_d, dynamic=False)
            self.loss_of_g = torch.compile(self._loss_of_g, dynamic=False)

    def _network(self, kind: Callable[[Spec], Any], arrays: Any, name: str) -> Any:
        network = kind(self.spec)
        adopt(network, [arrays[key] for key in sorted(arrays) if key.startswith(f"{name}_")])
        return network.to(memory_format=self._format).train()

    @property
    def _format(self) -> Any:
        return torch.channels_last if self.last else torch.contiguous_format

    # ---- a step -------------------------------------------------------------------------------
    def step(self, images: Any, labels: Any, draws: Any = None) -> tuple[float, float]:
        """Update D, then G; returns their losses.

        Args:
            draws: fake labels, and z of both steps; drawn here by default.
        """
        real = self.in_range(images.contiguous(memory_format=self._format))
        n = len(labels)
        fake_labels, z, fresh = draws or (self.fake_labels(n), self.latents(n), self.latents(n))
        fakes = functional.one_hot(fake_labels, self.spec["classes"]).float()
        d_loss = self.descend(self.d_optimizer, self.loss_of_d, real, labels, z, fakes)
        self.discriminator.requires_grad_(False)  # G's step needs no gradients of D's weights
        g_loss = self.descend(self.g_optimizer, self.loss_of_g, real, fresh, fakes, fake_labels)
        self.discriminator.requires_grad_(True)
        self.averaged.update_parameters(self.generator)
        return float(d_loss), float(g_loss)

    def descend(self, optimizer: Any, loss: Callable[..., Any], *inputs: Any) -> Any:
        """Update the optimizer's parameters once."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            value = loss(*inputs)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
        return value.detach()

    def _loss_of_d(self, real: Any, labels: Any, z: Any, fakes: Any) -> Any:
        with torch.no_grad():
            fake = self.generator(z, fakes)
        logits, codes = self.discriminator(self.see(real), dropout=True)
        fake_logits, _ = self.discriminator(self.see(fake), dropout=True)
        if self.spec["paper"] == "artgan":
            target = functional.one_hot(labels, self.spec["units"])
            return bce(logits, target) + bce(fake_logits, torch.eye(self.spec["units"])[-1:])
        loss = functional.cross_entropy(logits.float(), labels)
        loss = loss + realness(logits, -1.0) + realness(fake_logits, 1.0)
        return loss + 0.5 * functional.mse_loss(self.discriminator.decode(codes), real)

    def _loss_of_g(self, real: Any, z: Any, fakes: Any, fake_labels: Any) -> Any:
        fake = self.generator(z, fakes)
        logits, codes = self.discriminator(self.see(fake))
        if self.spec["paper"] == "artgan":
            with torch.no_grad():
                _, codes = self.discriminator(real)
            target = functional.one_hot(fake_labels, self.spec["units"])
            return bce(logits, target) + functional.mse_loss(self.generator.decode(codes), real)
        loss = realness(logits, -1.0) + functional.cross_entropy(logits.float(), fake_labels)
        return loss + 0.5 * functional.mse_loss(self.discriminator.decode(codes), fake)

    # ---- inputs -------------------------------------------------------------------------------
    def in_range(self, images: Any) -> Any:
        """uint8 pictures as floats in the paper's range."""
        low, high = self.spec["pixel_range"]
        return images.float() * ((high - low) / 255.0) + low

    def see(self, images: Any) -> Any:
        """D's inputs: pictures with noise."""
        noise = self.spec["noise"]
        return images + noise * torch.randn_like(images) if noise else images

    def latents(self, n: int) -> Any:
        """z from the paper's prior."""
        shape = n, self.spec["z_size"]
        return torch.randn(shape) if self.spec["paper"] == "artgan" else 2.0 * torch.rand(shape) - 1

    def fake_labels(self, n: int) -> Any:
        """Random or tiled labels."""
        if self.spec["fake_labels"] == "random":
            return torch.randint(self.spec["classes"], (n,))
        return torch.arange(n) % self.spec["classes"]


def optimizer(network: Any, spec: Spec, rate: float) -> Any:
    """The configuration's optimizer, in its fastest variant."""
    if spec["optimizer"] == "adam":
        betas = spec["beta1"], 0.999
        return torch.optim.Adam(network.parameters(), rate, betas, eps=1e-8, fused=True)
    return RMSprop(network.parameters(), {"lr": rate, "rho": spec["rho"], "eps": 1e-10})


class RMSprop(torch.optim.Optimizer):
    """PyTorch's RMSprop (`foreach=True`), but with epsilon inside the root, as in TensorFlow."""

    @torch.no_grad()
    def step(self) -> None:
        """Update all parameters."""
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            gradients = [p.grad for p in parameters]
            squares = [self.state[p].setdefault("square", torch.zeros_like(p)) for p in parameters]
            torch._foreach_mul_(squares, group["rho"])
            torch._foreach_addcmul_(squares, gradients, gradients, 1.0 - group["rho"])
            roots = torch._foreach_add(squares, group["eps"])
            torch._foreach_sqrt_(roots)
            torch._foreach_addcdiv_(parameters, gradients, roots, -group["lr"])


def realness(logits: Any, sign: float) -> Any:
    """softplus(sign * logsumexp(logits))."""
    return functional.softplus(sign * torch.logsumexp(logits.float(), 1)).mean()


def bce(logits: Any, target: Any) -> Any:
    """Sigmoid cross-entropy."""
    target = target.float().expand_as(logits)
    return functional.binary_cross_entropy_with_logits(logits.float(), target)


def main(folder: Path, layout: str, precision: str) -> None:
    """Print the losses, then answer with seconds."""
    spec = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
    arrays = dict(np.load(folder / "arrays.npz"))
    images = torch.from_numpy(arrays["images"][:, ::-1, ::-1].transpose(0, 3, 1, 2).copy())
    labels, *draws = (torch.from_numpy(arrays[k]) for k in ("labels", "fake_labels", "z", "fresh"))
    quiet = spec | {"dropout": 0.0, "noise": 0.0}
    eager = layout.removeprefix("compiled-").replace("compiled", "contiguous")
    first = Trainer(quiet, arrays, eager, "float32").step(images, labels, draws)
    trainer = Trainer(spec, arrays, layout, precision)
    trainer.step(images, labels)  # compiles
    answer({"losses": first, "torch": torch.__version__, "threads": torch.get_num_threads()})
    for _ in sys.stdin:
        begun, spent = time.perf_counter(), time.process_time()
        trainer.step(images, labels)
        answer({"wall": time.perf_counter() - begun, "cpu": time.process_time() - spent})


def answer(values: dict[str, Any]) -> None:
    """Print a line of JSON."""
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
