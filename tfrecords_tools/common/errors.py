"""Errors that end a verb with one sentence instead of a traceback."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path


class InputError(ValueError):
    """A mistake in arguments, configuration or input; exit code 2."""

    def __str__(self) -> str:
        """Return the message on one line, with unprintable characters escaped."""
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in super().__str__())


class NotThere(InputError):
    """Data with a valid name that have not been created or downloaded yet."""


class RunError(RuntimeError):
    """A failure at run time, such as a full disk, NaN or lack of memory; exit code 1."""


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, as part of a sentence, or else its kind."""
    line = (str(error).strip().splitlines() or [""])[0].strip(" .:")
    return line[:200] or type(error).__name__


def meant(word: str, allowed: Sequence[str]) -> str:
    """Return ` (did you mean 'demo'?)` if an allowed word is similar, or an empty string."""
    near = _near(word, allowed)
    return f" (did you mean {near!r}?)" if near else ""


def meant_folder(path: Path) -> str:
    """Return the same hint for a missing folder, naming a similar one in the same place."""
    try:
        near = _near(path.name, [each.name for each in path.parent.iterdir() if each.is_dir()])
    except OSError:
        return ""
    return f" (did you mean {str(path.with_name(near))!r}?)" if near not in ("", path.name) else ""


def _near(word: str, allowed: Sequence[str]) -> str:
    spelt = {each.lower(): each for each in allowed}
    return next((spelt[near] for near in get_close_matches(word.lower(), spelt, n=1)), "")
