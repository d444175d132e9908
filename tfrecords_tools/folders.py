"""Class folders, below split folders or not: each folder's name is the class of its images."""

import os
import warnings
from collections.abc import Iterable
from pathlib import Path

from tfrecords_tools.classes import some
from tfrecords_tools.errors import InputError
from tfrecords_tools.examples import UNDIVIDED, Collection, Example, Files
from tfrecords_tools.images import SUFFIXES

SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
Tree = dict[str, list[Path]]  # class name -> its images, sorted


def class_folders(root: Path) -> Collection:
    """The images below `root`; class names are the folders' names, sorted.

    `root` holds `train` and some of `val`, `valid`, `validation`, `test`, each with class folders;
    or class folders alone; or images alone, which are one class.  Of images anywhere else a warning
    tells that they are left out.

    Raises:
        InputError: when there is no folder, or no image in it.
    """
    if not root.is_dir():
        raise InputError(
            f"There is no folder {str(root)!r}: give the folder that holds the images."
        )
    trees = _trees(root)
    names = tuple(sorted({name for tree in trees.values() for name in tree}))
    examples = [
        Example(split, path.relative_to(root).as_posix(), names.index(name))
        for split, tree in trees.items()
        for name, paths in sorted(tree.items())
        for path in paths
    ]
    return Collection(names, examples, Files(root))


def _trees(root: Path) -> dict[str, Tree]:
    """Split -> its classes."""
    one_class = root.resolve().name  # what images alone are called, in `train` as in `val`
    folders = _folders(root)
    splits: dict[str, Path] = {}
    for name, split in SPLITS.items():
        if name in folders:
            splits.setdefault(split, folders[name])
    # Beside other classes and without any of its own, `train` is a class: pictures of trains.
    if "train" not in splits or (len(splits) == 1 and not _folders(splits["train"])):
        return {UNDIVIDED: _classes(root, one_class)}
    _warn_of_others(root, [folder.name for folder in splits.values()])
    trees = {split: _classes(folder, one_class) for split, folder in splits.items()}
    return trees if len(trees) > 1 else {UNDIVIDED: trees["train"]}


def _folders(folder: Path) -> dict[str, Path]:
    visible = (path for path in sorted(folder.iterdir()) if path.name[0] != ".")
    return {path.name: path for path in visible if path.is_dir()}


def _classes(folder: Path, one_class: str) -> Tree:
    tree = {name: _images(path) for name, path in _folders(folder).items()}
    tree = {name: paths for name, paths in tree.items() if paths}
    if tree:
        _warn_of_others(folder, tree)
        return tree
    if paths := _images(folder):
        return {one_class: paths}
    kinds = " ".join(sorted(SUFFIXES))
    raise InputError(f"{folder} holds no images ({kinds}): give a folder with class folders.")


def _warn_of_others(folder: Path, taken: Iterable[str]) -> None:
    """Tell of images that lie in none of the folders that are taken."""
    others = [path for name, path in _folders(folder).items() if name not in set(taken)]
    left_out = [path for path in sorted(folder.iterdir()) if _is_image(path) and path.is_file()]
    left_out += [path for other in others for path in _images(other)]
    if left_out:
        names = some([path.relative_to(folder).as_posix() for path in left_out])
        warnings.warn(f"In no class folder of {folder}, so left out: {names}.", stacklevel=2)


def _images(folder: Path) -> list[Path]:
    return [path for path in files(folder) if _is_image(path)]


def _is_image(path: Path) -> bool:
    return path.name[0] != "." and path.suffix.lower() in SUFFIXES


def files(folder: Path) -> list[Path]:
    """All files below a folder, sorted; hidden files and folders hold thumbnails and the like."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "."]
        found += [Path(place, name) for name in names if name[0] != "."]
    # A pipe or a device would be waited for; a link to nowhere is kept, to be reported.
    return sorted(path for path in found if path.is_file() or not path.exists())
