"""Reads class folders, with or without split folders above them; a folder's name is its class."""

import os
import warnings
from collections.abc import Iterator, Mapping, Set
from pathlib import Path, PurePosixPath

from tfrecords_tools.classes import some
from tfrecords_tools.common.errors import InputError, meant_folder
from tfrecords_tools.examples import UNDIVIDED, Collection, Example
from tfrecords_tools.images import SUFFIXES, is_image

SPLITS = {  # folder, in any case -> split; the first of two folders for one split counts
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
# Files and folders that operating systems add, such as thumbnails, without a leading dot.
HIDDEN = {"__macosx", "@eadir", "#recycle", "$recycle.bin", "thumbs.db", "desktop.ini"}
NOTES = {".txt", ".md", ".csv", ".json"}  # kept next to images by people; no warning
Tree = dict[str, list[Path]]  # class name -> its images, sorted


def class_folders(root: Path) -> Collection:
    """Return the images below `root`; the class names are the names of the folders, sorted.

    `root` holds a training folder and held-out folders, named as in `SPLITS`, each with class
    folders; or only class folders; or only images, which form one class.  Warnings name what is
    skipped: images anywhere else, and files in class folders that are neither images nor notes.

    Raises:
        InputError: the folder does not exist, cannot be read, or contains no image.
    """
    check_folder(root)
    trees = _trees(root)
    _warn_of_wrappers(root, trees)
    names = tuple(sorted({name for tree in trees.values() for name in tree}))
    labels = {name: label for label, name in enumerate(names)}
    examples = [
        Example(split, path.relative_to(root).as_posix(), labels[name])
        for split, tree in trees.items()
        for name, paths in sorted(tree.items())
        for path in paths
    ]
    _warn_of_others(root, {example.key for example in examples})
    return Collection(names, examples, root.joinpath)


def check_folder(root: Path) -> None:
    """Raise InputError if `root` is not a folder."""
    if root.is_file():
        raise InputError(
            f"{root} is a file: give the folder that holds the images; unpack an archive first."
        )
    if not root.is_dir():
        raise InputError(
            f"There is no folder {str(root)!r}{meant_folder(root)}: give the folder that holds the "
            f"images."
        )


def _trees(root: Path) -> dict[str, Tree]:
    """Return the classes of each split."""
    one_class = root.resolve().name  # class of images without class folders, in every split
    splits = _splits(root)
    # If `train` is the only split and has no class folders, it is a class itself: images of trains.
    if "train" not in splits or (len(splits) == 1 and not _folders(splits["train"])):
        return {UNDIVIDED: _classes(root, one_class)}
    trees = {split: _classes(folder, one_class) for split, folder in splits.items()}
    # If `train` has class folders, a split without any is unlabelled, as Kaggle's test sets are.
    labelled = {split for split in splits if any(map(_images, _folders(splits[split])))}
    if "train" in labelled:
        trees = {split: tree for split, tree in trees.items() if split in labelled}
    return trees if len(trees) > 1 else {UNDIVIDED: trees["train"]}


def _splits(root: Path) -> dict[str, Path]:
    """Return the folder of each split."""
    splits: dict[str, Path] = {}
    for name, split in SPLITS.items():
        for folder in _folders(root):
            if folder.name.lower() == name:
                splits.setdefault(split, folder)
    return splits


def _folders(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and _visible(path.name)]


def _visible(name: str) -> bool:
    return name[0] != "." and name.lower() not in HIDDEN


def _classes(folder: Path, one_class: str) -> Tree:
    found = {path.name: _images(path) for path in _folders(folder)}
    tree = {name: paths for name, paths in found.items() if paths}
    if not tree and (paths := _images(folder)):
        return {one_class: paths}
    if tree and (empty := sorted(found.keys() - tree.keys())):
        said = f"Folders of {folder} without images ({len(empty)}) are skipped: {some(empty)}."
        warnings.warn(said, stacklevel=4)
    if not tree:
        kinds = " ".join(sorted(SUFFIXES))
        others = [path.relative_to(folder).as_posix() for path in files(folder)]
        only = f", only {some(others)}" if others else ""
        raise InputError(
            f"{folder} holds no images ({kinds}){only}: give a folder with class folders."
        )
    return tree


def _images(folder: Path) -> list[Path]:
    return [path for path in files(folder) if is_image(path)]


def _warn_of_wrappers(root: Path, trees: Mapping[str, Tree]) -> None:
    """Warn if class folders hold only folders: the wrapper of an archive, or misplaced splits."""
    classes = [each for tree in trees.values() for each in tree.items()]
    held = {path.parent: name for name, paths in classes for path in paths}
    if len(held) > len(classes) and not any(folder.name == name for folder, name in held.items()):
        within = sorted(folder.relative_to(root).as_posix() for folder in held)
        warnings.warn(
            f"The class folders of {root} hold only folders, which count neither as classes nor as "
            f"splits ({some(within)}): if they should, give the folder that contains them, or "
            f"arrange them as train/CLASS and val/CLASS.",
            stacklevel=3,
        )


def _warn_of_others(root: Path, taken: Set[str]) -> None:
    """Warn of images that are skipped, and of other files next to those that are used."""
    beside = {PurePosixPath(key).parent for key in taken}
    found = (path.relative_to(root).as_posix() for path in files(root))
    others = [key for key in found if key not in taken]
    images = [key for key in others if is_image(root / key)]
    odd = sorted(set(others) - set(images))
    odd = [key for key in odd if PurePosixPath(key).parent in beside]
    odd = [key for key in odd if PurePosixPath(key).suffix.lower() not in NOTES]
    for what, keys in (
        (f"Images outside the class folders of {root}", images),
        (f"Files in {root} that are not images", odd),
    ):
        if keys:
            warnings.warn(f"{what} ({len(keys)}) are skipped: {some(keys)}.", stacklevel=3)


def files(folder: Path) -> list[Path]:
    """Return all files below a folder but hidden ones, sorted; InputError if it is unreadable."""
    try:
        return sorted(_walk(folder, frozenset()))
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}.") from None


def _walk(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    """Yield the files below a folder; follow links, except to folders that contain them."""
    real = folder.resolve()
    above |= {real, *real.parents}
    for entry in os.scandir(folder):
        path = folder / entry.name
        if not _visible(entry.name):
            continue
        if entry.is_dir():
            if not entry.is_symlink() or path.resolve() not in above:
                yield from _walk(path, above)
        # Reading a pipe or a device would block; a broken link is kept, to be reported later.
        elif entry.is_file() or not path.exists():
            yield path
