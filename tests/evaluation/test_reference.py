"""The real images of an evaluation: read on first use, with their classifier and features."""

from pathlib import Path

import keras
import numpy as np
import pytest

from artgan_tf.config import Data, InputError, RunError
from artgan_tf.data.spec import open_source
from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.reference import Reference, open_reference
from artgan_tf.metrics import classifier
from tests.evaluation.material import Counted, images, reference, source
from tfrecords_tools.convert import convert
from tfrecords_tools.options import Options


def as_set(some: Images) -> set[bytes]:
    return {pixels.tobytes() for pixels in some.pixels}


def test_both_splits_are_whole_and_each_is_read_once_when_it_is_asked_for(tmp_path):
    train, val = images(50), images(20, 1)
    data = reference(tmp_path, train, val, None)
    assert as_set(data.split("val")) == as_set(val)
    assert data.split("val") is data.val
    assert [path.name for path in data.work.iterdir()] == ["val.npy"]
    assert as_set(data.split("train")) == as_set(train)
    assert data.split("train") is data.train
    assert data.classes == 3
    assert data.shares.tolist() == [17, 17, 16]


@pytest.mark.parametrize(("count", "validating"), [(3, 1), (50, 5), (20_000, 1_000)])
def test_a_tenth_of_the_training_images_validates_a_thousand_at_most(count, validating, tmp_path):
    data = reference(tmp_path, images(3), images(3), None)
    pixels = np.zeros((count, 1, 1, 3), np.uint8)
    vars(data)["train"] = Images(pixels, np.arange(count, dtype=np.int32))
    assert data.validation.labels.tolist() == list(range(count - validating, count))


def test_features_are_those_of_the_extractor_if_there_is_one(tmp_path):
    data = reference(tmp_path, images(3), images(3), None)
    with pytest.raises(InputError, match=r"name one with --extractor\.$"):
        _ = data.record
    assert data.pixels.of(data.val, "held-out").features.shape == (3, 8 * 8 * 3)
    data = Reference(data.source, data.data, Counted("beef").extractor, tmp_path, tmp_path)
    assert data.record == {"extractor": "counted", "protocol": "as they are", "sha256": "beef"}


def test_a_classifier_of_the_real_images_is_an_extractor(tmp_path, monkeypatch):
    def untrained(pixels: np.ndarray, labels: np.ndarray, classes: int) -> keras.Model:
        return classifier._network(pixels.shape[1:], classes)

    monkeypatch.setenv("ARTGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(classifier, "train_classifier", untrained)
    train, val = images(4, size=16), images(6, seed=1, size=16)
    data = open_reference(source(train, val), Data(image_size=16), "classifier", tmp_path)
    found = data.features.of(data.val, "held-out").features
    head = data.classifier.layers[-1]
    logits = data.classifier.predict_on_batch(data.val.pixels)
    np.testing.assert_allclose(found @ head.kernel + head.bias, logits, atol=1e-4)
    assert data.record["extractor"] == classifier.RECORD["extractor"]
    assert len(data.record["sha256"]) == 64


class Trained:
    """A fake classifier that counts how often one was trained."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.times = 0
        monkeypatch.setattr(classifier, "train_classifier", self.train)
        monkeypatch.setattr(keras.models, "load_model", lambda path: self.read(path.read_bytes()))

    def train(self, *_: object) -> "Trained":
        self.times += 1
        return self

    def save(self, path: Path) -> None:
        path.write_bytes(b"whole")

    def read(self, content: bytes) -> "Trained":
        if content != b"whole":
            raise OSError("it is damaged")
        return self


@pytest.mark.parametrize("change", ["", "pixels", "labels", "classes", "version", "damage"])
def test_a_classifier_is_trained_once_for_the_same_images_and_anew_for_others(
    change, tmp_path, monkeypatch
):
    def asked(train: Images, names: str = "abc") -> None:
        data = Reference(source(train, train, tuple(names)), cut, None, cache, tmp_path)
        vars(data)["train"] = train
        assert data.classifier is trained

    trained, cache = Trained(monkeypatch), tmp_path / "cache"
    cut, train = Data(image_size=8), images(40)
    asked(train)
    (file,) = (cache / "classifiers").iterdir()
    if change == "damage":
        file.write_bytes(b"who")
    if change == "version":
        monkeypatch.setattr(classifier, "VERSION", -1)
    labels = np.roll(train.labels, 1) if change == "labels" else train.labels
    pixels = train.pixels[::-1] if change == "pixels" else train.pixels
    asked(Images(pixels, labels), "abcd"[: 3 + (change == "classes")])
    assert trained.times == 1 + bool(change)
    assert {path.read_bytes() for path in file.parent.iterdir()} == {b"whole"}


def test_features_of_large_images_are_no_more_than_those_of_small_ones():
    for side in (32, 72):
        trunk = classifier.as_extractor(classifier._network((side, side, 3), 2))
        assert trunk.features(images(1, size=side).pixels).shape == (1, 1024)


@pytest.mark.parametrize(
    ("train", "val", "names", "words"),
    [
        (3, 0, "abc", "features need 2 held-out images, and there are 0; --data names other"),
        (1, 3, "abc", "features need 2 training images, and there are 1; --data names other"),
        (3, 3, "a", "needs two classes; --extractor names another network, such as efficientnet"),
    ],
)
def test_where_no_classifier_can_be_trained_the_reason_is_told(train, val, names, words, tmp_path):
    some = images(3)
    data = Reference(source(some, some, tuple(names)), Data(image_size=8), None, tmp_path, tmp_path)
    vars(data).update(train=some.first(train), val=some.first(val))
    data.use_own_extractor()
    assert data.extractor is None
    assert words in data.lack


def test_a_damaged_shard_is_a_failed_run_that_names_it(paintings, tmp_path):
    out = tmp_path / "shards"
    convert(Options(paintings, out, size=16, workers=1, shards=1))
    (shard,) = out.glob("*-train.tfrecord*")
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 0xFF
    shard.write_bytes(content)
    for spec in (str(out), f"tfrecords:{out}"):
        cut = Data(spec=spec, image_size=16)
        data = Reference(open_source(cut), cut, None, tmp_path / "cache", tmp_path)
        with pytest.raises(RunError, match=rf"is damaged: {shard.name}"):
            _ = data.train
