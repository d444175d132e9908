"""Images that lists of `path,label` name, the official WikiArt lists as distributed among them."""

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tfrecords_tools.errors import InputError
from tfrecords_tools.examples import UNDIVIDED, Collection, Example, Files
from tfrecords_tools.folders import files
from tfrecords_tools.names import match

NUMBERED = re.compile(r"(\d+)[\s,]+(.+)")  # a line of a class file: `7 portrait`
WIKIART_SPLITS = ("train", "val")


class Row(NamedTuple):
    """One line of a list, its label as it stands there."""

    split: str
    path: str
    label: str
    place: str  # for messages: file and line


@dataclass(frozen=True)
class Listing:
    """What became of the rows: all of them are kept, repeated, dropped or missing.

    Args:
        rows: how many each split's list has.
        repeated: split and path of rows whose path stands in an earlier row, with the same label.
        dropped: path -> its labels, where it has more than one; every row of it counts.
        missing: split and path of rows that no file fits.
        renamed: path in the list -> path of the file, where they differ.
        matched: how many rows matched in each way.
    """

    rows: dict[str, int]
    repeated: list[tuple[str, str]]
    dropped: dict[str, list[str]]
    dropped_rows: dict[str, int]
    missing: list[tuple[str, str]]
    renamed: dict[str, str] = field(default_factory=dict)
    matched: dict[str, int] = field(default_factory=dict)


def wikiart_lists(folder: Path, task: str) -> tuple[dict[str, Path], Path]:
    """The official lists of a task, split -> file, and its class file."""
    lists = {split: _find(folder, f"{task}_{split}") for split in WIKIART_SPLITS}
    return lists, _find(folder, f"{task}_class")


def listed_images(root: Path, lists: Mapping[str, Path], class_file: Path | None) -> Collection:
    """The images below `root` that lists name.

    Args:
        root: the folder that the paths in the lists start from.
        lists: split -> a file of `path,label` rows; one list alone may be called `all`.
        class_file: a class a line, numbered or in order; without it the labels are the names.

    Raises:
        InputError: for a file that is not there, and a label that is no class.
    """
    if not root.is_dir():
        raise InputError(
            f"There is no folder {str(root)!r}: give the folder that holds the images."
        )
    on_disk = {path.relative_to(root).as_posix() for path in files(root)}
    rows = [row for split, path in lists.items() for row in _read_rows(split, path)]
    rows, classes = _classified(rows, on_disk, class_file)
    kept, repeated, dropped = _kept(rows)
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
    return Collection(_names(classes), examples, Files(root), listing, _hashes(lists, class_file))


def parse_lists(labels: Iterable[str]) -> dict[str, Path]:
    """`train=a.csv` -> {"train": a.csv}; a bare path is a list that is still to be divided."""
    lists: dict[str, Path] = {}
    for word in labels:
        split, equals, path = word.partition("=")
        if not equals or "/" in split or "\\" in split:  # a path, which may have a = of its own
            split, path = UNDIVIDED, word
        if split not in ("train", "val", "test", UNDIVIDED) or split in lists:
            raise InputError(
                f"--labels {word}: give train=FILE, val=FILE and test=FILE, each at most once, or "
                f"one FILE that is divided by --val-fraction."
            )
        lists[split] = Path(path)
    if UNDIVIDED in lists and len(lists) > 1:
        raise InputError(f"--labels {lists[UNDIVIDED]}: say of which split, as train=FILE.")
    return lists


def _find(folder: Path, name: str) -> Path:
    paths = [folder / f"{name}{suffix}" for suffix in (".csv", ".txt", "")]
    for path in paths:
        if path.is_file():
            return path
    raise InputError(f"{folder} holds no {name}, {name}.csv or {name}.txt: are these the lists?")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None


def _read_rows(split: str, path: Path) -> list[Row]:
    # The official artist lists have two commas a row, and any path may contain one.
    lines = _read(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    reader, rows = csv.reader(lines, strict=True), []
    try:
        for fields in reader:
            if any(map(str.strip, fields)):
                image = ",".join(fields[:-1]).strip(" ,").replace("\\", "/").removeprefix("./")
                place = f"{path}, line {reader.line_num}"
                rows.append(Row(split, image, fields[-1].strip(), place))
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}.") from None
    if not rows:
        raise InputError(f"{path} holds no rows of path,label.")
    return rows


def _read_classes(path: Path) -> dict[str, int]:
    """Label as it stands in a list (a number, or the name) -> its index."""
    lines = [line.strip() for line in _read(path).splitlines() if line.strip()]
    numbered = [NUMBERED.fullmatch(line) for line in lines]
    if not all(numbered):
        numbers = {name: index for index, name in enumerate(lines)}
    else:
        numbers = {line[2]: int(line[1]) for line in numbered if line}
    if sorted(numbers.values()) != list(range(len(lines))):
        raise InputError(f"{path} must number its classes 0 to {len(lines) - 1}, each once.")
    return numbers | {str(number): number for number in numbers.values()}


def _classes_of(rows: Iterable[Row]) -> dict[str, int]:
    labels = {row.label for row in rows}
    if all(map(str.isdecimal, labels)):
        return {label: index for index, label in enumerate(sorted(labels, key=int))}
    return {label: index for index, label in enumerate(sorted(labels))}


def _names(classes: Mapping[str, int]) -> tuple[str, ...]:
    """The names in order: each index was first given to its name, then to its number."""
    names: dict[int, str] = {}
    for name, index in classes.items():
        names.setdefault(index, name)
    return tuple(names[index] for index in sorted(names))


def _classified(
    rows: list[Row], files: set[str], class_file: Path | None
) -> tuple[list[Row], dict[str, int]]:
    """The rows without headers, and the classes that all their labels are of."""
    classes = _read_classes(class_file) if class_file else {}
    uses = Counter(row.label for row in rows)
    first = {row.split: row for row in reversed(rows)}.values()

    def is_header(row: Row) -> bool:
        odd = row.label not in classes if class_file else uses[row.label] == 1
        return odd and row.path not in files and any(row is each for each in first)

    rows = [row for row in rows if not is_header(row)]
    classes = classes or _classes_of(rows)
    for row in rows:
        if row.label not in classes or not row.path:
            raise InputError(
                f"{row.place}: label {row.label!r} of {row.path!r} is no class of {class_file}."
            )
    return rows, classes


def _hashes(lists: Mapping[str, Path], class_file: Path | None) -> dict[str, str]:
    sources = {**lists, **({"classes": class_file} if class_file else {})}
    return {
        f"{path.name} ({what})": hashlib.sha256(path.read_bytes()).hexdigest()
        for what, path in sources.items()
    }


def _kept(rows: list[Row]) -> tuple[list[Row], list[tuple[str, str]], dict[str, list[str]]]:
    """The first row of each path, the repetitions, and the paths with several labels (not kept)."""
    first: dict[str, Row] = {}
    labels: defaultdict[str, set[str]] = defaultdict(set)
    repeated = []
    for row in rows:
        labels[row.path].add(row.label)
        if first.setdefault(row.path, row) is not row:
            repeated.append(row)
    dropped = {path: sorted(found) for path, found in labels.items() if len(found) > 1}
    kept = [row for row in first.values() if row.path not in dropped]
    return kept, [(r.split, r.path) for r in repeated if r.path not in dropped], dropped
