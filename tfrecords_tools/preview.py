"""`python -m tfrecords_tools.preview DIR --out FILE.png`: a contact sheet with a row per class."""

from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image, ImageOps

from tfrecords_tools.common import cli
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.common.files import written
from tfrecords_tools.common.lettering import isolated
from tfrecords_tools.common.outputs import place
from tfrecords_tools.common.sheet import named_grid
from tfrecords_tools.contents import image_of, label_of, values_of
from tfrecords_tools.dataset import DataSet, open_dataset
from tfrecords_tools.records import read_records
from tfrecords_tools.workspace import REPORT, read_json

LARGEST = 128  # maximum side of a cell, in pixels


def preview(
    folder: Annotated[Path, tyro.conf.arg(name="dir"), tyro.conf.Positional],
    *,
    out: Path,
    split: str = "train",
    columns: int = 8,
    overwrite: bool = False,
) -> None:
    """Draw the first images of each class, cropped to central squares, with counts.

    Examples:
        artgan preview data/paintings --out sheet.png
        artgan preview data/paintings --split val --columns 4 --out val.png

    Args:
        folder: folder of the data set.
        out: image file to write.
        split: split to draw images of.
        columns: number of images per class.
        overwrite: replace an existing file.

    Raises:
        InputError: the data set or the split does not exist, or the image cannot be written.
    """
    if columns < 1:
        raise InputError(f"--columns {columns} is invalid: use 1 or more.")
    place(out, out, overwrite)
    dataset = open_dataset(folder)
    if split not in dataset.shards:
        raise InputError(f"{folder} has no split {split!r}: it has {', '.join(dataset.shards)}.")
    rows = first_of_each_class(dataset, split, columns)
    side = min(LARGEST, max(image.height for row in rows for image in row))
    grid = np.full((len(rows), columns, side, side, 3), 255, np.uint8)
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            grid[row, column] = np.asarray(ImageOps.fit(image, (side, side)))
    splits = (read_json(folder / REPORT) or {}).get("splits", {})
    titles = [
        ", ".join([isolated(name), *(f"{splits[of]['classes'][name]:,} {of}" for of in splits)])
        for name in dataset.class_names
    ]
    sheet = named_grid(grid, titles)
    try:
        with written(out) as part:
            sheet.save(part)
    except ValueError as error:  # an unknown suffix
        raise InputError(f"--out {out} cannot be written: {error}.") from None
    print(f"{out}: {sheet.width}x{sheet.height}, {columns} images of each class of {split}.")


def first_of_each_class(dataset: DataSet, split: str, count: int) -> list[list[Image.Image]]:
    """Return the first `count` images of each class as central squares, in record order."""
    rows: list[list[Image.Image]] = [[] for _ in dataset.class_names]
    for path, _ in dataset.shards[split]:
        for record in read_records(path):
            try:
                values = values_of(record)
                row = rows[label_of(values, dataset)]
                if len(row) < count:
                    image = image_of(values, dataset)
                    row.append(ImageOps.fit(image, (min(image.size),) * 2))
            except ValueError as error:
                verify = cli.command("tfrecords_tools.verify", dataset.folder)
                raise InputError(f"{path} is damaged ({error}): run {verify}.") from None
            if all(len(row) == count for row in rows):
                return rows
    if not any(rows):
        raise InputError(f"{split} of {dataset.folder} has no images.")
    return rows


if __name__ == "__main__":
    cli.main(preview, "python -m tfrecords_tools.preview")
