"""Lay real pictures out as `folder:` trees for training, outside the repository.

    python experiments/real_data.py --out DIR [--shared ../shared/data] [--task genre|style|artist]

makes `DIR/wikiart-<task>/{train,val}/<class>/` (links to the shared images, after the official
lists, dirt and all) and `DIR/cifar10/{train,test}/<class>/` (unpacked). Each is complete or absent.
"""

import os
import re
import shutil
import sys
import tarfile
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

import tyro

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("ARTGAN_DATA", REPOSITORY.parent / "shared" / "data"))
SPLITS = ("train", "val")
OUTCOMES = ("rows", "exact", "variant", "ascii key", "missing", "dropped")
# One comma or two. The header and the blank line end in no number, so they never match.
ROW = re.compile(r"(.+?),+\s*(\d+)\s*")
CLASS = re.compile(r"\s*(\d+)\s+(.+?)\s*")
# What UTF-8 names were wrongly read as. The shared files met cp866 and then cp437; the lists met
# latin-1 and were then put in lower case, which CAPITALS takes back where it can matter.
CODE_PAGES = ("latin-1", "cp1252", "cp437", "cp866")
CAPITALS = {code: code - 0x20 for code in range(0xE0, 0xFF)}

Task = Literal["genre", "style", "artist"]
Found = dict[str, tuple[str, str]]  # path in the list -> (path of the image, how it matched)


class Row(NamedTuple):
    """One line of a list: `path` is `Style/file.jpg`."""

    split: str
    path: str
    label: int


def needed(path: Path) -> Path:
    """Return `path`, or refuse to go on without it."""
    if not path.exists():
        put_right = "put it there, or name the folder of wikiart/ and cifar10/ with --shared"
        raise FileNotFoundError(f"{path} is missing: {put_right}.")
    return path


def read_list(folder: Path, name: str, line: re.Pattern[str]) -> list[tuple[str, str]]:
    """Find the lines of `name`, with .csv, .txt or bare, that look like `line`: its two groups."""
    paths = [folder / f"{name}{suffix}" for suffix in (".csv", ".txt", "")]
    path = next(filter(Path.is_file, paths), paths[-1])
    text = needed(path).read_bytes().decode("utf-8-sig", "surrogateescape")
    # Not splitlines(): it also splits at U+0085, which mojibake is free to contain.
    matches = map(line.fullmatch, text.split("\n"))
    return [(found[1], found[2]) for found in matches if found]


def read_rows(lists: Path, task: Task) -> list[Row]:
    """Read both splits of one task, train first."""
    rows = ((split, row) for split in SPLITS for row in read_list(lists, f"{task}_{split}", ROW))
    return [Row(split, path, int(label)) for split, (path, label) in rows]


def without_conflicts(rows: Iterable[Row]) -> list[Row]:
    """Keep the first row of each path, and none of a path that has two labels in the lists."""
    first: dict[str, Row] = {}
    labels: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows:
        first.setdefault(row.path, row)
        labels[row.path].add(row.label)
    return [row for row in first.values() if len(labels[row.path]) == 1]


def canonical(name: str) -> str:
    """Undo every wrong decoding of `name`, compose its accents (NFC), and fold its case."""
    name = unicodedata.normalize("NFC", name)
    for page in CODE_PAGES:
        for form in (name, name.translate(CAPITALS)):
            with suppress(UnicodeError):
                undone = form.encode(page).decode("utf-8")
                if undone != name:
                    return canonical(undone)  # ends: an undone name is shorter
    return name.casefold()


def ascii_key(name: str) -> str:
    """Drop whatever a wrong decoding could have changed."""
    return "".join(char for char in name if char.isascii())


def unique_pairs(paths: list[str], images: set[str], key: Callable[[str], str]) -> dict[str, str]:
    """Pair the paths and images of the same key where no other path or image has it."""
    by_key: defaultdict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, names in enumerate((paths, images)):
        for name in names:
            by_key[key(name)][side].append(name)
    return {of[0]: named[0] for of, named in by_key.values() if len(of) == len(named) == 1}


def match(paths: list[str], images: set[str]) -> Found:
    """Find each path's image: by the same name, else a variant of it, else the ASCII key."""
    found = {path: (path, "exact") for path in paths if path in images}
    for how, key in (("variant", canonical), ("ascii key", ascii_key)):
        left = [path for path in paths if path not in found]
        free = images - {image for image, _ in found.values()}
        found |= {path: (image, how) for path, image in unique_pairs(left, free, key).items()}
    return found


