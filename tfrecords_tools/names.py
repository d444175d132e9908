"""Finds the file that a list means although its name was mangled on the way.

Accented names come composed or decomposed, and many were written as UTF-8 and read as something
else, once or twice, on the way to the list or to the disk.  Apostrophes were lost on the way too.
Whole lists were made on another machine, with its folders, or without the suffixes.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Set
from contextlib import suppress
from functools import cache
from pathlib import PurePosixPath
from urllib.parse import unquote

from tfrecords_tools.images import SUFFIXES

# What UTF-8 names are known to have been wrongly read as.  The official WikiArt lists met latin-1
# and were then put in lower case, which CAPITALS takes back where it can matter.
CODE_PAGES = ("latin-1", "cp1252", "cp437", "cp866")
CAPITALS = {code: code - 0x20 for code in range(0xE0, 0xFF)}
APOSTROPHES = dict.fromkeys(
    map(ord, "'`\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}")
)
SUFFIX = re.compile(rf"({'|'.join(map(re.escape, SUFFIXES))})(\?.*)?$")  # of a file or an address

Found = dict[str, tuple[str, str]]  # path in the list -> (path of the file, how it matched)


def match(paths: list[str], files: set[str]) -> Found:
    """Each path's file: of the same name, else a variant of it, else of the same ASCII letters.

    A variant is the name before it was mangled, in any case, else that without apostrophes.  It
    must be the only one on either side: what could be either of two files is missing.
    """
    found = {path: (path, "exact") for path in paths if path in files}
    for how, key, fits in WAYS:
        left = [path for path in paths if path not in found and fits(path)]
        free = {*filter(fits, files - {file for file, _ in found.values()})}
        found |= {path: (file, how) for path, file in _unique_pairs(left, free, key).items()}
    return found


def elsewhere(paths: Iterable[str], files: Set[str], root: str) -> dict[str, str]:
    """Path -> its file, where the list was made on another machine or of other encodings.

    Such a path has other folders before the one that is called `root`, another suffix or none, or
    is an address.  What could be either of two files is missing.
    """
    stems = defaultdict(list)
    for file in files:
        stems[stem(file)].append(file)
    found: dict[str, str] = {}
    for path in paths:
        whole = stem(path)
        below = f"/{whole}".partition(f"/{canonical(root)}/")[2]
        named = stems.get(whole) or stems.get(below, [])
        found |= {path: named[0]} if len(named) == 1 else {}
    return found


@cache
def stem(name: str) -> str:
    """The canonical name without its suffix; an address also without what follows after it."""
    return SUFFIX.sub("", canonical(unquote(name)))


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


def without_apostrophes(name: str) -> str:
    """The canonical name as it is where apostrophes were dropped: `allan-d'arcangelo`."""
    return canonical(name).translate(APOSTROPHES)


def ascii_letters(name: str) -> str:
    """Drop whatever a wrong decoding could have changed."""
    return "".join(char for char in name if char.isascii())


def mostly_ascii(name: str) -> bool:
    """Whether enough is left of a file's name without what could have been changed."""
    stem = PurePosixPath(name).stem
    return 2 * len(ascii_letters(stem)) > len(stem)


def _unique_pairs(paths: list[str], files: set[str], key: Callable[[str], str]) -> dict[str, str]:
    """Pair the paths and files of the same key where no other path or file has it."""
    by_key: defaultdict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, names in enumerate((paths, files)):
        for name in names:
            by_key[key(name)][side].append(name)
    return {of[0]: named[0] for of, named in by_key.values() if len(of) == len(named) == 1}


WAYS = (  # to find the file of a path: what it is called, the key, which names may be tried
    ("variant", canonical, bool),
    ("apostrophe", without_apostrophes, bool),
    ("ascii", ascii_letters, mostly_ascii),
)
