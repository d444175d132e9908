"""Feature extractors: they map images to features, and to logits if they have a classifier."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from artgan_tf.config import InputError

BATCH = 32


class Extracted(NamedTuple):
    """Features of N images, float32."""

    features: np.ndarray  # [N, D]
    logits: np.ndarray | None  # [N, K], before the softmax; None without a classifier


Run = Callable[[np.ndarray], tuple[Any, Any]]  # a full batch of images -> features, logits or None


@dataclass(frozen=True)
class Extractor:
    """Maps images to features; an image's features do not depend on the rest of the batch.

    Attributes:
        name: identifies the network in results; no two networks share a name.
        protocol: how images are preprocessed, and which features are used.
        run: computes one batch of exactly `batch` images.
        has_logits: whether it has a classifier, which the Inception score needs.
        sha256: hash of the file or folder with the weights; empty without weights.
        batch: images computed at a time.
    """

    name: str
    protocol: str
    run: Run
    has_logits: bool = False
    sha256: str = ""
    batch: int = BATCH

    def features(self, images: np.ndarray) -> np.ndarray:
        """Features float32 [N, D] of images uint8 [N, H, W, 3], N at least 1; see `extract`."""
        return self.extract(images).features

    def extract(self, images: np.ndarray) -> Extracted:
        """Features and logits of images uint8 [N, H, W, 3]; the last batch is padded to full size.

        Raises:
            InputError: the images have a wrong dtype or shape, or a feature is not finite.
        """
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3 or not images.size:
            raise InputError(
                f"Features are of uint8 images [N, H, W, 3], not of {images.dtype} "
                f"{list(images.shape)}."
            )
        starts = range(0, len(images), self.batch)
        parts = [self._batch(images[start : start + self.batch]) for start in starts]
        features, logits = zip(*parts, strict=True)
        return Extracted(
            np.concatenate(features), np.concatenate(logits) if self.has_logits else None
        )

    def _batch(self, images: np.ndarray) -> Extracted:
        count = len(images)
        filled = np.concatenate([images, np.repeat(images[-1:], self.batch - count, axis=0)])
        features, logits = (
            None if values is None else np.asarray(values, np.float32)[:count]
            for values in self.run(filled)
        )
        if features is None or features.ndim != 2:
            raise InputError(f"{self.name} gave no features [N, D]: use another network.")
        if odd := np.count_nonzero(~np.isfinite(features).all(axis=1)):
            raise InputError(
                f"{self.name} gave no finite features for {odd} of {count} images: check its "
                f"weights, and whether it divides by a contrast that these lack."
            )
        return Extracted(features, logits)

    def record(self) -> dict[str, str]:
        """The extractor, as a result records it."""
        return {"extractor": self.name, "protocol": self.protocol, "sha256": self.sha256}
