"""Enlarges small paintings to about the size of WikiArt's originals.

    python -m experiments.benchmarks.enlarge SOURCE --out DIR --count 4000

A converter's speed depends on the size of the pictures it decodes, and the readily available
WikiArt is 224x224.  Enlarged pictures have the originals' number of pixels but not their detail:
they are smoother, so their files are smaller and faster to decode.  `--grain` adds noise to
compensate.

A killed run resumes where it stopped.
"""

import os
import random
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image
from tqdm import tqdm

from tfrecords_tools.common.files import replacing
from tfrecords_tools.folders import files
from tfrecords_tools.images import SUFFIXES

LONG, SHORT, QUALITY = 1500, 1150, 90
LOOSE = "loose"  # class of pictures outside any folder


def enlarge(
    source: tyro.conf.Positional[Path],
    *,
    out: Path,
    count: int = 4000,
    seed: int = 0,
    grain: Annotated[float, tyro.conf.arg(metavar="SIGMA")] = 0.0,
    workers: int = 1,
) -> None:
    """Enlarge a random sample, alternating landscape and portrait.

    Args:
        source: pictures in folders of any depth; the folder is the class.
        out: folder for class folders of JPEGs.
        count: number of pictures; a smaller count chooses the first of them.
        seed: seed of the choice.
        grain: standard deviation of the added noise, in grey levels.
        workers: number of processes.
    """
    chosen = sample(source, count, seed)
    work = partial(enlarge_one, source=source, out=out, grain=grain)
    with ProcessPoolExecutor(workers) as pool:
        done = pool.map(work, range(count), chosen, chunksize=8)
        size = sum(tqdm(done, total=count, unit=" images", disable=None))
    print(f"{count:,} pictures in {out}, {size / 1e6:,.0f} MB, {size / count / 1e3:.0f} kB each")


def sample(source: Path, count: int, seed: int) -> list[Path]:
    """Choose `count` pictures below `source`."""
    found = [path for path in files(source) if path.suffix.lower() in SUFFIXES]
    if len(found) < count:
        raise SystemExit(f"{source} holds {len(found)} pictures: give a smaller --count.")
    # Unlike sampling, shuffling all of them keeps the first ones if the count grows.
    random.Random(seed).shuffle(found)
    return found[:count]


def enlarge_one(index: int, path: Path, source: Path, out: Path, grain: float) -> int:
    """Write the enlarged picture unless it exists; returns its size in bytes."""
    target = out / place(path.relative_to(source))
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        size = (LONG, SHORT) if index % 2 == 0 else (SHORT, LONG)
        with Image.open(path) as image:
            picture = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
        picture = grained(picture, grain, index) if grain else picture
        with replacing(target) as part:
            picture.save(part, "JPEG", quality=QUALITY)
    return os.path.getsize(target)


def place(path: Path) -> Path:
    """Path of the enlarged picture, with separate names for `a.png` and `a.jpg`."""
    name = path.name if path.suffix.lower() == ".jpg" else f"{path.name}.jpg"
    return Path(path.parent if path.parent.name else LOOSE, name)


def grained(picture: Image.Image, sigma: float, seed: int) -> Image.Image:
    """Add the same noise to all three channels, like film grain and canvas."""
    noise = np.random.default_rng(seed).normal(0, sigma, (picture.height, picture.width, 1))
    pixels = np.clip(np.asarray(picture) + noise, 0, 255)
    return Image.fromarray(np.rint(pixels).astype(np.uint8))


if __name__ == "__main__":
    tyro.cli(enlarge)
