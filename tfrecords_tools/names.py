"""Finds the file that a list refers to, even if its name was mangled.

Accents may be composed or decomposed, and many names were written as UTF-8 but read in another
encoding, once or twice, on their way to the list or to the disk.  Some lost their apostrophes.
Whole lists may come from another machine, with other folders or without suffixes.
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

# Encodings that UTF-8 names were wrongly read in.  The official WikiArt lists were read as latin-1
# and then converted to lower case, which CAPITALS undoes.
CODE_PAGES = ("latin-1", "cp1252", "cp437", "cp866")
CAPITALS = {code: code - 0x20 for code in range(0xE0, 0xFF)}
APOSTROPHES = dict.fromkeys(
    map(ord, "'`\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}")
)
SUFFIX = re.compile(rf"({'|'.join(map(re.escape, SUFFIXES))})(\?.*)?$")  # of a file or a URL

Found = dict[str, tuple[str, str]]  # path in the list -> (path of the file, how it matched)


def match(paths: list[str], files: set[str]) -> Found:
    """Match each path to a file of the same name, else to a variant, else by its ASCII letters.

    A variant is the name before it was mangled, in any case, or that name without apostrophes.  A
    match must be unique on both sides: a path that fits two files has no match.
    """
    found = {path: (path, "exact") for path in paths if path in files}
    for how, key, fits in WAYS:
        left = [path for path in paths if path not in found and fits(path)]
        free = {*filter(fits, files - {file for file, _ in found.values()})}
        found |= {path: (file, how) for path, file in _unique_pairs(left, free, key).items()}
    return found


def elsewhere(paths: Iterable[str], files: Set[str], root: str) -> dict[str, str]:
    """Return path -> file for a list that was made on another machine or for other image formats.

    Such a path has other folders above the one named `root`, another suffix or none, or is a URL.
    A path that fits two files has no match.
    """
    stems = defaultdict(list)
    for file in files:
        stems[stem(file)].append(file)
    found: dict[str, str] = {}
    for path in paths:
        places = [stem(path)]  # and what is below each folder called root
        while rest := f"/{places[-1]}".partition(f"/{canonical(root)}/")[2]:
            places.append(rest)
        named = next(filter(None, map(stems.get, places)), [])
        if len(named) == 1:
            found[path] = named[0]
    return found


@cache
def stem(name: str) -> str:
    """Return the canonical name without its suffix, and for a URL without its query."""
    return SUFFIX.sub("", canonical(unquote(name)))


def canonical(name: str) -> str:
    """Undo every wrong decoding of `name`, compose its accents (NFC), and fold its case."""
    if name.isascii():
        return name.casefold()  # as below, but at once
    name = unicodedata.normalize("NFC", name)
    for page in CODE_PAGES:
        for form in (name, name.translate(CAPITALS)):
            with suppress(UnicodeError):
                undone = form.encode(page).decode("utf-8")
                if undone != name:
                    return canonical(undone)  # ends, because each step shortens the name
    return name.casefold()


def ascii_letters(name: str) -> str:
    """Drop every character that a wrong decoding could have changed."""
    return "".join(char for char in name if char.isascii())


def mostly_ascii(name: str) -> bool:
    """Return whether more than half of a file's name is ASCII, which no wrong decoding changes."""
    stem = PurePosixPath(name).stem
    return 2 * len(ascii_letters(stem)) > len(stem)


def _unique_pairs(paths: list[str], files: set[str], key: Callable[[str], str]) -> dict[str, str]:
    """Pair the paths and files of equal keys, if no other path or file has the same key."""
    by_key: defaultdict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, names in enumerate((paths, files)):
        for name in names:
            by_key[key(name)][side].append(name)
    return {of[0]: named[0] for of, named in by_key.values() if len(of) == len(named) == 1}


WAYS = (  # to match a path to a file: name, key, and which paths and files may be matched
    ("variant", canonical, bool),
    ("apostrophe", lambda name: canonical(name).translate(APOSTROPHES), bool),
    ("ascii", ascii_letters, mostly_ascii),
)
