"""Features of images, computed once: on disk, so that memory does not grow with their number."""

import hashlib
from pathlib import Path

import numpy as np
from tqdm import tqdm

from artgan_tf.evaluation import kept
from artgan_tf.evaluation.images import Images, Pixels, on_disk
from artgan_tf.metrics.extractors import Extracted, Extractor

CHUNK = 250  # images whose features lie in one file of the cache


class Features:
    """An extractor's features of sets of images.

    What a network with weights computes is kept in the cache, in chunks named by the content of
    images and weights: neither other data nor another network can be mistaken for them, and an
    evaluation that was interrupted goes on where it stopped.

    Args:
        extractor: images -> features.
        cache: folder that outlives the process.
        work: folder for whole sets, which does not.
    """

    def __init__(self, extractor: Extractor, cache: Path, work: Path):
        self.extractor, self.cache, self.work = extractor, cache, work
        self._known: dict[str, Extracted] = {}
        self._passing: dict[str, list[Path]] = {}

    def of(self, images: Images, name: str, keep: bool = True) -> Extracted:
        """Features float32 [N, D], and logits [N, K] where the extractor has a classifier.

        Args:
            images: any.
            name: stands before the progress bar.
            keep: whether the cache keeps them; what it need not, `forget` removes.
        """
        key = images.sha256
        if key not in self._known:
            files = [] if keep else self._passing.setdefault(key, [])
            self._known[key] = self._joined(images, name, files)
        return self._known[key]

    def forget(self) -> None:
        """Remove what need not stay: features of images that will not come again."""
        for key, files in self._passing.items():
            self._known.pop(key, None)  # it is not known yet where computing was interrupted
            for path in files:
                path.unlink(missing_ok=True)
        self._passing.clear()

    def _joined(self, images: Images, name: str, files: list[Path]) -> Extracted:
        """Memory maps of the features of all chunks; what is written is added to the files."""
        whole: dict[str, np.ndarray] = {}
        title = f"{name}: {self.extractor.name}"
        with tqdm(total=images.count, desc=title, unit="image", leave=False) as bar:
            for start in range(0, images.count, CHUNK):
                part = self._chunk(images.pixels[start : start + CHUNK], files)
                for kind, rows in part.items():
                    if kind not in whole:
                        file = self.work / f"{self.extractor.name}-{kind}-{images.sha256}.npy"
                        files.append(file)
                        whole[kind] = on_disk(file, rows.dtype, (images.count, *rows.shape[1:]))
                    whole[kind][start : start + len(rows)] = rows
                bar.update(len(part["features"]))
        return Extracted(whole["features"], whole.get("logits"))

    def _chunk(self, pixels: Pixels, files: list[Path]) -> dict[str, np.ndarray]:
        if not self.extractor.sha256:  # without weights it is computed sooner than read
            return self._computed(pixels)
        path = self._path(pixels)
        files.append(path)
        found = kept.read(path, self._loaded)
        if found is None:
            found = self._computed(pixels)
            with kept.written(path) as part:
                np.savez(part, **found)  # type: ignore[arg-type]
        return found

    def _loaded(self, path: Path) -> dict[str, np.ndarray]:
        kinds = ("features", "logits")[: 1 + self.extractor.has_logits]
        with np.load(path) as found:
            return {kind: found[kind] for kind in kinds}

    def _computed(self, pixels: Pixels) -> dict[str, np.ndarray]:
        extracted = self.extractor.extract(np.ascontiguousarray(pixels))._asdict()
        return {kind: rows for kind, rows in extracted.items() if rows is not None}

    def _path(self, pixels: Pixels) -> Path:
        digest = hashlib.sha256("\n".join(self.extractor.record().values()).encode())
        digest.update(str(pixels.shape).encode())
        digest.update(pixels.tobytes())
        return self.cache / "features" / f"{digest.hexdigest()}.npz"
