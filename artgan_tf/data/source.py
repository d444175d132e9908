"""A `Source`: class names and splits, opened from a SPEC (`kind:value`).

A split either gives any example by its index (`Indexed`), or all of them in order (`Streamed`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from artgan_tf.config import Data, InputError

KINDS = ("demo", "folder:DIR", "tfds:NAME")


@dataclass(frozen=True)
class Indexed:
    """Examples at random access.

    Args:
        labels: int32 [N].
        load: index -> uint8 [height, width, 3] whose short side is `short_side(data)`; raises
            `UnreadableImage`.
        name: index -> what to call the example in a message.
    """

    labels: np.ndarray
    load: Callable[[int], np.ndarray]
    name: Callable[[int], str] = "example {}".format

    @property
    def count(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Streamed:
    """Examples in one fixed order.

    Args:
        count: N.
        dataset: a `tf.data.Dataset` of (encoded image, int label).
        name: index -> what to call the example in a message.
    """

    count: int
    dataset: Any
    name: Callable[[int], str] = "example {}".format


Split = Indexed | Streamed


@dataclass(frozen=True)
class Source:
    """Named classes and the splits `train` and `val`."""

    spec: str
    class_names: tuple[str, ...]
    train: Split
    val: Split


def open_source(data: Data) -> Source:
    """Open what `data.spec` names; raises InputError when it is not there or not as expected."""
    kind, _, value = data.spec.partition(":")
    if kind == "demo":
        from artgan_tf.data.demo import open_demo as opener
    elif kind == "tfds" and value:
        from artgan_tf.data.tfds import open_tfds as opener
    elif kind == "folder" and value:
        from artgan_tf.data.folder import open_folder as opener
    elif data.spec and Path(data.spec).is_dir():
        from artgan_tf.data.folder import open_folder as opener

        value = data.spec
    else:
        kinds = f"{', '.join(KINDS)} or the path of a folder"
        raise InputError(f"There is no data {data.spec!r}: --data takes {kinds}.")
    source = opener(value, data)
    _check_classes(source, data)
    return source


def short_side(data: Data) -> int:
    """Pixels of the short side before the crop: the crop is `data.crop` of it."""
    return round(data.image_size / data.crop)


def _check_classes(source: Source, data: Data) -> None:
    found = len(source.class_names)
    if data.classes and data.classes != found:
        names = ", ".join(source.class_names[:5]) + (", ..." if found > 5 else "")
        raise InputError(
            f"{source.spec} has {found} classes ({names}) but this preset expects {data.classes}; "
            f"for data of your own pass --set data.classes=0."
        )
