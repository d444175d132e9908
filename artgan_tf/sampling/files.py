"""Saves pictures as a sheet, an animation or single files, and describes each in words."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageOps

from artgan_tf.config import InputError
from artgan_tf.runs.directory import sample_grids
from artgan_tf.sampling.sheets import Selection, Sheet
from tfrecords_tools.common.files import written
from tfrecords_tools.common.sheet import named_grid

MILLISECONDS = 80  # duration of a frame
LONGEST_NAME = 48  # maximum characters of a class in a file name, which is limited to 255 bytes
ANIMATIONS = {".gif": 65_535, ".webp": 16_383}  # maximum side of each format in pixels
STEP_MILLISECONDS, LAST_MILLISECONDS = 250, 2_000  # duration of a training step, and of the last
LIST = "samples.csv"  # of the files in a folder
SEEN, LARGEST = 128, 16_000  # pixels: desired side of a picture, and maximum side of a scaled file


def scale_of(sheet: Sheet, kind: str, asked: int | None = None) -> int:
    """The whole number to enlarge pictures by: as asked, or so that they are easy to see.

    Args:
        sheet: the pictures.
        kind: the file's suffix; empty for a folder of single pictures, which are not enlarged
            unless asked for.
        asked: the number asked for; raises InputError if the file would be too large.
    """
    rows, columns, height, width, _ = sheet.one_row_each().images.shape
    if kind in ANIMATIONS:
        rows, columns = len(sheet.images), 1
    longest = max(rows * height, columns * width) if kind else max(height, width)
    most = max(1, LARGEST // longest)
    if asked is None:
        return min(most, -(-SEEN // min(height, width))) if kind else 1
    if asked > most:
        raise InputError(f"--scale {asked} is too large for these pictures: use 1 to {most}.")
    return asked


def save_sheet(sheet: Sheet, file: Path, scale: int) -> str:
    """Save a sheet as a PNG, with each row's name, or its interpolation's two ends, on the left.

    Args:
        sheet: the pictures.
        file: the PNG to write.
        scale: factor to enlarge the pictures by, a whole number.

    Returns the size of the PNG in words.
    """
    rows = sheet.one_row_each()
    picture = named_grid(rows.images, rows.names, scale=scale)
    _save(picture, file)
    return _size(picture)


def save_animation(sheet: Sheet, file: Path, scale: int) -> str:
    """Save a looping GIF or WebP with one frame per column of the sheet, enlarged by `scale`.

    Each row's pictures appear next to the row's name, or that of the current interpolation.

    Returns the size and the number of frames in words; raises InputError if the animation is too
    large for the format.
    """
    columns = sheet.images.shape[1]
    moves = sheet.interpolations or [[name] for name in sheet.names]
    frames = columns // len(moves[0])
    among = sorted({name for row in moves for name in row})
    pictures = (
        named_grid(
            sheet.images[:, column, None],
            [row[column // frames] for row in moves],
            scale=scale,
            among=among,
        )
        for column in range(columns)
    )
    size = _animate(pictures, file, MILLISECONDS)
    return f"{size}, {columns} frames"


def save_progress(samples: Path, file: Path) -> str:
    """Save a `.gif` or `.webp` of the sample grids in a run's folder, in the order of their steps.

    Returns the size, the number of frames and the range of steps in words; raises InputError if
    there are no sample grids, or if they are too large for the format.
    """
    grids = sample_grids(samples)
    if not grids:
        raise InputError(f"{samples} holds no sample grids: name a run that has trained.")
    durations = [STEP_MILLISECONDS] * (len(grids) - 1) + [LAST_MILLISECONDS]
    size = _animate((Image.open(grid).convert("RGB") for grid in grids.values()), file, durations)
    return f"{size}, {len(grids)} frames, from step {min(grids):,} to {max(grids):,}"


def save_each(sheet: Sheet, of: Selection, folder: Path, scale: int = 1) -> str:
    """Save each picture of a grid as a PNG enlarged by `scale`, and list them in `samples.csv`.

    Args:
        sheet: the grid.
        of: the request that the grid was generated for.
        folder: where to write.
        scale: a whole number.

    The files that an earlier list names are deleted first. Returns the number of files in words.
    """
    _delete_listed(folder)
    rows = []
    for name, label, pictures in zip(sheet.names, of.classes, sheet.images, strict=True):
        for seed, picture in zip(of.seeds, pictures, strict=True):
            plain = re.sub(r"[^\w-]+", "_", name)[:LONGEST_NAME]
            file = f"{label:03d}-{plain}-{seed}.png"
            image = ImageOps.scale(Image.fromarray(picture), scale, Image.Resampling.NEAREST)
            _save(image, folder / file)
            rows.append([file, name, seed, of.truncation])
    with (
        written(folder / LIST) as part,
        part.open("w", newline="", encoding="utf-8") as lines,
    ):
        writer = csv.writer(lines)
        writer.writerow(["file", "class", "seed", "truncation"])
        writer.writerows(rows)
    return f"{len(rows)} PNG files and {LIST}"


def _delete_listed(folder: Path) -> None:
    if not (folder / LIST).is_file():
        return
    with (folder / LIST).open(newline="", encoding="utf-8", errors="replace") as lines:
        names = [Path(row["file"]).name for row in csv.DictReader(lines) if row.get("file")]
    for name in names:
        if name.endswith(".png"):
            (folder / name).unlink(missing_ok=True)


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
