"""Which names classes may have: a line each of a text file, and told apart by whoever reads it."""

import unicodedata
from collections.abc import Sequence

from tfrecords_tools.errors import InputError

BREAKING = {"Cc", "Zl", "Zp"}  # control characters, every kind of line break among them
LONE = "Cs"  # half a character: bytes of a name that are not UTF-8


def check_names(names: Sequence[str], where: object) -> tuple[str, ...]:
    """The names, if they can be those of classes.

    tensorflow-datasets and `classes.txt` keep a name a line, without space around it.  A name that
    is lost there gives its label to the next one.

    Args:
        names: K of them.
        where: they come from, for the message.

    Raises:
        InputError: naming the first that is empty, has a line break, other control characters or
            space around it, or is another's, accents composed (NFC).
    """
    seen: set[str] = set()
    for name in names:
        if problem := _problem(name):
            raise InputError(f"{where}: the class name {name!r} {problem}: rename the class.")
        composed = unicodedata.normalize("NFC", name)
        if composed in seen:
            raise InputError(f"{where}: two classes are called {name!r}: rename one of them.")
        seen.add(composed)
    return tuple(names)


def _problem(name: str) -> str:
    """What is wrong with a name by itself, as the end of a sentence; empty for nothing."""
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
