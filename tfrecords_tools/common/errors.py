"""What ends a verb with a sentence instead of a traceback."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path


class InputError(ValueError):
    """A mistake in arguments, configuration or input: exit code 2."""

    def __str__(self) -> str:
        """One line, whatever it quotes: what is no character to print is escaped."""
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in super().__str__())


class NotThere(InputError):
    """Data that are well named, and have not been made or downloaded yet."""


class RunError(RuntimeError):
    """Work that cannot go on (a full disk, NaN, out of memory): exit code 1."""


def meant(word: str, allowed: Sequence[str]) -> str:
    """` (did you mean 'demo'?)` where one of the allowed words is near, else nothing."""
    near = _near(word, allowed)
    return f" (did you mean {near!r}?)" if near else ""


def meant_folder(path: Path) -> str:
    """The same for the path of no folder, of those that lie beside it."""
    try:
        near = _near(path.name, [each.name for each in path.parent.iterdir() if each.is_dir()])
    except OSError:
        return ""
    return f" (did you mean {str(path.with_name(near))!r}?)" if near not in ("", path.name) else ""


def _near(word: str, allowed: Sequence[str]) -> str:
    spelt = {each.lower(): each for each in allowed}
    return next((spelt[near] for near in get_close_matches(word.lower(), spelt, n=1)), "")
