"""Saves pictures as a sheet, an animation or single files, and describes each in words."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from artgan_tf.config import InputError
from artgan_tf.sampling.sheets import Selection, Sheet
from tfrecords_tools.common.files import written
from tfrecords_tools.common.sheet import named_grid

MILLISECONDS = 80  # duration of a frame
LONGEST_NAME = 48  # maximum characters of a class in a file name, which is limited to 255 bytes
ANIMATIONS = {".gif": 65_535, ".webp": 16_383}  # maximum side of each format in pixels
STEP_MILLISECONDS, LAST_MILLISECONDS = 250, 2_000  # duration of a training step, and of the last
SEEN, LARGEST = 128, 16_000  # pixels: desired side of a picture, and maximum side of a scaled sheet


def scale_of(sheet: Sheet) -> int:
    """Choose the factor to enlarge a sheet by, so that its pictures are easy to see on a screen.

    Returns:
        A whole number of at least 1: the side of the square that each pixel becomes.
    """
    rows, columns, height, width, _ = sheet.one_row_each().images.shape
    wished = -(-SEEN // min(height, width))
    return max(1, min(wished, LARGEST // (rows * height), LARGEST // (columns * width)))


def save_sheet(sheet: Sheet, file: Path, scale: int) -> str:
    """Save a sheet as a PNG, with each row's name, or its interpolation's two ends, on the left.

    Args:
        sheet: the pictures.
        file: the PNG to write.
        scale: factor to enlarge the pictures by, a whole number.

    Returns:
        The size of the PNG in words.
    """
    rows = sheet.one_row_each()
    picture = named_grid(rows.images, rows.names, scale=scale)
    _save(picture, file)
    return _size(picture)


def save_animation(sheet: Sheet, file: Path, scale: int) -> str:
    """Save a looping GIF or WebP with one frame per column of the sheet.

    Each row's pictures appear next to the row's name, or that of the current interpolation.

    Args:
        sheet: the pictures.
        file: the `.gif` or `.webp` to write.
        scale: factor to enlarge the pictures by, a whole number.

    Returns:
        The size and the number of frames in words.

    Raises:
        InputError: the animation is too large for the format.
    """
    columns = sheet.images.shape[1]
    names = [sheet.names] * columns
    if sheet.interpolations:
        frames = columns // len(sheet.interpolations[0])
        names = [
            [row[column // frames] for row in sheet.interpolations] for column in range(columns)
        ]
    among = {name for of_frame in names for name in of_frame}
    pictures = (
        named_grid(sheet.images[:, column, None], of_frame, scale=scale, among=sorted(among))
        for column, of_frame in enumerate(names)
    )
    size = _animate(pictures, file, MILLISECONDS)
    return f"{size}, {columns} frames"


def save_progress(samples: Path, file: Path) -> str:
    """Save an animation of a run's sample grids in the order of their steps.

    Args:
        samples: the run's folder of sample grids.
        file: the `.gif` or `.webp` to write.

    Returns:
        The size, the number of frames and the range of steps in words.

    Raises:
        InputError: there are no sample grids, or they are too large for the format.
    """
    grids = sorted(samples.glob("step_??????.png"))
    if not grids:
        raise InputError(f"{samples} holds no sample grids: name a run that has trained.")
    durations = [STEP_MILLISECONDS] * (len(grids) - 1) + [LAST_MILLISECONDS]
    size = _animate((Image.open(grid).convert("RGB") for grid in grids), file, durations)
    first, last = (int(grid.stem.removeprefix("step_")) for grid in (grids[0], grids[-1]))
    return f"{size}, {len(grids)} frames, from step {first:,} to {last:,}"


def save_each(sheet: Sheet, of: Selection, folder: Path, scale: int = 1) -> str:
    """Save each picture of a grid as a PNG, and list them in `samples.csv`.

    Args:
        sheet: the grid.
        of: the request that the grid was generated for.
        folder: where to write.
        scale: factor to enlarge the pictures by, a whole number.

    Returns:
        The number of files in words.
    """
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
