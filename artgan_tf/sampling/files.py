"""Pictures as files, and what each holds in words: a sheet, an animation, or one file each."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from artgan_tf.config import InputError
from artgan_tf.sampling.sheets import Sheet, Wish
from tfrecords_tools.common.files import written
from tfrecords_tools.common.sheet import named_grid

MILLISECONDS = 80  # of a frame
LONGEST_NAME = 48  # characters of a class in a file's name, which may have 255 bytes in all
ANIMATIONS = {".gif": 65_535, ".webp": 16_383}  # and how many pixels a side may have
STEP_MILLISECONDS, LAST_MILLISECONDS = 250, 2_000  # of a step of the training, and of the last one
SEEN, LARGEST = 128, 16_000  # pixels: of a picture on a screen, and of a sheet that is scaled up


def scale_of(sheet: Sheet) -> int:
    """How many pixels wide one of a sheet's is shown, so that its pictures are seen on a screen."""
    rows, columns, height, width, _ = sheet.apart().images.shape
    wished = -(-SEEN // min(height, width))
    return max(1, min(wished, LARGEST // (rows * height), LARGEST // (columns * width)))


def save_sheet(sheet: Sheet, file: Path, scale: int) -> str:
    """A PNG with each row's name, or each way's two ends, on its left; gives its size in words."""
    rows = sheet.apart()
    picture = named_grid(rows.images, rows.names, scale=scale)
    _save(picture, file)
    return _size(picture)


def save_animation(sheet: Sheet, file: Path, scale: int) -> str:
    """A GIF or WebP in which each row's pictures follow one another, endlessly, under the name of
    the way that they are on; gives its size in words."""
    columns = sheet.images.shape[1]
    names = [sheet.names] * columns
    if sheet.ways:
        frames = columns // len(sheet.ways[0])
        names = [[row[column // frames] for row in sheet.ways] for column in range(columns)]
    among = {name for of_frame in names for name in of_frame}
    pictures = (
        named_grid(sheet.images[:, column, None], of_frame, scale=scale, among=sorted(among))
        for column, of_frame in enumerate(names)
    )
    size = _animate(pictures, file, MILLISECONDS)
    return f"{size}, {columns} frames"


def save_progress(samples: Path, file: Path) -> str:
    """An animation of a run's sample grids, one step after another; says how many and how large."""
    grids = sorted(samples.glob("step_??????.png"))
    if not grids:
        raise InputError(f"{samples} holds no sample grids: name a run that has trained.")
    durations = [STEP_MILLISECONDS] * (len(grids) - 1) + [LAST_MILLISECONDS]
    size = _animate((Image.open(grid).convert("RGB") for grid in grids), file, durations)
    first, last = (int(grid.stem.removeprefix("step_")) for grid in (grids[0], grids[-1]))
    return f"{size}, {len(grids)} frames, from step {first:,} to {last:,}"


def save_each(sheet: Sheet, of: Wish, folder: Path, scale: int = 1) -> str:
    """One PNG for each picture of a grid, and `samples.csv`: file, class, seed, truncation."""
    rows = []
    for name, label, pictures in zip(sheet.names, of.classes, sheet.images, strict=True):
        for seed, picture in zip(of.seeds, pictures, strict=True):
            plain = re.sub(r"[^\w-]+", "_", name)[:LONGEST_NAME]
            file = f"{label:03d}-{plain}-{seed}.png"
            image = Image.fromarray(picture)
            image = image.resize([scale * side for side in image.size], Image.Resampling.NEAREST)
            _save(image, folder / file)
            rows.append([file, name, seed, of.truncation])
    with (
        written(folder / "samples.csv") as part,
        part.open("w", newline="", encoding="utf-8") as lines,
    ):
        writer = csv.writer(lines)
        writer.writerow(["file", "class", "seed", "truncation"])
        writer.writerows(rows)
    return f"{len(rows)} PNG files and samples.csv"


def _animate(frames: Iterable[Image.Image], file: Path, duration: int | list[int]) -> str:
    first, *others = frames
    kind = file.suffix.lower()
    if max(first.size) > ANIMATIONS[kind]:
        raise InputError(
            f"{first.width}x{first.height} is too large for a {kind[1:].upper()}, whose sides have "
            f"{ANIMATIONS[kind]} pixels at most: name fewer --classes or a smaller --scale."
        )
    _save(first, file, save_all=True, append_images=others, duration=duration, loop=0)
    return _size(first)


def _size(picture: Image.Image) -> str:
    return f"{picture.width:,}x{picture.height:,} pixels"


def _save(image: Image.Image, file: Path, **options: object) -> None:
    with written(file) as part:
        image.save(part, format=file.suffix[1:].upper(), **options)
