"""Checks an export before it is published: TensorFlow's C++ loader must give Keras's pictures."""

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from artgan_tf.config import RunError
from artgan_tf.sampler import Sampler
from artgan_tf.serving import loader

Arrays = dict[str, np.ndarray]

HALF_LEVELS = 3  # largest difference per pixel, in grey levels, that float16 weights may cause


def run_loader(version: Path, requests: Mapping[str, np.ndarray]) -> Arrays:
    """Run an export in TensorFlow's C++ loader, in a process of its own; see `loader.py`.

    Args:
        version: the directory with saved_model.pb.
        requests: the input arrays, named `signature/input`.

    Returns:
        The output arrays, named `signature/output`, or `signature/error` if a signature failed.

    Raises:
        RunError: the export does not load.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "requests.npz", Path(folder) / "answers.npz"
        np.savez(given, **requests)  # type: ignore[arg-type]
        command = [sys.executable, "-P", loader.__file__, str(version), str(given), str(out)]
        quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
        done = subprocess.run(command, capture_output=True, text=True, env=quiet)
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:]
            raise RunError(f"TensorFlow's C++ loader cannot run the export: {' '.join(last)}")
        with np.load(out) as answers:
            return dict(answers)


def check(version: Path, sampler: Sampler, half: bool = False) -> None:
    """Run every signature of an export and compare its pictures with the sampler's.

    Args:
        version: the directory with saved_model.pb.
        sampler: the sampler that was exported.
        half: whether the export's weights are float16, which allows a difference of `HALF_LEVELS`.

    Raises:
        RunError: the export does not load, a signature fails, the pictures differ from the
            sampler's, or the weights are not finite.
    """
    _check_finite(sampler)
    wanted = expected(sampler)
    answers = run_loader(version, requests(sampler))
    for name, value in answers.items():
        if name.endswith("/error"):
            raise RunError(f"The export's signature {name.removesuffix('/error')} fails: {value}.")
    for name, images in wanted.items():
        found = answers[name]
        found = decoded(found) if found.dtype.kind == "S" else found
        compare(name, found, images, HALF_LEVELS if half else 0)


def compare(name: str, found: np.ndarray, wanted: np.ndarray, levels: int) -> None:
    """Compare an export's pictures with those of Keras.

    Args:
        name: name of the output, for the error.
        found: the export's pictures, uint8 [N, H, W, 3].
        wanted: the pictures from Keras, uint8 [N, H, W, 3].
        levels: largest allowed difference per pixel, in grey levels.

    Raises:
        RunError: the shapes differ, or a pixel differs by more than `levels`.
    """
    if found.shape != wanted.shape:
        raise RunError(f"The export's {name} has shape {found.shape}, in Keras {wanted.shape}.")
    apart = int(np.abs(found.astype(int) - wanted.astype(int)).max())
    if apart > levels:
        raise RunError(f"The export's {name} differs from Keras by {apart} grey levels.")


def _check_finite(sampler: Sampler) -> None:
    """Reject NaN and infinite weights: the pictures of Keras and of the export would all be black
    and therefore match.
    """
    for network in (sampler.generator, sampler.gan.discriminator):
        for variable in network.weights:
            if not np.isfinite(np.asarray(variable)).all():
                raise RunError(f"{variable.path} is not finite: export another checkpoint.")


def requests(sampler: Sampler) -> Arrays:
    """Build a request for two pictures from each signature (one picture for those that take files).

    Returns:
        The input arrays, named `signature/input`.
    """
    k, model = sampler.gan.num_classes, sampler.gan.config.model
    label, seed = np.array([0, k - 1], np.int32), np.array([1, 2**53 - 1], np.int64)
    picture = _encoded(sampler.generate([0], [0])[0])
    found = {
        "serving_default/label": label,
        "serving_default/seed": seed,
        "mix/seed": seed,
        "mix/seed_to": seed[::-1].copy(),
        "mix/t": np.array([0.0, 0.25], np.float32),
        "mix/weights": _weights(k),
        "mix/truncation": np.array([1.0, 0.5], np.float32),
        "generate/z": sampler.latents(seed).numpy(),
        "generate/label": label,
        "classify/image_bytes": np.array([picture]),
    }
    if model.magnify:
        found |= {"magnified/label": label, "magnified/seed": seed}
    if model.autoencoder:
        found["reconstruct/image_bytes"] = np.array([picture])
    return found


def expected(sampler: Sampler) -> Arrays:
    """Return Keras's pictures for these requests: uint8 [2, H, W, 3], named `signature/output`."""
    k, seed = sampler.gan.num_classes, [1, 2**53 - 1]
    plain = sampler.generate([0, k - 1], seed)
    halves = [
        sampler.mix(seed[i : i + 1], seed[::-1][i : i + 1], [t], _weights(k)[i : i + 1], False, cut)
        for i, (t, cut) in enumerate([(0.0, 1.0), (0.25, 0.5)])
    ]
    found = {
        "serving_default/image_bytes": plain,
        "generate/images": plain,
        "mix/image_bytes": np.concatenate(halves),
    }
    if sampler.gan.config.model.magnify:
        found["magnified/image_bytes"] = sampler.generate([0, k - 1], seed, magnified=True)
    return found


def decoded(encoded: np.ndarray) -> np.ndarray:
    """Decode N encoded images of one size to uint8 [N, H, W, 3]."""
    return np.stack([np.asarray(Image.open(io.BytesIO(item)).convert("RGB")) for item in encoded])


def _weights(k: int) -> np.ndarray:
    """Return weights [2, k]: a single class, and two classes in equal shares."""
    weights = np.zeros((2, k), np.float32)
    weights[0, 0] = 1.0
    weights[1, 0] = weights[1, k - 1] = 0.5 if k > 1 else 1.0
    return weights


def _encoded(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()
