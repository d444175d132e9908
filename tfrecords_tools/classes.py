"""Checks the classes of every source: names must be storable, and classes need training images."""

import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence

from tfrecords_tools.common.errors import InputError

SHOWN = 5  # names in a message
BREAKING = {"Cc", "Zl", "Zp"}  # control characters, including every kind of line break
LONE = "Cs"  # surrogates, which stand for bytes of a file name that are not UTF-8


def check_names(names: Sequence[str], source: object) -> None:
    """Refuse duplicate class names, and those that a file with one name per line cannot store.

    tensorflow-datasets and `classes.txt` store one name per line and strip spaces around it.  A
    name that is lost there gives its label to the next one.

    Raises:
        InputError: a name of `source` is empty, contains a control character, is not UTF-8, begins
            or ends with a space, or equals another once accents are composed (NFC).
    """
    for name in names:
        if problem := _problem(name):
            raise InputError(f"{source}: {name!r} is not a class name: it {problem}; rename it.")
    for name, count in Counter(unicodedata.normalize("NFC", name) for name in names).items():
        if count > 1:
            raise InputError(f"{source}: {count} classes are called {name!r}: rename all but one.")


def check_trained(
    names: Sequence[str], trained: Iterable[int], held_out: Iterable[int], source: object
) -> None:
    """Warn of classes without any images; raise InputError if one is only held out.

    `trained` and `held_out` are the labels of all images; messages name `source`.
    """
    missing = sorted(set(range(len(names))) - set(trained))
    if strange := [names[label] for label in sorted(set(missing) & set(held_out))]:
        raise InputError(
            f"{source} has held-out images but no training images of {some(strange)}: give both "
            f"splits the same classes."
        )
    if missing:
        found = some([names[label] for label in missing])
        warnings.warn(f"{source} has no training images of {found}.", stacklevel=3)


def some(names: Sequence[str]) -> str:
    """Return the first few names, and the number of the others."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _problem(name: str) -> str:
    """Return what is wrong with a name, as the end of a sentence; empty if nothing is."""
    kinds = {unicodedata.category(char) for char in name}
    if not name.strip():
        return "is empty"
    if kinds & BREAKING:
        return "has a line break or another control character"
    if LONE in kinds:
        return "is not UTF-8"
    if name != name.strip():
        return "begins or ends with a space"
    return ""