def tally(rows: list[Row], kept: list[Row], found: Found) -> dict[str, Counter[str]]:
    """Count what became of the rows of each split; the later outcomes add up to the first."""
    counts = {split: Counter[str]() for split in SPLITS}
    for row in rows:
        counts[row.split].update(rows=1, dropped=1)
    for row in kept:
        outcome = found[row.path][1] if row.path in found else "missing"
        counts[row.split].update({"dropped": -1, outcome: 1})
    return counts


def place(image: Path, link: Path) -> None:
    """Link to `image`, or copy it where the file system has no links."""
    try:
        link.symlink_to(image)
    except OSError:
        shutil.copyfile(image, link)


def build_wikiart(target: Path, source: Path, task: Task) -> None:
    """Fill `target` with one task's pictures, and say how the rows fared."""
    lists, images = source / "lists", needed(source / "images").resolve()
    classes = {int(label): name for label, name in read_list(lists, f"{task}_class", CLASS)}
    rows = read_rows(lists, task)
    kept = without_conflicts(rows)
    files = {path.relative_to(images).as_posix() for path in images.glob("*/*.jpg")}
    found = match([row.path for row in kept], files)
    print_table(f"wikiart {task}", OUTCOMES, tally(rows, kept, found))
    for row in (row for row in kept if row.path in found):
        if row.label not in classes:
            raise ValueError(f"{lists}/{task}_class names no class {row.label} ({row.path}).")
        for split in SPLITS:  # the same folders in both, so that both number the classes alike
            (target / split / classes[row.label]).mkdir(parents=True, exist_ok=True)
        image = found[row.path][0]
        link = image.replace("/", "__")  # two styles may each have a file of this name
        place(images / image, target / row.split / classes[row.label] / link)


def build_cifar10(target: Path, source: Path) -> None:
    """Unpack the CIFAR-10 archive into `target`."""
    path = needed(source / "cifar10-jpeg.tar.gz")
    try:
        with tarfile.open(path, "r:gz") as archive:
            archive.extractall(target, filter="data")
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is damaged ({error}): fetch it again.") from error


def prepare(target: Path, build: Callable[[Path], None]) -> None:
    """Build `target` unless it is there, then show it; a killed run leaves no half of it."""
    if target.exists():
        print(f"{target} is already there.\n")
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as temporary:
            building = Path(temporary, target.name)
            building.mkdir()
            build(building)
            building.rename(target)
    print_classes(target)


def print_classes(target: Path) -> None:
    """Print the pictures per class and split, and the spec to train on them."""
    # is_file follows the links: one whose image has gone away does not count.
    files = filter(Path.is_file, target.glob("*/*/*.jpg"))
    pictures = Counter(path.parts[-3:-1] for path in files)
    if not pictures:
        raise ValueError(f"{target} holds no pictures: delete it and run this again.")
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (split, name), count in sorted(pictures.items(), key=lambda item: item[0][1]):
        table[name][split] = count
    table["total"] = sum(table.values(), Counter())
    print_table("class", [split for split in (*SPLITS, "test") if table["total"][split]], table)
    print(f"--data folder:{target}\n")


def print_table(title: str, columns: Sequence[str], rows: Mapping[str, Counter[str]]) -> None:
    """Print counts, a line a row."""
    print(f"{title:<22}", *(f"{column:>10}" for column in columns))
    for name, counts in rows.items():
        print(f"{name:<22}", *(f"{counts[column]:>10,}" for column in columns))
    print()


def main(out: Path, shared: Path = SHARED, task: Task = "genre") -> None:
    """Lay WikiArt and CIFAR-10 out as folders of pictures by split and class.

    Args:
        out: where to; outside the repository.
        shared: the folder that holds wikiart/ and cifar10/.
        task: which of WikiArt's labels.
    """
    out = out.resolve()
    try:
        if out.is_relative_to(REPOSITORY):
            raise ValueError(f"--out {out} lies inside the repository: name a folder outside it.")
        wikiart = partial(build_wikiart, source=shared / "wikiart", task=task)
        prepare(out / f"wikiart-{task}", wikiart)
        prepare(out / "cifar10", partial(build_cifar10, source=shared / "cifar10"))
    except (ValueError, OSError) as error:
        print(f"real_data: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    tyro.cli(main)
