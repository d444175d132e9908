"""The feature extractors, named by a SPEC: `kind` or `kind:value`.

    extractor = open_extractor("inception-2015:default_1.pt")
    features = extractor.features(images)  # uint8 [N, H, W, 3] -> float32 [N, 2048]

A wrong SPEC is reported before a network is imported; `KINDS`, at the end, lists all kinds.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from artgan_tf.config import InputError
from artgan_tf.frozen.efficientnet_file import weights_file
from artgan_tf.metrics.extractor import BATCH, Extractor
from artgan_tf.metrics.inception2015_weights import check_file
from tfrecords_tools.common import files
from tfrecords_tools.common.errors import first_line, meant

EFFICIENTNET_SIDE = 224  # side it was trained with
KERAS_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
SAVED_MODEL = (
    "a SavedModel whose signature serving_default has one input, images as uint8 or float32 "
    "[N, H, W, 3] in 0..255 that are not resized, and the output features [N, D], with logits "
    "[N, K] beside it or not"
)


def check_extractor(spec: str) -> tuple[str, str]:
    """Kind and value of a SPEC; InputError if it is wrong or its file is missing. Opens nothing."""
    kind, colon, value = spec.partition(":")
    if kind not in KINDS:
        hint, forms = meant(kind, tuple(KINDS)), ", ".join(forms_of_specs())
        raise InputError(f"There is no extractor {spec!r}{hint}: use one of {forms}.")
    if colon and ":" not in KINDS[kind].form:
        raise InputError(f"The extractor {kind} takes no value: leave out {colon + value!r}.")
    KINDS[kind].check(value)
    return kind, value


def forms_of_specs() -> list[str]:
    """The form of each kind: `inception-2015:FILE`, `efficientnet` and so on."""
    return [kind.form for kind in KINDS.values()]


def open_extractor(spec: str, batch: int = BATCH) -> Extractor:
    """Open the extractor of a SPEC, which computes `batch` images at a time.

    Raises:
        InputError: something is wrong or missing.
    """
    kind, value = check_extractor(spec)
    return replace(KINDS[kind].open(value), batch=batch)


# ---- the kinds ----------------------------------------------------------------------------------
def _inception_2015(value: str) -> Extractor:
    from artgan_tf.metrics.inception2015 import open_inception2015

    return open_inception2015(value)


def _efficientnet(value: str) -> Extractor:
    from artgan_tf.frozen import efficientnet

    sha256, side = efficientnet.sha256(), EFFICIENTNET_SIDE
    run = _resizing(side, efficientnet.load_efficientnet(pooled=True))
    protocol = f"bilinear to {side}x{side} with antialiasing, (x - 127) / 128, pooled [1280]"
    return Extractor("efficientnet-lite0", protocol, lambda x: (run(x), None), False, sha256)


def _keras_inception(value: str) -> Extractor:
    import keras

    path = _keras_file()
    try:
        whole = keras.applications.InceptionV3(weights=str(path), classifier_activation=None)
    except Exception as error:  # h5py and Keras raise several kinds
        reason = first_line(error)
        raise InputError(f"{path} is no weights file of Keras's InceptionV3: {reason}.") from None
    trunk = keras.Model(whole.input, [whole.get_layer("avg_pool").output, whole.output])
    protocol = "bilinear to 299x299 with antialiasing, x / 127.5 - 1, avg_pool [2048], logits"
    return Extractor("keras-inception", protocol, _resizing(299, trunk), True, _sha256(path))


def _resizing(side: int, trunk: Any) -> Callable[[np.ndarray], Any]:
    """Runs a Keras model of images in -1..1 on a batch of images in 0..255, resized."""
    import keras

    images = keras.Input((None, None, 3))
    x = keras.layers.Resizing(side, side, interpolation="bilinear", antialias=True)(images)
    network = keras.Model(images, trunk(keras.layers.Rescaling(1 / 127.5, offset=-1.0)(x)))
    network.jit_compile = False  # XLA's depthwise convolutions are slow on a CPU
    return lambda batch: network.predict_on_batch(batch.astype(np.float32))


def _savedmodel(value: str) -> Extractor:
    import tensorflow as tf

    folder = Path(value).expanduser()
    try:
        model = tf.saved_model.load(str(folder))
        signature = model.signatures["serving_default"]
        ((key, images),) = signature.structured_input_signature[1].items()
        fits = images.dtype in (tf.uint8, tf.float32) and "features" in signature.structured_outputs
    except Exception:  # TensorFlow raises several kinds
        fits = False
    if not fits:
        raise InputError(f"{folder} is not {SAVED_MODEL}.")
    has_logits = "logits" in signature.structured_outputs

    def run(batch_of: np.ndarray) -> tuple[Any, Any]:
        if not images.shape.is_compatible_with(batch_of.shape):
            wanted = list(images.shape)
            raise InputError(f"{folder} takes images {wanted}, not {list(batch_of.shape)}.")
        outputs = model.signatures["serving_default"](**{key: tf.constant(batch_of, images.dtype)})
        return outputs["features"].numpy(), outputs["logits"].numpy() if has_logits else None

    protocol = f"{images.dtype.name} in 0..255, as they are"
    return Extractor(f"savedmodel-{folder.name}", protocol, run, has_logits, _sha256(folder))


def _classifier(value: str) -> Extractor:
    raise InputError("The extractor classifier is trained on a data set: evaluate a run with it.")


def _pixels(value: str) -> Extractor:
    def run(images: np.ndarray) -> tuple[Any, Any]:
        return images.reshape(len(images), -1).astype(np.float32) / 255, None

    return Extractor("pixels", "x / 255, flattened", run)


def _keras_file(value: str = "") -> Path:
    """Keras's weights of InceptionV3; InputError if they have not been downloaded."""
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


def _sha256(path: Path) -> str:
    """SHA-256 of a file, or of all files in a folder with their names, in hexadecimal."""
    if path.is_file():
        return files.sha256(path)
    inside = sorted(file for file in path.rglob("*") if file.is_file())
    lines = (f"{_sha256(file)}  {file.relative_to(path).as_posix()}\n" for file in inside)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


class Kind(NamedTuple):
    """A kind of extractor: the form of its SPEC, and functions that open it and check its value."""

    form: str
    open: Callable[[str], Extractor]
    check: Callable[[str], object] = lambda value: None


KINDS = {
    # the network of FID, KID and Inception score in the literature
    "inception-2015": Kind("inception-2015:FILE", _inception_2015, check_file),
    # a second opinion that needs a package but no file
    "efficientnet": Kind("efficientnet", _efficientnet, lambda value: weights_file()),
    # trained on the real images; `artgan_tf.evaluation` provides it
    "classifier": Kind("classifier", _classifier),
    # Keras's InceptionV3; its figures are not comparable with the literature
    "keras-inception": Kind("keras-inception", _keras_inception, _keras_file),
    # the user's own network
    "savedmodel": Kind("savedmodel:DIR", _savedmodel, _check_savedmodel),
    "pixels": Kind("pixels", _pixels),
}
