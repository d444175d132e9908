"""Similarity of the pictures of two conversions of the same files."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from tfrecords_tools.metadata import parse
from tfrecords_tools.records import read_records


def median_psnr(shards: Path, archive: Path, most: int) -> float:
    """Median PSNR in dB between our pictures and the baseline's, of the same source files.

    Args:
        shards: folder written by our converter.
        archive: zip file written by the baseline.
        most: maximum number of pictures to compare; shards hold them in random order.
    """
    with zipfile.ZipFile(archive) as file:
        names = {name.rpartition(".")[0]: name for name in file.namelist()}
        pairs = ((data, file.read(names[key])) for key, data in islice(stored(shards), most))
        return median(psnr(decoded(ours), decoded(theirs)) for ours, theirs in pairs)


def stored(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Path and encoded image of each record."""
    for shard in sorted(folder.glob("*.tfrecord-*")):
        for record in intact(record.data for record in read_records(shard)):
            values = parse(record)
            yield values["path"][0].decode(), values["image"][0]


def intact(data: Iterable[bytes | None]) -> Iterator[bytes]:
    """The records; raises if one is damaged, so that none is lost silently."""
    for record in data:
        if record is None:
            raise SystemExit("A record is damaged: the disk or the converter is.")
        yield record


def decoded(data: bytes) -> np.ndarray:
    """Decoded image, float64 [height, width, 3]."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.float64)


def psnr(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures."""
    error = float(((ours - theirs) ** 2).mean())
    return 10 * float(np.log10(255**2 / error)) if error else float("inf")
