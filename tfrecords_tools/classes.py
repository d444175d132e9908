"""What holds for the classes of every source: names that can be kept, and images to train on."""

import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence

from tfrecords_tools.common.errors import InputError

SHOWN = 5  # names in a sentence
BREAKING = {"Cc", "Zl", "Zp"}  # control characters, every kind of line break among them
LONE = "Cs"  # half a character: bytes of a name that are not UTF-8


def check_names(names: Sequence[str], source: object) -> None:
    """Refuse class names that a file with a name a line does not keep, and names of two classes.

    tensorflow-datasets and `classes.txt` keep a name a line, without space around it.  A name that
    is lost there gives its label to the next one.

    Args:
        names: K.
        source: what to call the data in a message.

    Raises:
        InputError: naming the first that is empty, has a line break, another control character or
            space around it, or is another's once accents are composed (NFC).
    """
    for name in names:
        if problem := _problem(name):
            raise InputError(f"{source}: {name!r} is no name for a class: it {problem}; rename it.")
    for name, count in Counter(unicodedata.normalize("NFC", name) for name in names).items():
        if count > 1:
            raise InputError(f"{source}: {count} classes are called {name!r}: rename all but one.")


def check_trained(
    names: Sequence[str], trained: Iterable[int], held_out: Iterable[int], source: object
) -> None:
    """Refuse classes that are held out but not trained on, and warn of others without images.

    Args:
        names: K.
        trained: labels of the images to train on.
        held_out: labels of the others.
        source: what to call the data in a message.

    Raises:
        InputError: naming the classes.
    """
    missing = sorted(set(range(len(names))) - set(trained))
    if strange := [names[label] for label in sorted(set(missing) & set(held_out))]:
        raise InputError(
            f"{source}: {some(strange)} is held out but not trained on: give both the same classes."
        )
    if missing:
        found = some([names[label] for label in missing])
        warnings.warn(f"{source} has no images to train on of {found}.", stacklevel=3)


def some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


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
