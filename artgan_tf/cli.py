"""Shared by all verbs: command line and output, checks of `--out`, and starting the backend."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from artgan_tf.config import InputError
from tfrecords_tools.common.cli import command, main, output
from tfrecords_tools.common.errors import first_line

__all__ = ["check_out", "command", "main", "output", "require", "start_backend", "start_tensorflow"]


def check_out(folder: Path | None) -> None:
    """Raises InputError if `--out` or one of its parents is a file."""
    for path in (folder, *folder.absolute().parents) if folder else ():
        if path.exists() and not path.is_dir():
            raise InputError(f"--out {folder} needs a folder, but {path} is a file: name another.")


def require(holds: object, sentence: str) -> None:
    """Raises InputError with this sentence unless something holds."""
    if not holds:
        raise InputError(sentence)


def start_tensorflow() -> None:
    """Start TensorFlow; raises InputError if Keras is set to JAX, which is for training only."""
    if (backend := start_backend()) != "tensorflow":
        raise InputError(
            f"Keras's backend {backend} is only for training: set KERAS_BACKEND=tensorflow."
        )


def start_backend() -> str:
    """Import Keras and its backend, without TensorFlow's C++ log messages; returns its name.

    Raises InputError if it is another one than `tensorflow` or `jax`, or not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with _silent_stderr():
            backend = _import_backend()
    except ModuleNotFoundError as error:
        raise InputError(
            f"{error}: install requirements.txt, or requirements-jax.txt and set KERAS_BACKEND=jax."
        ) from None
    if backend not in ("tensorflow", "jax"):
        raise InputError(f"Set KERAS_BACKEND to tensorflow or jax: {backend} is not supported.")
    return backend


def _import_backend() -> str:
    try:
        import keras
    except ValueError as error:  # Keras does not know the backend
        raise InputError(f"Set KERAS_BACKEND to tensorflow or jax ({first_line(error)}).") from None
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import artgan_tf.backend.tensorflow  # noqa: F401
    return backend


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    # These messages come before TensorFlow reads its log level, so the descriptor is redirected.
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as devnull:
        os.dup2(devnull.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
