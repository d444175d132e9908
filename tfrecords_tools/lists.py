"""Reads images named by lists of `path,label` rows, such as the official WikiArt lists."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path

from tfrecords_tools.class_files import read_classes
from tfrecords_tools.classes import check_names
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.common.files import sha256
from tfrecords_tools.examples import UNDIVIDED, Collection, Example
from tfrecords_tools.folders import check_folder, files
from tfrecords_tools.list_files import Listed, read_rows, without_headers
from tfrecords_tools.names import match

NO_LABEL = ("", "nan", "NaN")  # an empty cell, as programs write it
WIKIART_SPLITS = ("train", "val")


@dataclass(frozen=True)
class Listing:
    """What happened to the rows of the lists: each is kept, repeated, dropped or missing."""

    rows: dict[str, int]  # in each split's list
    repeated: list[tuple[str, str]]  # split and path of an earlier row with the same label
    dropped: dict[str, list[str]]  # path -> its labels, if there are several
    dropped_rows: dict[str, int]  # rows with such a path in each split's list
    missing: list[tuple[str, str]]  # split and path of rows that no file matches
    renamed: dict[str, str]  # path in the list -> path of the file, if they differ
    matched: dict[str, int]  # rows for each way of matching


def wikiart_lists(folder: Path, task: str) -> tuple[dict[str, Path], Path]:
    """Return the official lists of a task, by split, and its class file; or raise InputError."""
    lists = {split: _find(folder, f"{task}_{split}") for split in WIKIART_SPLITS}
    return lists, _find(folder, f"{task}_class")


def listed_images(root: Path, lists: Mapping[str, Path], class_file: Path | None) -> Collection:
    """Return the images below `root` that the lists name, by paths relative to it.

    Args:
        lists: split -> file of `path,label` rows; a single list may have the split `all`.
        class_file: one class per line, numbered or in order; without it the labels are the names.

    Raises:
        InputError: a file is missing or malformed, or a label is not a class.
    """
    check_folder(root)
    on_disk = {path.relative_to(root).as_posix() for path in files(root)}
    name = root.resolve().name
    read = [read_rows(split, path, on_disk, name) for split, path in lists.items()]
    rows, classes = _classified(read, on_disk, class_file)
    kept, repeated, dropped = _deduplicated(rows)
    found = match([row.path for row in kept], on_disk)
    present = [row for row in kept if row.path in found]
    listing = Listing(
        rows=dict(Counter(row.split for row in rows)),
        repeated=repeated,
        dropped=dropped,
        dropped_rows=dict(Counter(row.split for row in rows if row.path in dropped)),
        missing=[(row.split, row.path) for row in kept if row.path not in found],
        renamed={path: file for path, (file, _) in found.items() if path != file},
        matched=dict(Counter(how for _, how in found.values())),
    )
    examples = [Example(r.split, found[r.path][0], classes[r.label]) for r in present]
    names = {index: name for name, index in reversed(classes.items())}  # before its number
    ordered = tuple(names[index] for index in sorted(names))
    return Collection(ordered, examples, root.joinpath, listing, _hashes(lists, class_file))


def parse_lists(labels: Iterable[str]) -> dict[str, Path]:
    """Parse `train=a.csv` into {"train": a.csv}; a bare path is a list still to be divided.

    Raises:
        InputError: a split is unknown or named twice, or a bare path is not the only list.
    """
    lists: dict[str, Path] = {}
    for word in labels:
        split, equals, path = word.partition("=")
        if not equals or "/" in split or "\\" in split:  # a path, which may contain a =
            split, path = UNDIVIDED, word
        if split not in ("train", "val", "test", UNDIVIDED) or split in lists:
            raise InputError(
                f"--labels {word}: give train=FILE, val=FILE and test=FILE, each at most once, or "
                f"one FILE that is divided by --val-fraction."
            )
        lists[split] = Path(path)
    if UNDIVIDED in lists and len(lists) > 1:
        raise InputError(f"--labels {lists[UNDIVIDED]}: name its split, as in train=FILE.")
    return lists


def _find(folder: Path, name: str) -> Path:
    paths = [folder / f"{name}{suffix}" for suffix in (".csv", ".txt", "")]
    for path in paths:
        if path.is_file():
            return path
    raise InputError(
        f"{folder} holds no {name}, {name}.csv or {name}.txt: give the folder of WikiArt's lists."
    )


def _classes_of(rows: Sequence[Listed]) -> dict[str, int]:
    """Return the index of each label in sorted order; numbers are sorted by value."""
    places: dict[str, str] = {}
    for row in rows:
        places.setdefault(row.label, row.place)
    for label, place in places.items():
        check_names([label], place)
    try:
        numbers = {label: Decimal(label) for label in places}
    except InvalidOperation:
        numbers = {}
    if not numbers or not all(number.is_finite() for number in numbers.values()):
        return {label: index for index, label in enumerate(sorted(places))}
    ordered = sorted(places, key=lambda label: numbers[label])
    if numbers[ordered[0]] < 0:
        raise InputError(
            f"{places[ordered[0]]}: the label {ordered[0]} is not a class number: remove "
            f"unlabelled images, and number from 0."
        )
    for one, other in pairwise(ordered):
        if numbers[one] == numbers[other]:
            raise InputError(
                f"{places[other]}: {one!r} and {other!r} are the same number: write it one way."
            )
    return {label: index for index, label in enumerate(ordered)}


def _classified(
    lists: list[list[Listed]], images: set[str], class_file: Path | None
) -> tuple[list[Listed], dict[str, int]]:
    """Return the rows of all lists without headers, and the class index of each label."""
    classes = read_classes(class_file) if class_file else {}
    pictured = {row.label for rows in lists for row in rows if row.path in images}
    is_label = (classes or pictured).__contains__
    rows = [row for each in lists for row in without_headers(each, images, is_label)]
    if not rows:
        raise InputError(f"{lists[0][0].place} is a header without any rows: add path,label rows.")
    for row in rows:
        if not row.path or (row.label in NO_LABEL and row.label not in classes):
            lacking = "label" if row.path else "path"
            raise InputError(
                f"{row.place}: {row.path or row.label!r} has no {lacking}: add it, or delete the "
                f"line."
            )
    classes = classes or _classes_of(rows)
    for row in rows:
        if row.label not in classes:
            raise InputError(
                f"{row.place}: label {row.label!r} of {row.path!r} is not a class of {class_file}."
            )
    return rows, classes


def _hashes(lists: Mapping[str, Path], class_file: Path | None) -> dict[str, str]:
    sources = [*lists.items(), *([("classes", class_file)] if class_file else [])]
    return {f"{path.name} ({what})": sha256(path) for what, path in sources}


def _deduplicated(
    rows: list[Listed],
) -> tuple[list[Listed], list[tuple[str, str]], dict[str, list[str]]]:
    """Return the first row of each path, the repetitions, and the paths with several labels."""
    first: dict[str, Listed] = {}
    labels: defaultdict[str, set[str]] = defaultdict(set)
    repeated = []
    for row in rows:
        labels[row.path].add(row.label)
        if first.setdefault(row.path, row) is not row:
            repeated.append(row)
    dropped = {path: sorted(found) for path, found in labels.items() if len(found) > 1}
    kept = [row for row in first.values() if row.path not in dropped]
    return kept, [(r.split, r.path) for r in repeated if r.path not in dropped], dropped
