"""A plain converter for comparison, which works like StyleGAN's dataset tool.

    python -m experiments.benchmarks.rivals.baseline SOURCE --out pictures.zip --size 64

It uses one process. Each picture is fully decoded, resized with a Lanczos filter and stored as an
uncompressed PNG in an uncompressed zip file, with `dataset.json` for the labels.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Literal

import numpy as np
import tyro
from PIL import Image

SUFFIXES = (".jpg", ".jpeg", ".png")
Encoding = Literal["png", "jpeg"]


def convert(
    source: tyro.conf.Positional[Path], *, out: Path, size: int = 64, encoding: Encoding = "png"
) -> None:
    """Write the pictures below `source` into a zip file.

    Args:
        source: class folders.
        out: zip file to write.
        size: short side in pixels.
        encoding: jpeg has quality 95 and no chroma subsampling.
    """
    paths = sorted(path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES)
    classes = sorted({path.parent for path in paths})
    labels = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for path in paths:
            name = f"{path.relative_to(source).as_posix()}.{encoding}"
            file.writestr(name, encoded(resized(path, size), encoding))
            labels.append((name, classes.index(path.parent)))
        file.writestr("dataset.json", json.dumps({"labels": labels}))


def resized(path: Path, short_side: int) -> Image.Image:
    """The picture resized to that short side, with its aspect ratio."""
    with Image.open(path) as image:
        pixels = np.array(image.convert("RGB"))  # StyleGAN's tool also converts to an array
    height, width = pixels.shape[:2]
    scale = short_side / min(width, height)
    size = round(width * scale), round(height * scale)
    return Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)


def encoded(picture: Image.Image, encoding: Encoding) -> bytes:
    """The picture as bytes of a PNG or JPEG file."""
    file = io.BytesIO()
    if encoding == "png":
        picture.save(file, "PNG", compress_level=0, optimize=False)
    else:
        picture.save(file, "JPEG", quality=95, subsampling=0)
    return file.getvalue()


if __name__ == "__main__":
    tyro.cli(convert)
