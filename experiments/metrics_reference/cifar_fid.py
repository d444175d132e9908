"""FID of 5,000 CIFAR-10 training against 5,000 test images, for comparison with torch-fidelity's.

    python -m experiments.metrics_reference.cifar_fid default_1.pt CIFAR --work WORK

torch-fidelity pins 10.3233 for the original pixels of these images; for the JPEG copies here the
target is 10.27 within 1 %.  CIFAR holds cifar10-jpeg.tar.gz (`train|test/<class>/<n>.jpg`, in the
official order within each class) and the .npz batches, whose `all_labels` give the official order
of classes.  It takes about half an hour on two cores; features are stored in WORK in chunks, so the
same command resumes where it stopped.  Exit code 1: the FID misses the target.
"""

import argparse
import io
import json
import os
import sys
import tarfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from artgan_tf.metrics.extractor import Extractor
from artgan_tf.metrics.extractors import open_extractor
from artgan_tf.metrics.frechet import frechet_distance

COUNT, SEED, CHUNK = 5_000, 2020, 250
TARGET, TOLERANCE = 10.27, 0.01
ANIMALS = ("bird", "cat", "deer", "dog", "frog", "horse")
CLASSES = ("airplane", "automobile", *ANIMALS, "ship", "truck")
BATCHES = {"train": [f"data_batch_{n}" for n in range(1, 6)], "test": ["test_batch"]}


def main() -> int:
    """Extract missing features, then print the FID as JSON."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("weights", type=Path, help="default_1.pt")
    parser.add_argument("cifar", type=Path, help="folder with cifar10-jpeg.tar.gz and the batches")
    parser.add_argument("--work", type=Path, required=True, help="folder for features")
    arguments = parser.parse_args()
    extractor = open_extractor(f"inception-2015:{arguments.weights}")
    work = arguments.work / extractor.sha256[:8]
    work.mkdir(parents=True, exist_ok=True)
    members = {split: chosen_members(arguments.cifar, split) for split in BATCHES}
    wanted = {name for names in members.values() for name in names}
    encoded = read_members(arguments.cifar / "cifar10-jpeg.tar.gz", wanted)
    features = {
        split: kept_features(extractor, work / split, [encoded[name] for name in names])
        for split, names in members.items()
    }
    fid = frechet_distance(features["train"], features["test"])
    figures = {**extractor.record(), "images": COUNT, "fid": fid, "target": TARGET}
    text = json.dumps(figures, indent=1)
    (work / "fid.json").write_text(f"{text}\n", encoding="utf-8")
    print(text)
    return int(abs(fid / TARGET - 1) > TOLERANCE)


def chosen_members(cifar: Path, split: str) -> list[str]:
    """Archive members of torch-fidelity's selection from a split."""
    names = official_order(cifar, split)
    chosen = np.random.RandomState(SEED).choice(len(names), COUNT, replace=False)
    return [names[index] for index in chosen]


def official_order(cifar: Path, split: str) -> list[str]:
    """Archive members of all images of a split, in the order of the official batches."""
    labels = np.concatenate([np.load(cifar / f"{b}.npz")["all_labels"] for b in BATCHES[split]])
    seen: Counter[int] = Counter()
    names = []
    for label in labels.tolist():
        names.append(f"{split}/{CLASSES[label]}/{seen[label]:04d}.jpg")
        seen[label] += 1
    return names


def read_members(path: Path, wanted: set[str]) -> dict[str, bytes]:
    """Contents of these members of a .tar.gz, read once from start to end."""
    found = {}
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name in wanted else None
            if file:
                found[member.name] = file.read()
    return found


def kept_features(extractor: Extractor, stem: Path, encoded: list[bytes]) -> np.ndarray:
    """Features float32 [N, 2048] of encoded images, by chunks; chunks on disk are reused."""
    chunks = []
    for start in range(0, len(encoded), CHUNK):
        path = stem.with_name(f"{stem.name}-{start:05d}.npy")
        if not path.exists():
            begun = time.monotonic()
            images = np.stack([decoded(image) for image in encoded[start : start + CHUNK]])
            save_whole(path, extractor.features(images))
            print(f"{path.name}: {time.monotonic() - begun:.0f} s", flush=True)
        chunks.append(np.load(path))
    return np.concatenate(chunks)


def decoded(image: bytes) -> np.ndarray:
    """Decoded image, uint8 [32, 32, 3]."""
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB"))


def save_whole(path: Path, array: np.ndarray) -> None:
    """Save an array so that its file is never incomplete."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, array)
    os.replace(part, path)


if __name__ == "__main__":
    sys.exit(main())
