"""Opens MODEL, a run's directory or an export, and generates pictures with either."""

import io
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from artgan_tf.class_names import class_index
from artgan_tf.config import InputError
from artgan_tf.runs.load import load
from artgan_tf.runs.steps import Which
from artgan_tf.sampler import Sampler, check_rows
from artgan_tf.sampling.places import Place, damaged, find_model
from tfrecords_tools.common.errors import first_line

Inputs = dict[str, np.ndarray]
BATCH = 100


def open_model(path: Path | str, which: Which = "latest") -> "Model":
    """Open a run's directory, `pretrained:NAME`, or an export's name or version level.

    Returns:
        A `Sampler` of the checkpoint `which` for a run, an `Exported` for an export.

    Raises:
        InputError: the path is none of these.
    """
    place = find_model(path)
    return Exported(place) if place.exported else load(place.folder, which)


class Exported:
    """An export's generator, called through its signatures, as TF Serving does.

    Args:
        place: a version of an export.
    """

    def __init__(self, place: Place):
        self.folder, self.facts, self.class_names = place.folder, place.facts, place.class_names

    @cached_property
    def signatures(self) -> Any:
        """The export's signatures by name, loaded on first use; InputError if they do not load."""
        try:
            # The functions fail once the module is freed.
            self._module = tf.saved_model.load(str(self.folder))
        except (MemoryError, tf.errors.ResourceExhaustedError):  # no fault of the files
            raise
        except Exception as error:  # damaged and half-copied files raise any kind
            raise damaged(self.folder, first_line(error)) from None
        return self._module.signatures

    def generate(
        self,
        classes: Sequence[str | int | np.integer],
        seeds: Sequence[int],
        magnified: bool = False,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """Generate pictures, uint8 [N, H, W, 3], with the arguments of `Sampler.generate`.

        Raises:
            InputError: a class does not exist, there are not as many seeds as classes, or the
                export lacks the signature.
        """
        labels = [class_index(self.class_names, name) for name in classes]
        if truncation != 1.0:
            weights = np.eye(len(self.class_names))[labels]
            return self.mix(seeds, seeds, [0.0] * len(labels), weights, magnified, truncation)
        inputs: Inputs = {"label": np.array(labels, np.int32), "seed": np.array(seeds, np.int64)}
        return self._generate("magnified" if magnified else "serving_default", inputs)

    def mix(
        self,
        seeds: Sequence[int],
        seeds_to: Sequence[int],
        t: Sequence[float],
        weights: np.ndarray,
        magnified: bool = False,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """Generate pictures, uint8 [N, H, W, 3], with the arguments of `Sampler.mix`.

        Raises:
            InputError: `magnified` is true, which exports do not support here, the arguments are
                not N each, or the export lacks the signature.
        """
        if magnified:
            raise InputError("An export magnifies whole classes and seeds only: name the run.")
        inputs: Inputs = {
            "seed": np.array(seeds, np.int64),
            "seed_to": np.array(seeds_to, np.int64),
            "t": np.array(t, np.float32),
            "weights": np.asarray(weights, np.float32),
            "truncation": np.full(len(seeds), truncation, np.float32),
        }
        return self._generate("mix", inputs)

    def _generate(self, signature: str, inputs: Inputs) -> np.ndarray:
        if signature not in self.signatures:
            raise InputError(f"{self.folder} has no signature {signature}: leave out --magnified.")
        check_rows(**inputs)
        count, found = len(inputs["seed"]), []
        for start in range(0, count, BATCH):
            part = {k: tf.constant(v[start : start + BATCH]) for k, v in inputs.items()}
            found += list(self.signatures[signature](**part)["image_bytes"].numpy())
        side = self.facts["image_size"] * (2 if signature == "magnified" else 1)
        return decoded(found) if found else np.empty((0, side, side, 3), np.uint8)


def decoded(encoded: Sequence[bytes] | np.ndarray) -> np.ndarray:
    """Decode N encoded images of one size, at least one, to uint8 [N, H, W, 3]."""
    return np.stack([np.asarray(Image.open(io.BytesIO(item)).convert("RGB")) for item in encoded])


Model = Sampler | Exported
