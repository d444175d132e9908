"""The reference: the real images that generated ones are compared with, read once."""

from functools import cached_property
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from artgan_tf.config import Data, InputError, default_cache
from artgan_tf.data.source import Source, Split
from artgan_tf.evaluation.features import Features, cached
from artgan_tf.evaluation.images import Images, real_images
from artgan_tf.metrics import classifier
from artgan_tf.metrics.extractor import Extractor
from artgan_tf.metrics.extractors import open_extractor

OWN = "classifier"  # SPEC of the extractor that is trained on the reference's own images
LEAST = 2  # images needed in each split to compare features
VALIDATION = 1_000  # limit of training images that choose the width of Parzen windows


def open_reference(source: Source, data: Data, spec: str, work: Path) -> "Reference":
    """A reference with the extractor of a SPEC, or none if it is empty, and the user's cache.

    Raises InputError if it is the classifier, and there is one class.
    """
    opened = open_extractor(spec) if spec not in ("", OWN) else None
    reference = Reference(source, data, opened, default_cache(), work)
    if spec == OWN:
        if reference.classes < 2:
            raise InputError(f"Extractor {OWN} needs two classes: name another, as efficientnet.")
        reference.use_classifier()
    return reference


class Reference:
    """Both splits of a data set, each read on first use.

    Args:
        source, data: the data, and its settings, which give the image size.
        extractor: computes features; None if no metric needs any.
        cache: folder that outlives the process.
        work: temporary folder for images and features.

    Attributes:
        pixels: pixels from 0 to 1, used as features.
        lack: why there are no features, in words; empty if there are.
    """

    def __init__(
        self, source: Source, data: Data, extractor: Extractor | None, cache: Path, work: Path
    ):
        self.source, self.data, self.cache, self.work = source, data, cache, work
        self.lack = ""
        self._features = Features(extractor, cache, work) if extractor else None
        self.pixels = Features(open_extractor("pixels"), cache, work)

    def use_own_extractor(self) -> None:
        """Use a classifier of the training images; if none can be trained, `lack` says why."""
        few = {"held-out": self.val.count, "training": self.train.count}
        if kind := next((kind for kind, count in few.items() if count < LEAST), ""):
            need = f"{LEAST} {kind} images, and there are {few[kind]}"
            self.lack = f"features need {need}; --data names other real images"
        elif self.classes < 2:
            self.lack = (
                "a classifier of the real images, which would give the features, needs two "
                "classes; --extractor names another network, such as efficientnet"
            )
        else:
            self.use_classifier()

    def use_classifier(self) -> None:
        """Use the classifier's last features."""
        own = classifier.as_extractor(self.classifier)
        self._features = Features(own, self.cache, self.work)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.source.class_names)

    @cached_property
    def train(self) -> Images:
        """All training images."""
        return self._read(self.source.train, "train.npy", "training images")

    @cached_property
    def val(self) -> Images:
        """All held-out images."""
        return self._read(self.source.val, "val.npy", "held-out images")

    def _read(self, split: Split, file: str, name: str) -> Images:
        return real_images(split, self.data, self.work / file, name)

    def split(self, name: str) -> Images:
        """`train` or `val`."""
        return self.train if name == "train" else self.val

    @property
    def validation(self) -> Images:
        """The last training images; the first ones stand in for generated images."""
        count = min(VALIDATION, max(1, self.train.count // 10))
        return Images(self.train.pixels[-count:], self.train.labels[-count:])

    @property
    def shares(self) -> NDArray[np.int64]:
        """Number of training images of each class."""
        return np.bincount(self.train.labels, minlength=self.classes)

    @cached_property
    def classifier(self) -> keras.Model:
        """Classifier of the training images: trained once, then read from the cache."""
        train, classes = self.train, self.classes
        file = f"{train.sha256}-{classes}-{classifier.VERSION}.keras"
        return cached(
            self.cache / "classifiers" / file,
            keras.models.load_model,
            lambda: classifier.train_classifier(train.pixels, train.labels, classes),
            lambda model, part: model.save(part),
        )

    def classes_seen(self, images: Images) -> NDArray[np.intp]:
        """Class that the classifier predicts for each image, int [N]."""
        return classifier.predicted(self.classifier, images.pixels)

    @property
    def features(self) -> Features:
        """Features of the extractor; InputError if there is no extractor."""
        if self._features is None:
            raise InputError("There is no extractor: name one with --extractor.")
        return self._features

    @property
    def extractor(self) -> Extractor | None:
        """Computes the features; None if there are none."""
        return self._features.extractor if self._features else None

    @property
    def record(self) -> dict[str, str]:
        """The extractor, as a result records it."""
        return self.features.extractor.record()

    def forget(self) -> None:
        """Drop the features of images that are not needed again."""
        for features in filter(None, (self._features, self.pixels)):
            features.forget()
