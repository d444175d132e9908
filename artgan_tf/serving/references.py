"""A few real images of each class on one sheet, for the gallery to show beside painted ones."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artgan_tf.config import InputError
from artgan_tf.data.pipeline import held_out_batches
from artgan_tf.data.real import real_data, real_source
from artgan_tf.painter import Painter
from artgan_tf.serving.card import REFERENCES

LONGEST, QUALITY, BATCH = 65_500, 92, 96  # pixels a side, as JPEG has it


def real_sheet(painter: Painter, count: int, spec: str | None = None) -> Image.Image:
    """The first training images of each class, a class a row, as D saw them; white for none.

    Args:
        painter: of the model.
        count: images of each class.
        spec: of the data, where not the run's own.

    Raises:
        InputError: the data is not there, or of other classes.
    """
    names = painter.class_names
    data = replace(real_data(painter.gan.config.data, spec), cache_mb=0)  # read once
    if len(names) * data.image_size > LONGEST:
        raise InputError(f"--references takes no more than {LONGEST // data.image_size} classes.")
    found: list[list[NDArray[np.uint8]]] = [[] for _ in names]
    source = real_source(data, names)
    for images, labels in held_out_batches(source.train, data, BATCH).as_numpy_iterator():
        for image, label in zip(images, labels, strict=True):
            if len(found[label]) < count:
                found[label].append(image)
        if all(len(of) >= count for of in found):
            break
    return _laid_out(found, count, data.image_size)


def _laid_out(found: list[list[NDArray[np.uint8]]], count: int, size: int) -> Image.Image:
    sheet = np.full((len(found), size, count, size, 3), 255, np.uint8)
    for row, images in enumerate(found):
        for column, image in enumerate(images[:count]):
            sheet[row, :, column] = image
    return Image.fromarray(sheet.reshape(len(found) * size, count * size, 3))


def save_sheet(sheet: Image.Image, folder: Path) -> None:
    """Beside the model's card."""
    sheet.save(folder / REFERENCES, quality=QUALITY, subsampling=0)
