"""A sheet of pictures in named rows."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from tfrecords_tools.common.lettering import lettered

SMALLEST = 64  # pixels of a cell
SPACE = 4  # beside a name
GAP = 2  # after a picture


def named_grid(
    images: np.ndarray,
    names: Sequence[str],
    gap: int = GAP,
    scale: int = 0,
    among: Sequence[str] = (),
    beneath: Sequence[str] = (),
) -> Image.Image:
    """A picture of uint8 images [rows, columns, H, W, 3] with each row's name on its left.

    Args:
        images, names: of the rows; a name may have several lines, which are written smaller.
        gap: pixels between two pictures.
        scale: how many pixels each one of theirs is wide; 0 for as many as make a cell of 64.
        among: names of other sheets that are to have equally wide margins.
        beneath: a text for each image, row by row, or none at all.
    """
    rows, columns, height, width, _ = images.shape
    zoom = scale or _zoom(height)
    lines = 1 + max(name.count("\n") for name in (*names, *among))
    size = max(11, height * zoom // (3 + 2 * lines))
    written = {name: lettered(name, size) for name in {*names, *among, *beneath}}
    margin = 2 * SPACE + max(written[name].width for name in {*names, *among})
    below = [written[text] for text in beneath]
    line = max((text.height + GAP for text in below), default=0)
    widest = max((text.width for text in below), default=0)
    cell = np.array([height * zoom + line, max(width * zoom, widest)]) + gap
    inset = (cell[1] - gap - width * zoom) // 2
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
        left = margin + column * cell[1] + (cell[1] - gap - text.width) // 2
        sheet.paste("black", (left, row * cell[0] + height * zoom), text)
    return sheet


def named_pictures(sheet: Image.Image, shape: tuple[int, int, int, int]) -> np.ndarray:
    """The pictures of a `named_grid`, uint8 [rows, columns, H, W, 3], of that shape less the 3."""
    rows, columns, height, width = shape
    zoom = _zoom(height)
    down, right = height * zoom + GAP, width * zoom + GAP
    pixels = np.asarray(sheet.convert("RGB"))[: rows * down, sheet.width - columns * right :]
    cells = pixels.reshape(rows, down, columns, right, 3).swapaxes(1, 2)
    return cells[:, :, : height * zoom : zoom, : width * zoom : zoom]


def _zoom(height: int) -> int:
    return max(1, SMALLEST // height)
