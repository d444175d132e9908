"""A sheet of pictures in named rows."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def named_grid(images: np.ndarray, names: Sequence[str], gap: int = 2) -> Image.Image:
    """A picture of uint8 images [rows, columns, H, W, 3] with each row's name on its left."""
    rows, columns, height, width, _ = images.shape
    zoom = max(1, 64 // height)
    font = ImageFont.load_default(size=max(11, height * zoom // 5))
    margin = 8 + int(max(font.getlength(name) for name in names))
    cell = np.array([height, width]) * zoom + gap
    sheet = Image.new("RGB", (margin + columns * cell[1], rows * cell[0]), "white")
    draw = ImageDraw.Draw(sheet)
    for row, name in enumerate(names):
        middle = row * cell[0] + cell[0] // 2
        draw.text((margin - 4, middle), name, fill="black", font=font, anchor="rm")
        for column in range(columns):
            picture = Image.fromarray(images[row, column])
            picture = picture.resize((width * zoom, height * zoom), Image.Resampling.NEAREST)
            sheet.paste(picture, (margin + column * cell[1], row * cell[0]))
    return sheet
