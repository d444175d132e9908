"""Draws contact sheets: images in rows, each row with a name."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from tfrecords_tools.common.lettering import lettered

SMALLEST = 64  # pixels; smaller images are enlarged to cells of up to this height
SPACE = 4  # pixels on each side of a name
GAP = 2  # pixels after an image


def in_rows(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Arrange pictures [N, H, W, 3] in rows [rows, columns, H, W, 3], padded with white."""
    rows = -(-len(pictures) // columns)
    cells = np.full((rows * columns, *pictures.shape[1:]), 255, np.uint8)
    cells[: len(pictures)] = pictures
    return cells.reshape(rows, columns, *pictures.shape[1:])


def named_grid(
    images: np.ndarray,
    names: Sequence[str],
    scale: int = 0,
    among: Sequence[str] = (),
    beneath: Sequence[str] = (),
) -> Image.Image:
    """Draw a grid of images, with each row's name on its left.

    Args:
        images: uint8 [rows, columns, H, W, 3].
        names: one per row; a name of several lines is written smaller.
        scale: integer factor of enlargement; 0 enlarges small images to a height of up to 64.
        among: names on other sheets, whose margins get the same width.
        beneath: a caption for each image, row by row; empty for no captions.
    """
    rows, columns, height, width, _ = images.shape
    zoom = scale or _zoom(height)
    beside = {*names, *among}
    lines = 1 + max(name.count("\n") for name in beside)
    size = max(11, height * zoom // (3 + 2 * lines))
    written = {name: lettered(name, size) for name in beside.union(beneath)}
    margin = 2 * SPACE + max(written[name].width for name in beside)
    below = [written[text] for text in beneath]
    line = max((text.height + GAP for text in below), default=0)
    widest = max((text.width for text in below), default=0)
    cell = np.array([height * zoom + line, max(width * zoom, widest)]) + GAP
    inset = (cell[1] - GAP - width * zoom) // 2
    sheet = Image.new("RGB", (margin + columns * cell[1], rows * cell[0]), "white")
    for row, name in enumerate(names):
        text = written[name]
        top = row * cell[0] + (height * zoom - text.height) // 2
        sheet.paste("black", (margin - SPACE - text.width, top), text)
        for column in range(columns):
            picture = Image.fromarray(images[row, column])
            picture = picture.resize((width * zoom, height * zoom), Image.Resampling.NEAREST)
            sheet.paste(picture, (margin + column * cell[1] + inset, row * cell[0]))
    for index, text in enumerate(below):
        row, column = divmod(index, columns)
        left = margin + column * cell[1] + (cell[1] - GAP - text.width) // 2
        sheet.paste("black", (left, row * cell[0] + height * zoom), text)
    return sheet


def named_pictures(sheet: Image.Image, shape: tuple[int, int, int, int]) -> np.ndarray:
    """Cut a `named_grid` with the default scale, and without captions, into its images.

    `shape` is their (rows, columns, H, W); they are uint8 [rows, columns, H, W, 3].
    """
    rows, columns, height, width = shape
    zoom = _zoom(height)
    down, right = height * zoom + GAP, width * zoom + GAP
    pixels = np.asarray(sheet.convert("RGB"))[: rows * down, sheet.width - columns * right :]
    cells = pixels.reshape(rows, down, columns, right, 3).swapaxes(1, 2)
    return cells[:, :, : height * zoom : zoom, : width * zoom : zoom]


def _zoom(height: int) -> int:
    return max(1, SMALLEST // height)
