"""Feature extractors for the metrics, by a SPEC: `kind` or `kind:value`.

    extractor = open_extractor("inception-2015:default_1.pt")
    features = extractor.features(images)  # uint8 [N, H, W, 3] -> float32 [N, 2048]

`inception-2015:FILE`, the network that the literature's FID, KID and Inception score mean;
`efficientnet`, a second opinion that needs a package but no file; `classifier`, trained on the
data's own images by whoever has them (`artgan_tf.evaluation`); `keras-inception`, Keras's own
InceptionV3, whose figures are none of those; `savedmodel:DIR`, a network of one's own; `pixels`;
`random-projection[:SEED]`, small and without weights, for tests.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from artgan_tf.config import InputError
from artgan_tf.metrics.extractor_specs import SAVED_MODEL, check_extractor, keras_file

BATCH = 32
PROJECTED = 64
EFFICIENTNET_SIDE = 224  # as it was trained


class Extracted(NamedTuple):
    """What an extractor makes of N images, float32."""

    features: np.ndarray  # [N, D]
    logits: np.ndarray | None  # [N, K], before the softmax; None where there is no classifier


Run = Callable[[np.ndarray], tuple[Any, Any]]  # a full batch of images -> features, logits or None


@dataclass(frozen=True)
class Extractor:
    """Images in, features out; the same for an image whatever the others beside it.

    Attributes:
        name: stands in the names of results, so that no two networks share it.
        protocol: what becomes of the images, and which features are taken.
        run: computes one batch, always of `batch` images.
        has_logits: whether there is a classifier, which the Inception score needs.
        sha256: of the file or folder with the weights; empty where there is none.
        batch: images computed at a time.
    """

    name: str
    protocol: str
    run: Run
    has_logits: bool = False
    sha256: str = ""
    batch: int = BATCH

    def features(self, images: np.ndarray) -> np.ndarray:
        """float32 [N, D] of images: uint8 [N, H, W, 3], any N from 1; see `extract`."""
        return self.extract(images).features

    def extract(self, images: np.ndarray) -> Extracted:
        """Features and logits.

        Args:
            images: uint8 [N, H, W, 3], any N from 1; the last batch is filled up to be like others.

        Raises:
            InputError: the images are of another type or shape, or a feature is not finite.
        """
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3 or not images.size:
            raise InputError(
                f"Features are of uint8 images [N, H, W, 3], not of {images.dtype} "
                f"{list(images.shape)}."
            )
        parts = [
            self._batch(images[start : start + self.batch])
            for start in range(0, len(images), self.batch)
        ]
        features = np.concatenate([part.features for part in parts])
        if not self.has_logits:
            return Extracted(features, None)
        return Extracted(features, np.concatenate([part.logits for part in parts]))

    def _batch(self, images: np.ndarray) -> Extracted:
        count = len(images)
        filled = np.concatenate([images, np.repeat(images[-1:], self.batch - count, axis=0)])
        features, logits = (
            None if values is None else np.asarray(values, np.float32)[:count]
            for values in self.run(filled)
        )
        if features is None or features.ndim != 2:
            raise InputError(f"{self.name} gave no features [N, D]: take another network.")
        if odd := np.count_nonzero(~np.isfinite(features).all(axis=1)):
            raise InputError(
                f"{self.name} gave no finite features for {odd} of {count} images: check its "
                f"weights, and whether it divides by a contrast that these lack."
            )
        return Extracted(features, logits)

    def record(self) -> dict[str, str]:
        """What a result must tell of its extractor."""
        return {"extractor": self.name, "protocol": self.protocol, "sha256": self.sha256}


def open_extractor(spec: str, batch: int = BATCH) -> Extractor:
    """The extractor that a SPEC names; InputError says in one sentence what is wrong or missing.

    Args:
        spec: one of `extractor_specs.KINDS`.
        batch: images computed at a time, at least 1.
    """
    if batch < 1:
        raise InputError(f"A batch of {batch} images will not do: take 1 or more.")
    kind, value = check_extractor(spec)
    return OPENERS[kind](value, batch)


# ---- the kinds ----------------------------------------------------------------------------------
def _inception_2015(value: str, batch: int) -> Extractor:
    from artgan_tf.metrics import inception2015
    from artgan_tf.metrics.weights import read_weights

    weights = read_weights(value)
    network = inception2015.load(weights)
    softmax = weights.softmax

    def run(images: np.ndarray) -> tuple[Any, Any]:
        features = np.asarray(network.predict_on_batch(images))
        return features, None if softmax is None else features @ softmax

    classifier = "" if softmax is None else ", logits [1008] without bias"
    protocol = f"TF1 bilinear to 299x299, (x - 128) / 128, pool3 [2048]{classifier}"
    name = "inception-2015" if weights.known else f"inception-2015-{weights.sha256[:8]}"
    return Extractor(name, protocol, run, softmax is not None, weights.sha256, batch)


def _efficientnet(value: str, batch: int) -> Extractor:
    import keras

    from artgan_tf.frozen import efficientnet

    sha256, side = efficientnet.sha256(), EFFICIENTNET_SIDE
    images = keras.Input((None, None, 3))
    x = keras.layers.Resizing(side, side, interpolation="bilinear", antialias=True)(images)
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(x)
    network = keras.Model(images, efficientnet.load_efficientnet(pooled=True)(x))
    network.jit_compile = False  # XLA's depthwise convolutions are slow on a CPU

    def run(batch_of: np.ndarray) -> tuple[Any, Any]:
        return network.predict_on_batch(batch_of.astype(np.float32)), None

    protocol = f"bilinear to {side}x{side} with antialiasing, (x - 127) / 128, pooled [1280]"
    return Extractor("efficientnet-lite0", protocol, run, False, sha256, batch)


def _keras_inception(value: str, batch: int) -> Extractor:
    import keras

    path = keras_file()
    try:
        whole = keras.applications.InceptionV3(weights=str(path), classifier_activation=None)
    except Exception as error:  # h5py and Keras raise several kinds
        reason = str(error).split("\n")[0].strip(" .")
        raise InputError(f"{path} is no weights file of Keras's InceptionV3: {reason}.") from None
    images = keras.Input((None, None, 3))
    x = keras.layers.Resizing(299, 299, interpolation="bilinear", antialias=True)(images)
    trunk = keras.Model(whole.input, [whole.get_layer("avg_pool").output, whole.output])
    network = keras.Model(images, trunk(keras.layers.Rescaling(1 / 127.5, offset=-1.0)(x)))
    network.jit_compile = False

    def run(batch_of: np.ndarray) -> tuple[Any, Any]:
        features, logits = network.predict_on_batch(batch_of.astype(np.float32))
        return features, logits

    protocol = "bilinear to 299x299 with antialiasing, x / 127.5 - 1, avg_pool [2048], logits"
    return Extractor("keras-inception", protocol, run, True, _sha256(path), batch)


def _savedmodel(value: str, batch: int) -> Extractor:
    import tensorflow as tf

    folder = Path(value).expanduser()
    try:
        model = tf.saved_model.load(str(folder))
        signature = model.signatures["serving_default"]
        (key, images), *others = signature.structured_input_signature[1].items()
    except Exception:  # TensorFlow raises several kinds
        raise InputError(f"{folder} is not {SAVED_MODEL}.") from None
    fits = not others and images.dtype in (tf.uint8, tf.float32)
    if not fits or "features" not in signature.structured_outputs:
        raise InputError(f"{folder} is not {SAVED_MODEL}.")
    has_logits = "logits" in signature.structured_outputs

    def run(batch_of: np.ndarray) -> tuple[Any, Any]:
        if not images.shape.is_compatible_with(batch_of.shape):
            wanted = list(images.shape)
            raise InputError(f"{folder} takes images {wanted}, not {list(batch_of.shape)}.")
        outputs = model.signatures["serving_default"](**{key: tf.constant(batch_of, images.dtype)})
        return outputs["features"].numpy(), outputs["logits"].numpy() if has_logits else None

    protocol = f"{images.dtype.name} in 0..255, as they are"
    return Extractor(f"savedmodel-{folder.name}", protocol, run, has_logits, _sha256(folder), batch)


def _classifier(value: str, batch: int) -> Extractor:
    raise InputError("The extractor classifier is trained on a data set: evaluate a run with it.")


def _pixels(value: str, batch: int) -> Extractor:
    return Extractor("pixels", "x / 255, flattened", lambda x: (_flat(x), None), batch=batch)


def _random_projection(value: str, batch: int) -> Extractor:
    seed = int(value or 0)

    def run(images: np.ndarray) -> tuple[Any, Any]:
        flat = _flat(images)
        matrix = np.random.default_rng(seed).standard_normal((flat.shape[1], PROJECTED), np.float32)
        return flat @ (matrix / np.sqrt(len(matrix), dtype=np.float32)), None

    protocol = f"x / 255, flattened, times normal numbers / sqrt(their length), [{PROJECTED}]"
    return Extractor(f"random-projection-{seed}", protocol, run, batch=batch)


OPENERS: dict[str, Callable[[str, int], Extractor]] = {
    "inception-2015": _inception_2015,
    "efficientnet": _efficientnet,
    "classifier": _classifier,
    "keras-inception": _keras_inception,
    "savedmodel": _savedmodel,
    "pixels": _pixels,
    "random-projection": _random_projection,
}


def _flat(images: np.ndarray) -> np.ndarray:
    """float32 [N, H * W * 3] in 0..1."""
    return images.reshape(len(images), -1).astype(np.float32) / 255


def _sha256(path: Path) -> str:
    """Of a file, or of all files in a folder with their names, in hexadecimal."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    inside = sorted(file for file in path.rglob("*") if file.is_file())
    lines = (f"{_sha256(file)}  {file.relative_to(path).as_posix()}\n" for file in inside)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
