"""Class folders, below split folders or not: each folder's name is the class of its images."""

import os
from pathlib import Path

from tfrecords_tools.class_names import check_names
from tfrecords_tools.errors import InputError
from tfrecords_tools.examples import UNDIVIDED, Collection, Example, Files
from tfrecords_tools.images import SUFFIXES

HELD_OUT = {"val": "val", "valid": "val", "validation": "val", "test": "test"}  # folder -> split
Tree = dict[str, list[Path]]  # class name -> its images, sorted


def class_folders(root: Path) -> Collection:
    """The images below `root`; class names are the folders' names, sorted.

    `root` holds `train` and some of `val`, `valid`, `validation`, `test`, each with class folders;
    or class folders alone; or images alone, which are one class.

    Raises:
        InputError: when there is no folder, or no image in it.
    """
    if not root.is_dir():
        raise InputError(
            f"There is no folder {str(root)!r}: give the folder that holds the images."
        )
    trees = _trees(root)
    names = check_names(sorted(trees.get("train") or trees[UNDIVIDED]), root)
    for tree in trees.values():
        _same_classes(names, tree, root)
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
    if "train" not in folders:
        return {UNDIVIDED: _classes(root, one_class)}
    held_out: dict[str, Tree] = {}
    for name, split in HELD_OUT.items():
        if name in folders and split not in held_out:
            held_out[split] = _classes(folders[name], one_class)
    if held_out:
        return {"train": _classes(folders["train"], one_class)} | held_out
    # Beside other classes and without any of its own, `train` is a class: pictures of trains.
    alone = folders["train"] if _folders(folders["train"]) else root
    return {UNDIVIDED: _classes(alone, one_class)}


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
    return [path for path in files(folder) if path.suffix.lower() in SUFFIXES]


def files(folder: Path) -> list[Path]:
    """All files below a folder, sorted; hidden files and folders hold thumbnails and the like."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "."]
        found += [Path(place, name) for name in names if name[0] != "."]
    # A pipe or a device would be waited for; a link to nowhere is kept, to be reported.
    return sorted(path for path in found if path.is_file() or not path.exists())


def _same_classes(names: tuple[str, ...], tree: Tree, root: Path) -> None:
    if strange := sorted(set(tree) - set(names)):
        raise InputError(
            f"{root}: {', '.join(strange)} is held out but not trained on: give both the same "
            f"class folders."
        )
