"""What every verb shares: how it is called and answers, and how it starts TensorFlow."""

import contextlib
import os
import sys
from collections.abc import Iterator

from tfrecords_tools.cli import main

__all__ = ["main", "start_tensorflow"]


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
