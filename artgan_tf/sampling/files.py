"""Pictures as files: a sheet, an animation, or one file each with a list."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from artgan_tf.config import InputError
from artgan_tf.sampling.sheets import Sheet, Wish
from tfrecords_tools.files import written
from tfrecords_tools.sheet import named_grid

MILLISECONDS = 80  # of a frame
LONGEST_NAME = 48  # characters of a class in a file's name, which may have 255 bytes in all
LONGEST_GIF = 65_535  # pixels a side
STEP_MILLISECONDS, LAST_MILLISECONDS = 250, 2_000  # of a step of the training, and of the last one


def save_sheet(sheet: Sheet, file: Path) -> None:
    """A PNG with each row's name on its left."""
    _save(named_grid(sheet.images, sheet.names), file)


def save_animation(sheet: Sheet, file: Path) -> None:
    """A GIF in which every row's pictures follow one another, endlessly."""
    columns = range(sheet.images.shape[1])
    frames = (named_grid(sheet.images[:, column, None], sheet.names) for column in columns)
    _animate(frames, file, MILLISECONDS)


def save_progress(samples: Path, file: Path) -> None:
    """A GIF of a run's sample grids, one step after another."""
    grids = sorted(samples.glob("step_??????.png"))
    if not grids:
        raise InputError(f"{samples} holds no sample grids: name a run that has trained.")
    durations = [STEP_MILLISECONDS] * (len(grids) - 1) + [LAST_MILLISECONDS]
    _animate((Image.open(grid).convert("RGB") for grid in grids), file, durations)


def save_each(sheet: Sheet, of: Wish, folder: Path) -> None:
    """One PNG for each picture of a grid, and `samples.csv`: file, class, seed, truncation."""
    rows = []
    for name, label, pictures in zip(sheet.names, of.classes, sheet.images, strict=True):
        for seed, picture in zip(of.seeds, pictures, strict=True):
            plain = re.sub(r"[^\w-]+", "_", name)[:LONGEST_NAME]
            file = f"{label:03d}-{plain}-{seed}.png"
            _save(Image.fromarray(picture), folder / file)
            rows.append([file, name, seed, of.truncation])
    with (
        written(folder / "samples.csv") as part,
        part.open("w", newline="", encoding="utf-8") as lines,
    ):
        writer = csv.writer(lines)
        writer.writerow(["file", "class", "seed", "truncation"])
        writer.writerows(rows)


def _animate(frames: Iterable[Image.Image], file: Path, duration: int | list[int]) -> None:
    first, *others = frames
    if max(first.size) > LONGEST_GIF:
        raise InputError(
            f"{first.width}x{first.height} is too large for a GIF, whose sides have {LONGEST_GIF} "
            f"pixels at most: name fewer --classes."
        )
    _save(first, file, save_all=True, append_images=others, duration=duration, loop=0)


def _save(image: Image.Image, file: Path, **options: object) -> None:
    with written(file) as part:
        image.save(part, format=file.suffix[1:].upper(), **options)
