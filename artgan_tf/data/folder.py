"""`folder:DIR`: a `Source` of image files in class folders (see `tfrecords_tools.folders`)."""

from contextlib import suppress
from pathlib import Path
from statistics import median_low

import numpy as np
from PIL import Image

from artgan_tf.config import Data, InputError
from artgan_tf.data.source import Indexed, Source, short_side
from tfrecords_tools.examples import HELD_OUT, Example, hold_out
from tfrecords_tools.folders import SPLITS, class_folders
from tfrecords_tools.images import read_image

LOOKED_AT = 15  # pictures, for the size that most have


def open_folder(value: str, data: Data) -> Source:
    """Open folder `value`; without a held-out folder, hold out `data.val_fraction` of each class.

    If there are `val` and `test`, `data.val_split` chooses, by default `val`; the other is unused.

    Raises InputError if the folder is missing, has no usable classes or lacks the chosen split.
    """
    root = Path(value).expanduser()
    found = class_folders(root)
    found.check(root)
    if found.divided:
        examples, held_out = found.examples, _chosen(found.examples, root, data.val_split)
    else:
        examples, held_out = hold_out(found.examples, data.val_fraction, data.split_seed), "val"
    parts = ([e for e in examples if e.split == split] for split in ("train", held_out))
    splits = (_indexed(part, root, short_side(data)) for part in parts)
    side = _usual_side([root / e.key for e in examples[:: -(-len(examples) // LOOKED_AT)]])
    return Source(f"folder:{value}", found.class_names, *splits, side=side)


def _chosen(examples: list[Example], root: Path, name: str) -> str:
    """The held-out split that a folder's name stands for, by default the first of those there."""
    present = [split for split in HELD_OUT if any(e.split == split for e in examples)]
    chosen = SPLITS.get(name.lower()) if name else present[0]
    if chosen not in present:
        raise InputError(
            f"{root} has no held-out folder for data.val_split = {name!r}: set it to {present[0]}."
        )
    return chosen


def _usual_side(paths: list[Path]) -> int:
    """The median short side of images, from the files' headers; 0 if none can be opened."""
    sides = []
    for path in paths:  # Pillow's plugins raise many kinds of errors for a damaged file
        with suppress(Exception), Image.open(path) as image:
            sides.append(min(image.size))
    return median_low(sides or [0])


def _indexed(examples: list[Example], root: Path, side: int) -> Indexed:
    examples = sorted(examples, key=lambda example: (example.label, example.key))
    paths = [root / example.key for example in examples]
    return Indexed(
        np.array([example.label for example in examples], dtype=np.int32),
        load=lambda i: read_image(paths[i], side),
        name=lambda i: str(paths[i]),
        key=lambda i: examples[i].key,
    )
