"""Features of images, and a cache that outlives the evaluation.

Features are stored on disk, so memory does not grow with their number.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from artgan_tf.config import InputError
from artgan_tf.evaluation.images import Images, Pixels, on_disk
from artgan_tf.metrics.extractor import Extracted, Extractor
from tfrecords_tools.common import files
from tfrecords_tools.common.files import reason

CHUNK = 250  # images per cache file
ADVICE = "name another folder with ARTGAN_CACHE"

T = TypeVar("T")


def cached(
    path: Path, load: Callable[[Path], T], compute: Callable[[], T], save: Callable[[T, Path], Any]
) -> T:
    """Load a cache file; if it is missing or damaged, compute its content and save it.

    The file is either complete or absent, even if two processes write it at once.

    Raises:
        InputError: the file's folder cannot be created.
        NotWritten: writing to the disk fails.
    """
    # NumPy, zipfile and Keras raise many kinds of errors for a damaged file.
    with suppress(Exception):
        if path.is_file():
            return load(path)
    found = compute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent} cannot be made: {reason(error)}; {ADVICE}.") from None
    with files.written(path, ADVICE) as part:
        save(found, part)
    return found


class Features:
    """Computes and stores an extractor's features of image sets.

    Features of a network with weights are cached in chunks. A chunk is named by the hash of its
    images and of the weights, so it never matches other data or another network, and an
    interrupted evaluation resumes where it stopped. The folder `cache` outlives the process; `work`
    is a temporary one for the features of whole sets.
    """

    def __init__(self, extractor: Extractor, cache: Path, work: Path):
        self.extractor, self.cache, self.work = extractor, cache, work
        self._cache: dict[str, Extracted] = {}
        self._passing: dict[str, list[Path]] = {}

    def of(self, images: Images, name: str, keep: bool = True) -> Extracted:
        """Features float32 [N, D], and logits [N, K] if the extractor has a classifier.

        `name` is the label of the progress bar. `forget` removes the features unless they are to
        `keep`.
        """
        key = images.sha256
        if key not in self._cache:
            paths = [] if keep else self._passing.setdefault(key, [])
            self._cache[key] = self._joined(images, name, paths)
        return self._cache[key]

    def forget(self) -> None:
        """Remove all features that were computed with `keep=False`."""
        for key, paths in self._passing.items():
            self._cache.pop(key, None)  # absent if the computation was interrupted
            for path in paths:
                path.unlink(missing_ok=True)
        self._passing.clear()

    def _joined(self, images: Images, name: str, paths: list[Path]) -> Extracted:
        """Memory maps of the features of all chunks; adds the files written to `paths`."""
        whole: dict[str, np.ndarray] = {}
        title = f"{name}: {self.extractor.name}"
        with tqdm(total=images.count, desc=title, unit="image", leave=False) as bar:
            for start in range(0, images.count, CHUNK):
                part = self._chunk(images.pixels[start : start + CHUNK], paths)
                for kind, rows in part.items():
                    if kind not in whole:
                        file = self.work / f"{self.extractor.name}-{kind}-{images.sha256}.npy"
                        paths.append(file)
                        whole[kind] = on_disk(file, rows.dtype, (images.count, *rows.shape[1:]))
                    whole[kind][start : start + len(rows)] = rows
                bar.update(len(part["features"]))
        return Extracted(whole["features"], whole.get("logits"))

    def _chunk(self, pixels: Pixels, paths: list[Path]) -> dict[str, np.ndarray]:
        if not self.extractor.sha256:  # without weights, computing is faster than reading
            return self._computed(pixels)
        path = self._path(pixels)
        paths.append(path)
        return cached(path, self._loaded, lambda: self._computed(pixels), _save)

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


def _save(found: dict[str, np.ndarray], path: Path) -> None:
    np.savez(path, **found)  # type: ignore[arg-type]
