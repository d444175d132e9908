"""What every verb shares: one sentence for a user's mistake, exit code 2; 1 for a failed run."""

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from artgan_tf.config import InputError, RunError


def main(verb: Callable[..., Any], prog: str, args: list[str] | None = None) -> NoReturn:
    """Parse the command line into the verb's typed arguments, call it, exit."""
    import tyro

    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    try:
        tyro.cli(verb, prog=prog, args=args, config=(tyro.conf.FlagCreatePairsOff,))
    except (InputError, RunError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, InputError) else 1)
    except KeyboardInterrupt:
        print("error: interrupted.", file=sys.stderr)
        sys.exit(1)
    sys.exit(0)


def start_tensorflow() -> None:
    """Import TensorFlow and wake its devices without the notes its C++ side writes meanwhile."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _silent_stderr():
        import tensorflow as tf

        tf.config.list_physical_devices()


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    # The notes come before TensorFlow's log level counts, so only the file descriptor stops them.
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
