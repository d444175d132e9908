"""What holds for the classes of every source: names that can be kept, and images to train on."""

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence

from tfrecords_tools.errors import InputError

SHOWN = 5  # names in a sentence


def check_names(names: Sequence[str], source: object) -> None:
    """Refuse class names that a file with a name a line cannot hold, and names of two classes.

    Args:
        names: K.
        source: what to call the data in a message.

    Raises:
        InputError: naming the first such class.
    """
    for name, count in Counter(names).items():
        if not name.isprintable():
            raise InputError(f"{source}: {name!r} is no name for a class: rename it.")
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
