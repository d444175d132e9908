"""`folder:DIR`: a plain folder of images as a `Source`.

DIR holds `train` and one of `val`, `validation`, `test`, each with class folders; or class folders
alone, split by a seed; or images alone, which are one class.
"""

import os
import zlib
from pathlib import Path

import numpy as np

from artgan_tf.config import Data, InputError
from artgan_tf.data.images import SUFFIXES, read_image
from artgan_tf.data.source import Indexed, Source, short_side

HELD_OUT = ("val", "validation", "test")
Tree = dict[str, list[Path]]  # class name -> its images, sorted


def open_folder(value: str, data: Data) -> Source:
    """The source in folder `value`; class names are the folders' names, sorted."""
    root = Path(value).expanduser()
    if not root.is_dir():
        raise InputError(f"There is no folder {value!r}: give the folder that holds the images.")
    train, held_out = _trees(root)
    names = tuple(sorted(train))
    if held_out is None:
        parts = _divide(train, data)
    else:
        _same_classes(names, held_out, root)
        parts = train, held_out
    splits = (_indexed(tree, names, short_side(data)) for tree in parts)
    return Source(f"folder:{value}", names, *splits)


def _trees(root: Path) -> tuple[Tree, Tree | None]:
    one_class = root.resolve().name  # what images alone are called, in `train` as in `val`
    folders = _folders(root)
    held_out = next((folders[name] for name in HELD_OUT if name in folders), None)
    if "train" not in folders:
        return _classes(root, one_class), None
    if held_out:
        return _classes(folders["train"], one_class), _classes(held_out, one_class)
    # Beside other classes and without any of its own, `train` is a class: pictures of trains.
    return _classes(folders["train"] if _folders(folders["train"]) else root, one_class), None


def _folders(folder: Path) -> dict[str, Path]:
    visible = (path for path in sorted(folder.iterdir()) if path.name[0] != ".")
    return {path.name: path for path in visible if path.is_dir()}


def _classes(folder: Path, one_class: str) -> Tree:
    tree = {name: _images(path) for name, path in _folders(folder).items()}
    tree = {name: paths for name, paths in tree.items() if paths}
    if not tree and (paths := _images(folder)):
        return {one_class: paths}
    if not tree:
        kinds = " ".join(sorted(SUFFIXES))
        raise InputError(f"{folder} holds no images ({kinds}): give a folder with class folders.")
    return tree


def _images(folder: Path) -> list[Path]:
    """All images below a folder, sorted; hidden files and folders hold thumbnails and the like."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "."]
        found += [Path(place, name) for name in files if name[0] != "."]
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES)


def _same_classes(names: tuple[str, ...], held_out: Tree, root: Path) -> None:
    if strange := sorted(set(held_out) - set(names)):
        raise InputError(
            f"{root}: {', '.join(strange)} is held out but not trained on: give both the same "
            f"class folders."
        )


def _divide(tree: Tree, data: Data) -> tuple[Tree, Tree]:
    """Stratified: every class gives its share, by a shuffle of its own that others don't move."""
    train, val = {}, {}
    for name, paths in tree.items():
        key = zlib.crc32(name.encode("utf-8", "surrogateescape"))
        order = np.random.default_rng((data.split_seed, key)).permutation(len(paths))
        held = min(round(len(paths) * data.val_fraction), len(paths) - 1)
        val[name] = [paths[i] for i in sorted(order[:held])]
        train[name] = [paths[i] for i in sorted(order[held:])]
    if not any(val.values()):
        largest = max(tree, key=lambda name: len(tree[name]))
        raise InputError(
            f"{sum(map(len, tree.values()))} images in classes of at most {len(tree[largest])} are "
            f"too few to hold out {data.val_fraction:.0%}: add images or raise data.val_fraction."
        )
    return train, val


def _indexed(tree: Tree, names: tuple[str, ...], side: int) -> Indexed:
    pairs = [(path, label) for label, name in enumerate(names) for path in tree.get(name, [])]
    paths = [path for path, _ in pairs]
    labels = np.array([label for _, label in pairs], dtype=np.int32)
    return Indexed(labels, lambda i: read_image(paths[i], side), lambda i: str(paths[i]))
