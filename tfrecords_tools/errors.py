"""What ends a verb with a sentence instead of a traceback."""

from collections.abc import Sequence
from difflib import get_close_matches


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
    spelt = {each.lower(): each for each in allowed}
    near = get_close_matches(word.lower(), spelt, n=1)
    return f" (did you mean {spelt[near[0]]!r}?)" if near else ""
