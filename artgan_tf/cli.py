"""What every verb shares: how it is called and answers, and how it starts what computes."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from artgan_tf.config import InputError
from tfrecords_tools.common.cli import command, main, output

__all__ = ["check_out", "command", "main", "output", "start_backend", "start_tensorflow"]


def check_out(folder: Path | None) -> None:
    """Raises InputError where --out names what cannot be a folder."""
    for path in (folder, *folder.absolute().parents) if folder else ():
        if path.exists() and not path.is_dir():
            raise InputError(f"--out {folder} will not do: {path} is a file, name a folder.")


def start_tensorflow() -> None:
    """Start TensorFlow, the only backend of most verbs; InputError where Keras has another."""
    if (backend := start_backend()) != "tensorflow":
        raise InputError(
            f"Keras's backend {backend} only trains: run this with KERAS_BACKEND=tensorflow."
        )


def start_backend() -> str:
    """Import Keras and its backend, and name it; of TensorFlow without its C++ side's notes."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with _silent_stderr():
            backend = _wake_up()
    except ModuleNotFoundError as error:
        raise InputError(
            f"{error}: install requirements.txt, or requirements-jax.txt and set KERAS_BACKEND=jax."
        ) from None
    if backend not in ("tensorflow", "jax"):
        raise InputError(f"Set KERAS_BACKEND to tensorflow or jax: {backend} is not supported.")
    return backend


def _wake_up() -> str:
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.list_physical_devices()
    return backend


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
