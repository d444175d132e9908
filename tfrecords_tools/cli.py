"""What every verb shares: one sentence for a user's mistake, exit code 2; 1 for a failed run."""

import sys
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

import tyro

from tfrecords_tools.errors import InputError, RunError

CONFIG = (tyro.conf.FlagCreatePairsOff,)


def main(
    verb: Callable[..., Any],
    prog: str,
    args: list[str] | None = None,
    options: type | None = None,
) -> NoReturn:
    """Parse the command line into the verb's typed arguments, call it, exit.

    Args:
        verb: a function; its signature is the command line, unless there are `options`.
        prog: what the help calls the program.
        args: the command line, if not the process's own.
        options: a dataclass whose fields are the command line; the verb takes one of it.
    """
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    try:
        parsed = tyro.cli(options or verb, prog=prog, args=args, config=CONFIG)
        if options:
            verb(parsed)
    except (InputError, RunError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, InputError) else 1)
    except KeyboardInterrupt:
        print("error: interrupted.", file=sys.stderr)
        sys.exit(1)
    sys.exit(0)
