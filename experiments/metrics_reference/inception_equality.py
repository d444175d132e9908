"""Compares this project's 2015 Inception network with the TorchScript original on real images.

    python -m experiments.metrics_reference.inception_equality original default_1.pt IMAGES out.npz
    python -m experiments.metrics_reference.inception_equality compare default_1.pt IMAGES out.npz

The first command writes the original's features and needs only PyTorch, NumPy and Pillow; the
second, in this project's environment, compares ours with them.  IMAGES is a folder of images of one
size, of which 64 are used, evenly spaced in order of their names.  The original gets images that
NumPy resizes as TensorFlow 1 does.  Exit code 1: the features differ by more than the bound.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

COUNT, SIDE, BATCH = 64, 299, 16
BOUND = 1e-3  # |a - b| <= BOUND * (|b| + mean |b|)


def main() -> int:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("verb", choices=("original", "compare"))
    parser.add_argument("weights", type=Path, help="default_1.pt")
    parser.add_argument("images", type=Path, help="a folder of images, searched throughout")
    parser.add_argument("features", type=Path, help="the .npz with the original's features")
    arguments = parser.parse_args()
    paths = sorted(arguments.images.rglob("*.jpg"))
    if len(paths) < COUNT:
        parser.error(f"{arguments.images} has {len(paths)} .jpg images, not {COUNT}")
    chosen = [paths[index * len(paths) // COUNT] for index in range(COUNT)]
    images = np.stack([np.asarray(Image.open(path).convert("RGB")) for path in chosen])
    names = [path.relative_to(arguments.images).as_posix() for path in chosen]
    if arguments.verb == "original":
        features = original_features(arguments.weights, images)
        np.savez_compressed(arguments.features, features=features, names=names)
        return 0
    kept = np.load(arguments.features)
    if kept["names"].tolist() != names:
        parser.error(f"{arguments.features} is of other images")
    return compare(arguments.weights, images, kept["features"])


def original_features(weights: Path, images: np.ndarray) -> np.ndarray:
    """Features float32 [N, 2048] of uint8 images [N, H, W, 3], computed by PyTorch."""
    import torch

    network = torch.jit.load(str(weights), map_location="cpu").eval()
    features = []
    for start in range(0, len(images), BATCH):
        prepared = (resized(images[start : start + BATCH]) - 128) / 128
        batch = torch.from_numpy(prepared.transpose(0, 3, 1, 2).astype(np.float32).copy())
        with torch.no_grad():
            features.append(network(batch).numpy())
    return np.concatenate(features)


def resized(images: np.ndarray) -> np.ndarray:
    """float64 [N, 299, 299, 3]: TensorFlow 1's bilinear resizing, as a matrix for each axis."""
    rows, columns = (corner_to_corner(length) for length in images.shape[1:3])
    return np.einsum("yh,nhwc,xw->nyxc", rows, images.astype(np.float64), columns, optimize=True)


def corner_to_corner(length: int) -> np.ndarray:
    """float64 [299, length]: weights of the input pixels in each output pixel."""
    shares = np.zeros((SIDE, length))
    for out in range(SIDE):
        at = out * length / SIDE
        first = int(at)
        shares[out, first] += 1 - (at - first)
        shares[out, min(first + 1, length - 1)] += at - first
    return shares


def compare(weights: Path, images: np.ndarray, expected: np.ndarray) -> int:
    """Print the error of our features relative to [N, 2048]; returns 1 beyond the bound, else 0."""
    from artgan_tf.metrics.extractors import open_extractor

    extractor = open_extractor(f"inception-2015:{weights}", BATCH)
    start = time.monotonic()
    features = extractor.features(images)
    seconds = time.monotonic() - start
    difference = np.abs(features - expected)
    ratio = difference / (np.abs(expected) + np.abs(expected).mean())
    figures = {
        **extractor.record(),
        "images": len(images),
        "mean_feature": float(np.abs(expected).mean()),
        "largest_difference": float(difference.max()),
        "largest_relative": float(ratio.max()),
        "bound": BOUND,
        "seconds": round(seconds, 1),
    }
    print(json.dumps(figures, indent=1))
    return int(ratio.max() > BOUND)


if __name__ == "__main__":
    sys.exit(main())
