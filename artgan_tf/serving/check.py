"""Checks an export before it is published: TensorFlow's C++ loader must give Keras's pictures."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from artgan_tf.config import RunError
from artgan_tf.sampler import Sampler
from artgan_tf.sampling.models import decoded
from artgan_tf.serving.json_tensors import Arrays
from artgan_tf.serving.refusals import Refused
from artgan_tf.serving.servable import Servable

HALF_LEVELS = 3  # largest difference per pixel, in grey levels, that float16 weights may cause
SEEDS = [1, 2**53 - 1]


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
    loaded, wanted = _loaded(version), expected(sampler)
    refuse_python(version)
    for signature, inputs in requests(sampler).items():
        try:
            outputs = loaded.run(signature, inputs)
        except Refused as refused:
            raise RunError(f"The export's signature {signature} fails: {refused.text}.") from None
        if signature in wanted:
            ((name, found),) = outputs.items()
            found = decoded(found) if found.dtype == object else found
            compare(f"{signature}/{name}", found, wanted[signature], HALF_LEVELS if half else 0)


def _loaded(version: Path) -> Servable:
    try:
        return Servable(version, "", 0, warm=False)
    except Exception as error:  # OSError, and any kind that TensorFlow raises for damaged files
        first = f"{type(error).__name__}: {error}".splitlines()[0]
        raise RunError(f"TensorFlow's C++ loader cannot run the export: {first}") from error


def refuse_python(version: Path) -> None:
    """Raises RunError if operations need Python: TF Serving has none, but this process has."""
    if b"PyFunc" in (version / "saved_model.pb").read_bytes():
        raise RunError("The export has operations that need Python: TF Serving cannot run it.")


def compare(name: str, found: np.ndarray, wanted: np.ndarray, levels: int) -> None:
    """Compare an export's pictures with those of Keras, both uint8 [N, H, W, 3].

    Raises:
        RunError: the shapes differ, or a pixel differs by more than `levels` grey levels.
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


def requests(sampler: Sampler) -> dict[str, Arrays]:
    """Return the inputs of each signature for two pictures, or for one where files are taken."""
    k, model = sampler.gan.num_classes, sampler.gan.config.model
    label, seed = np.array([0, k - 1], np.int32), np.array(SEEDS, np.int64)
    picture = io.BytesIO()
    Image.fromarray(sampler.generate([0], [0])[0]).save(picture, "PNG")
    files = {"image_bytes": np.array([picture.getvalue()], object)}
    found: dict[str, Arrays] = {
        "serving_default": {"label": label, "seed": seed},
        "magnified": {"label": label, "seed": seed},
        "mix": {
            "seed": seed,
            "seed_to": seed[::-1].copy(),
            "t": np.array([0.0, 0.25], np.float32),
            "weights": _weights(k),
            "truncation": np.array([1.0, 0.5], np.float32),
        },
        "generate": {"z": sampler.latents(seed).numpy(), "label": label},
        "classify": files,
        "reconstruct": files,
    }
    if not model.magnify:
        del found["magnified"]
    if not model.autoencoder:
        del found["reconstruct"]
    return found


def expected(sampler: Sampler) -> Arrays:
    """Return Keras's pictures for these requests, uint8 [2, H, W, 3], by signature."""
    k, seeds = sampler.gan.num_classes, SEEDS
    plain = sampler.generate([0, k - 1], seeds)
    halves = [
        sampler.mix([seeds[i]], [seeds[1 - i]], [t], _weights(k)[i : i + 1], truncation=cut)
        for i, (t, cut) in enumerate([(0.0, 1.0), (0.25, 0.5)])
    ]
    found = {"serving_default": plain, "generate": plain, "mix": np.concatenate(halves)}
    if sampler.gan.config.model.magnify:
        found["magnified"] = sampler.generate([0, k - 1], seeds, magnified=True)
    return found


def _weights(k: int) -> np.ndarray:
    """Return weights [2, k]: a single class, and two classes in equal shares."""
    weights = np.zeros((2, k), np.float32)
    weights[0, 0] = 1.0
    weights[1, 0] = weights[1, k - 1] = 0.5 if k > 1 else 1.0
    return weights
