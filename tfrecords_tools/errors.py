"""What ends a verb with a sentence instead of a traceback."""


class InputError(ValueError):
    """A mistake in arguments, configuration or input: exit code 2."""

    def __str__(self) -> str:
        """One line, whatever it quotes: what is no character to print is escaped."""
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in super().__str__())


class RunError(RuntimeError):
    """Work that cannot go on (a full disk, NaN, out of memory): exit code 1."""
