"""What a `Source` is: class names and two splits.

A split either gives any example by its index (`Indexed`), or all of them in order (`Streamed`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from artgan_tf.config import Data


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


def short_side(data: Data) -> int:
    """Pixels of the short side before the crop: the crop is `data.crop` of it."""
    return round(data.image_size / data.crop)
