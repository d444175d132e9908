"""`arrays:FILE.npz`: a `Source` of images and labels in one NumPy file.

The file must hold `images` (uint8 [N, H, W, 3]) and `labels` (integers [N]). `class_names` (K
strings) and held-out `val_images` and `val_labels` are optional.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from artgan_tf.config import Data, InputError
from artgan_tf.data.source import Indexed, Source, short_side
from tfrecords_tools.classes import check_trained
from tfrecords_tools.examples import Example, hold_out
from tfrecords_tools.images import fit

Arrays = Mapping[str, np.ndarray]
Pair = tuple[np.ndarray, np.ndarray]  # images and labels


def open_arrays(value: str, data: Data) -> Source:
    """Open the file `value`; without held-out images, hold out `data.val_fraction` of each class.

    Raises InputError if the file is missing, damaged or too large, or has wrong arrays.
    """
    path = Path(value).expanduser()
    arrays = _read(path)
    pairs = [_read_pair(arrays, "", path)]
    if "val_images" in arrays or "val_labels" in arrays:
        pairs.append(_read_pair(arrays, "val_", path))
    names = _class_names(arrays, [labels for _, labels in pairs], path)
    if len(pairs) == 1:
        pairs = _with_held_out(*pairs[0], data)
    trained, held_out = (labels.tolist() for _, labels in pairs)
    check_trained(names, trained, held_out, path)
    splits = (_indexed(*pair, short_side(data)) for pair in pairs)
    side = min(pairs[0][0].shape[1:3])
    return Source(f"arrays:{value}", names, *splits, side=side)


def _read(path: Path) -> Arrays:
    if not path.is_file():
        raise InputError(
            f"There is no file {path}: arrays:FILE.npz takes a file written by numpy.savez."
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except MemoryError:
        raise InputError(
            f"{path} does not fit into memory: leave out some images, or give them as files "
            f"(folder:DIR)."
        ) from None
    except Exception:  # of NumPy, zipfile, zlib, tokenize: a damaged file can raise any
        raise InputError(
            f"{path} cannot be read: it must be written by numpy.savez, without Python objects."
        ) from None


def _read_pair(arrays: Arrays, prefix: str, path: Path) -> Pair:
    """Images and labels of a split; raises InputError for a wrong type, shape or count."""
    for name in (f"{prefix}images", f"{prefix}labels"):
        if name not in arrays:
            raise InputError(f"{path} has no {name}: it has {', '.join(arrays) or 'nothing'}.")
    images, labels = arrays[f"{prefix}images"], arrays[f"{prefix}labels"]
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3 or not images.size:
        raise InputError(
            f"{prefix}images of {path} must be uint8 [N, H, W, 3], not {_describe(images)}."
        )
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        raise InputError(
            f"{prefix}labels of {path} must be {len(images)} integers, not {_describe(labels)}."
        )
    return images, labels


def _class_names(arrays: Arrays, labels: list[np.ndarray], path: Path) -> tuple[str, ...]:
    """The file's class names, or else numbers; raises InputError if a label is out of range."""
    least, most = (int(f(np.concatenate(labels))) for f in (np.min, np.max))
    names = arrays.get("class_names", np.arange(most + 1).astype(str))
    if names.dtype.kind != "U" or names.ndim != 1:
        raise InputError(f"class_names of {path} must be K strings, not {_describe(names)}.")
    if least < 0 or most >= len(names):
        raise InputError(
            f"Labels of {path} go from {least} to {most}: with {len(names)} classes they must be "
            f"0 to {len(names) - 1}."
        )
    return tuple(names.tolist())


def _with_held_out(images: np.ndarray, labels: np.ndarray, data: Data) -> list[Pair]:
    examples = [Example("", str(i), int(label)) for i, label in enumerate(labels)]
    examples = hold_out(examples, data.val_fraction, data.split_seed)
    parts = [[int(e.key) for e in examples if e.split == split] for split in ("train", "val")]
    return [(images[sorted(part)], labels[sorted(part)]) for part in parts]


def _indexed(images: np.ndarray, labels: np.ndarray, side: int) -> Indexed:
    def load(index: int) -> np.ndarray:
        if min(images.shape[1:3]) == side:
            return images[index]
        return np.asarray(fit(Image.fromarray(images[index]), side))

    return Indexed(labels.astype(np.int32), load, "image {}".format)


def _describe(array: np.ndarray) -> str:
    return f"{array.dtype} {list(array.shape)}"
