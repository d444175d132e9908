"""The classifier that generated images are shown to: what it learns, and that it is kept."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.evaluation import classifier
from artgan_tf.evaluation.classifier import predicted, trained_classifier
from artgan_tf.evaluation.images import Images
from tests.evaluation.material import images, peak


def coloured(count: int, seed: int) -> Images:
    """Noise that is brightest in the channel of its class."""
    noise = images(count, seed, size=16)
    pixels = noise.pixels // 2
    pixels[np.arange(count), ..., noise.labels] += 60
    return Images(pixels, noise.labels)


TRAIN = coloured(120, 0)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[keras.Model, Path]:
    """A classifier and the cache where it is kept."""
    cache = tmp_path_factory.mktemp("classifiers")
    return trained_classifier(TRAIN, 3, cache), cache


def test_it_tells_classes_apart(trained: tuple[keras.Model, Path]) -> None:
    other = coloured(150, 1)
    given = predicted(trained[0], other)
    assert given.shape == (150,)
    assert (given == other.labels).mean() > 0.9


def test_it_is_trained_once_for_the_same_images(
    trained: tuple[keras.Model, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, cache = trained
    monkeypatch.setattr(classifier, "_trained", lambda *_: pytest.fail("it trains again"))
    equal = Images(TRAIN.pixels.copy(), TRAIN.labels.copy())
    again = trained_classifier(equal, 3, cache)
    pixels = images(9, 5, size=16).pixels
    np.testing.assert_array_equal(model.predict_on_batch(pixels), again.predict_on_batch(pixels))


@pytest.mark.parametrize("change", ["images", "labels", "classes", "version"])
def test_it_is_trained_anew_for_anything_else(
    change: str, trained: tuple[keras.Model, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.roll(TRAIN.labels, 1) if change == "labels" else TRAIN.labels
    pixels = TRAIN.pixels[::-1] if change == "images" else TRAIN.pixels
    if change == "version":
        monkeypatch.setattr(classifier, "VERSION", -1)

    def train(*_: Any) -> keras.Model:
        raise NotImplementedError

    monkeypatch.setattr(classifier, "_trained", train)
    with pytest.raises(NotImplementedError):
        trained_classifier(Images(pixels, labels), 3 + (change == "classes"), trained[1])


@pytest.mark.parametrize("left", [0, 1000])
def test_a_damaged_file_is_trained_and_written_anew(
    left: int, trained: tuple[keras.Model, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, cache = trained
    (file,) = (cache / "classifiers").glob(f"{TRAIN.sha256}-3-{classifier.VERSION}.keras")
    (tmp_path / "classifiers").mkdir()
    damaged = tmp_path / "classifiers" / file.name
    damaged.write_bytes(file.read_bytes()[:left])
    monkeypatch.setattr(classifier, "_trained", lambda *_: model)
    assert trained_classifier(TRAIN, 3, tmp_path) is model
    assert [path.name for path in damaged.parent.iterdir()] == [file.name]
    assert predicted(keras.models.load_model(damaged), TRAIN).tolist() == (
        predicted(model, TRAIN).tolist()
    )


def test_training_disturbs_no_other_randomness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "EPOCHS", 1)

    def draws(between: Any) -> list[float]:
        keras.utils.set_random_seed(3)
        between()
        drawn = [np.random.rand(), float(keras.random.uniform(())), float(tf.random.uniform(()))]
        return [*drawn, float(keras.initializers.GlorotUniform()((2, 2))[0, 0])]

    assert draws(lambda: classifier._trained(TRAIN, 3)) == draws(lambda: None)


def test_the_same_images_give_the_same_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "EPOCHS", 2)
    found = [classifier._trained(TRAIN, 3).predict_on_batch(TRAIN.pixels) for _ in range(2)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)


def test_an_epoch_shows_every_image_but_the_tenth_held_back_once() -> None:
    numbered = Images(np.zeros((50, 2, 2, 3), np.uint8), np.arange(50, dtype=np.int32))
    batches = classifier._batches(numbered, range(5, 50), shuffled=True)
    epochs = [[label for _, labels in batches for label in labels.numpy()] for _ in range(2)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(5, 50))
        assert epoch != sorted(epoch)
    assert epochs[0] != epochs[1]
    kept = classifier._batches(numbered, range(5), shuffled=False)
    assert [label for _, labels in kept for label in labels.numpy()] == list(range(5))


def test_pixels_stay_with_their_labels() -> None:
    shown = images(70, size=2)
    numbered = Images(shown.pixels, np.arange(70, dtype=np.int32))
    for pixels, labels in classifier._batches(numbered, range(70), shuffled=True):
        np.testing.assert_array_equal(pixels, shown.pixels[labels.numpy()])


def test_a_tenth_of_the_images_is_never_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    batches, given = classifier._batches, {}

    def spy(some: Images, part: range, shuffled: bool) -> Any:
        given[shuffled] = set(part)
        return batches(some, part, shuffled)

    monkeypatch.setattr(classifier, "_batches", spy)
    monkeypatch.setattr(classifier, "EPOCHS", 1)
    classifier._trained(TRAIN, 3)
    assert given[True] | given[False] == set(range(120))
    assert not given[True] & given[False]
    assert len(given[False]) == 12


class Watched(np.ndarray):
    """Remembers how many rows were read at a time."""

    most = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        Watched.most = max(Watched.most, len(found))
        return found


def test_training_reads_images_as_it_needs_them() -> None:
    pixels = np.broadcast_to(np.arange(3, dtype=np.uint8), (3000, 64, 64, 3))  # 37 MB
    many = Images(pixels.view(Watched), np.zeros(3000, np.int32))

    def epoch() -> None:
        for _ in classifier._batches(many, range(100, 3000), shuffled=True):
            pass

    assert peak(epoch) < 10e6
    assert Watched.most == classifier.BATCH


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_predicted_is_the_largest_logit_whatever_the_batch(
    batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier, "BATCH", batch)
    some = images(50)
    fake = SimpleNamespace(predict_on_batch=lambda x: x[:, 0, :2].reshape(len(x), 6))
    expected = [int(np.argmax(pixels[0, :2].ravel())) for pixels in some.pixels]
    assert predicted(fake, some).tolist() == expected
