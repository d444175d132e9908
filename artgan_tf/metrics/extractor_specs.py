"""SPECs of feature extractors, and what is wrong with one: told before a network is imported."""

import os
from collections.abc import Callable
from pathlib import Path

from artgan_tf.config import InputError
from artgan_tf.frozen.efficientnet_file import weights_file
from artgan_tf.metrics.weights import check_file
from tfrecords_tools.common.errors import meant

KINDS = (
    "inception-2015:FILE",
    "efficientnet",
    "classifier",
    "keras-inception",
    "savedmodel:DIR",
    "pixels",
    "random-projection[:SEED]",
)
KERAS_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
SAVED_MODEL = (
    "a SavedModel whose signature serving_default has one input, images as uint8 or float32 "
    "[N, H, W, 3] in 0..255 that are not resized, and the output features [N, D], with logits "
    "[N, K] beside it or not"
)


def check_extractor(spec: str) -> tuple[str, str]:
    """Kind and value of a SPEC; InputError for none, or without its file. Nothing is opened."""
    kind, colon, value = spec.partition(":")
    forms = {form.split(":")[0].removesuffix("["): form for form in KINDS}
    if kind not in forms:
        hint = meant(kind, tuple(forms))
        raise InputError(f"There is no extractor {spec!r}{hint}: take one of {', '.join(KINDS)}.")
    if colon and ":" not in forms[kind]:
        raise InputError(f"The extractor {kind} takes no value: leave out {colon + value!r}.")
    if kind in CHECKS:
        CHECKS[kind](value)
    return kind, value


def keras_file() -> Path:
    """Keras's weights of InceptionV3; InputError where they have not been downloaded."""
    path = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "models" / KERAS_FILE
    if not path.is_file():
        raise InputError(
            f"keras-inception needs the file {path}, which keras.applications.InceptionV3() "
            "downloads there: run that once, or put the file there."
        )
    return path


def _check_savedmodel(value: str) -> None:
    if not value or not (Path(value).expanduser() / "saved_model.pb").is_file():
        raise InputError(f"savedmodel:{value} is no SavedModel: give the folder of {SAVED_MODEL}.")


def _check_seed(value: str) -> None:
    if value and not (value.isascii() and value.isdigit()):
        raise InputError(f"random-projection:{value} will not do: the seed is a whole number >= 0.")


CHECKS: dict[str, Callable[[str], object]] = {
    "inception-2015": check_file,
    "efficientnet": lambda value: weights_file(),
    "keras-inception": lambda value: keras_file(),
    "savedmodel": _check_savedmodel,
    "random-projection": _check_seed,
}
