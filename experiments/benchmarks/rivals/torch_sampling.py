"""Sampling in PyTorch, run in an environment with PyTorch but without this project's packages.

    TORCH/bin/python -m experiments.benchmarks.rivals.torch_sampling FOLDER LAYOUT CALLS

`sampling --python TORCH/bin/python` starts it.  FOLDER holds `spec.json` and `arrays.npz`; LAYOUT
is contiguous or channels-last.  It writes pictures to FOLDER/LAYOUT.npy and reports this on
standard output. Then it answers each input line with the seconds of CALLS batches.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from experiments.benchmarks.rivals.torch_nets import (
    ArtGenerator,
    Generator,
    adopt,
    adopt_statistics,
)
from experiments.benchmarks.rivals.torch_step import answer


class Sampler:
    """A generator with Keras's weights and statistics."""

    def __init__(self, spec: dict[str, Any], arrays: Any, layout: str):
        self.low, self.high = spec["pixel_range"]
        self.network = ArtGenerator(spec) if spec["paper"] == "artgan" else Generator(spec)
        adopt(self.network, [arrays[key] for key in sorted(arrays) if key.startswith("g_")])
        statistics = [arrays[key] for key in sorted(arrays) if key.startswith("s_")]
        adopt_statistics(self.network, statistics)
        last = torch.channels_last if layout == "channels-last" else torch.contiguous_format
        self.network.to(memory_format=last).eval()
        self.classes = spec["classes"]

    def paint(self, z: Any, labels: Any) -> Any:
        """Pictures uint8 [N, S, S, 3], rotated by 180 degrees (see `torch_nets`)."""
        images = self.network(z, functional.one_hot(labels, self.classes).float())
        grey = (images - self.low) * (255.0 / (self.high - self.low))
        return grey.round().clamp(0.0, 255.0).to(torch.uint8).permute(0, 2, 3, 1).numpy()


@torch.inference_mode()
def main(folder: Path, layout: str, calls: int) -> None:
    """Write the pictures, then answer with seconds."""
    spec = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
    arrays = dict(np.load(folder / "arrays.npz"))
    sampler = Sampler(spec, arrays, layout)
    z, labels = torch.from_numpy(arrays["z"]), torch.from_numpy(arrays["labels"])
    np.save(folder / f"{layout}.npy", sampler.paint(z, labels)[:, ::-1, ::-1])
    answer({"torch": torch.__version__, "threads": torch.get_num_threads()})
    for _ in sys.stdin:
        begun, spent = time.perf_counter(), time.process_time()
        for _ in range(calls):
            sampler.paint(z, labels)
        answer({"wall": time.perf_counter() - begun, "cpu": time.process_time() - spent})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
