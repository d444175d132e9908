"""`folder:DIR`: a plain folder of images as a `Source`.

DIR holds `train` and one of `val`, `validation`, `test`, each with class folders; or class folders
alone, split by a seed; or images alone, which are one class.
"""

from pathlib import Path

import numpy as np

from artgan_tf.config import Data, InputError
from artgan_tf.data.images import SUFFIXES, read_image
from artgan_tf.data.source import Indexed, Source, short_side

HELD_OUT = ("val", "validation", "test")
Tree = dict[str, list[Path]]  # class name -> its images, sorted


def open_folder(value: str, data: Data) -> Source:
    """The source in folder `value`; class names are the folders' names, sorted."""
    root = Path(value)
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
    folders = {p.name: p for p in sorted(root.iterdir()) if p.is_dir() and p.name[0] != "."}
    if "train" in folders:
        held_out = next((folders[name] for name in HELD_OUT if name in folders), None)
        return _classes(folders["train"]), held_out and _classes(held_out)
    return _classes(root), None


def _classes(folder: Path) -> Tree:
    folders = [p for p in sorted(folder.iterdir()) if p.is_dir() and p.name[0] != "."]
    tree = {p.name: _images(p) for p in folders} if folders else {folder.name: _images(folder)}
    tree = {name: paths for name, paths in tree.items() if paths}
    if not tree:
        kinds = " ".join(sorted(SUFFIXES))
        raise InputError(f"{folder} holds no images ({kinds}): give a folder with class folders.")
    return tree


def _images(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)


def _same_classes(names: tuple[str, ...], held_out: Tree, root: Path) -> None:
    if strange := sorted(set(held_out) - set(names)):
        raise InputError(
            f"{root}: {', '.join(strange)} is held out but not trained on: give both the same "
            f"class folders."
        )


def _divide(tree: Tree, data: Data) -> tuple[Tree, Tree]:
    """Stratified: every class gives its share, by a shuffle of its own that others don't move."""
    train, val = {}, {}
    for index, name in enumerate(sorted(tree)):
        paths = tree[name]
        order = np.random.default_rng((data.split_seed, index)).permutation(len(paths))
        held = round(len(paths) * data.val_fraction) if len(paths) > 1 else 0
        val[name] = [paths[i] for i in sorted(order[:held])]
        train[name] = [paths[i] for i in sorted(order[held:])]
    if not any(val.values()):
        first = min(tree, key=lambda name: -len(tree[name]))
        raise InputError(
            f"{sum(map(len, tree.values()))} images of {len(tree)} classes (largest: {first}) are "
            f"too few to hold out {data.val_fraction:.0%}: add images or raise data.val_fraction."
        )
    return train, val


def _indexed(tree: Tree, names: tuple[str, ...], side: int) -> Indexed:
    pairs = [(path, label) for label, name in enumerate(names) for path in tree.get(name, [])]
    paths = [path for path, _ in pairs]
    labels = np.array([label for _, label in pairs], dtype=np.int32)
    return Indexed(labels, lambda i: read_image(paths[i], side), lambda i: str(paths[i]))
