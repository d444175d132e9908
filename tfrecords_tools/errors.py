"""What goes wrong, as one sentence for the user."""


class InputError(ValueError):
    """A mistake in arguments, configuration or input: exit code 2."""


class RunError(RuntimeError):
    """Work that cannot go on (a full disk, NaN, out of memory): exit code 1."""
