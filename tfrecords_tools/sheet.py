"""A sheet of pictures in named rows."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def named_grid(
    images: np.ndarray, names: Sequence[str], gap: int = 2, beneath: Sequence[str] = ()
) -> Image.Image:
    """A picture of uint8 images [rows, columns, H, W, 3] with each row's name on its left.

    Args:
        images: of the rows.
        names: of the rows.
        gap: pixels between images.
        beneath: a text for each image, row by row, or none at all.
    """
    rows, columns, height, width, _ = images.shape
    zoom = max(1, 64 // height)
    font = ImageFont.load_default(size=max(11, height * zoom // 5))
    margin = 8 + int(max(font.getlength(name) for name in names))
    line = font.getbbox("y")[3] + 2 if beneath else 0
    widest = max(map(font.getlength, beneath), default=0)
    cell = np.array([height * zoom + line, max(width * zoom, widest)], int) + gap
    inset = (cell[1] - gap - width * zoom) // 2
    sheet = Image.new("RGB", (margin + columns * cell[1], rows * cell[0]), "white")
    draw = ImageDraw.Draw(sheet)
    for row, name in enumerate(names):
        middle = row * cell[0] + height * zoom // 2
        draw.text((margin - 4, middle), name, fill="black", font=font, anchor="rm")
        for column in range(columns):
            picture = Image.fromarray(images[row, column])
            picture = picture.resize((width * zoom, height * zoom), Image.Resampling.NEAREST)
            sheet.paste(picture, (margin + column * cell[1] + inset, row * cell[0]))
    for index, text in enumerate(beneath):
        row, column = divmod(index, columns)
        at = (margin + column * cell[1] + cell[1] // 2, row * cell[0] + height * zoom)
        draw.text(at, text, fill="black", font=font, anchor="ma")
    return sheet
