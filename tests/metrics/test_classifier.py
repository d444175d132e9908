"""The classifier of real images: what it learns, and from which images."""

from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.evaluation.images import Images
from artgan_tf.metrics import classifier
from artgan_tf.metrics.classifier import predicted, train_classifier
from tests.evaluation.material import images, peak


def coloured(count: int, seed: int) -> Images:
    """Noise that is brightest in the channel of its class."""
    noise = images(count, seed, size=16)
    pixels = noise.pixels // 2
    pixels[np.arange(count), ..., noise.labels] += 60
    return Images(pixels, noise.labels)


TRAIN = coloured(120, 0)


def test_it_tells_classes_apart() -> None:
    trained = train_classifier(TRAIN.pixels, TRAIN.labels, 3)
    other = coloured(150, 1)
    given = predicted(trained, other.pixels)
    assert given.shape == (150,)
    assert (given == other.labels).mean() > 0.9


@pytest.mark.slow
def test_training_disturbs_no_other_randomness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "EPOCHS", 1)

    def draws(between: Any) -> list[float]:
        keras.utils.set_random_seed(3)
        between()
        drawn = [np.random.rand(), float(keras.random.uniform(())), float(tf.random.uniform(()))]
        return [*drawn, float(keras.initializers.GlorotUniform()((2, 2))[0, 0])]

    assert draws(lambda: train_classifier(TRAIN.pixels, TRAIN.labels, 3)) == draws(lambda: None)


@pytest.mark.slow
def test_the_same_images_give_the_same_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "EPOCHS", 2)
    found = [
        train_classifier(TRAIN.pixels, TRAIN.labels, 3).predict_on_batch(TRAIN.pixels)
        for _ in range(2)
    ]
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)


def test_an_epoch_shows_every_image_but_the_tenth_held_back_once() -> None:
    numbered = Images(np.zeros((50, 2, 2, 3), np.uint8), np.arange(50, dtype=np.int32))
    batches = classifier._batches(numbered.pixels, numbered.labels, range(5, 50), shuffled=True)
    epochs = [[label for _, labels in batches for label in labels.numpy()] for _ in range(2)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(5, 50))
        assert epoch != sorted(epoch)
    assert epochs[0] != epochs[1]
    held_back = classifier._batches(numbered.pixels, numbered.labels, range(5), shuffled=False)
    assert [label for _, labels in held_back for label in labels.numpy()] == list(range(5))


def test_pixels_stay_with_their_labels() -> None:
    shown = images(70, size=2)
    numbered = Images(shown.pixels, np.arange(70, dtype=np.int32))
    for pixels, labels in classifier._batches(
        numbered.pixels, numbered.labels, range(70), shuffled=True
    ):
        np.testing.assert_array_equal(pixels, shown.pixels[labels.numpy()])


def test_a_tenth_of_the_images_is_never_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    batches, given = classifier._batches, {}

    def spy(pixels: Any, labels: Any, part: range, shuffled: bool) -> Any:
        given[shuffled] = set(part)
        return batches(pixels, labels, part, shuffled)

    monkeypatch.setattr(classifier, "_batches", spy)
    monkeypatch.setattr(classifier, "EPOCHS", 1)
    train_classifier(TRAIN.pixels, TRAIN.labels, 3)
    assert given[True] | given[False] == set(range(120))
    assert not given[True] & given[False]
    assert len(given[False]) == 12


class Watched(np.ndarray):
    """Records how many rows are read at a time."""

    most = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        Watched.most = max(Watched.most, len(found))
        return found


def test_training_reads_images_as_it_needs_them() -> None:
    pixels = np.broadcast_to(np.arange(3, dtype=np.uint8), (3000, 64, 64, 3))  # 37 MB
    many = Images(pixels.view(Watched), np.zeros(3000, np.int32))

    def epoch() -> None:
        for _ in classifier._batches(many.pixels, many.labels, range(100, 3000), shuffled=True):
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
    assert predicted(fake, some.pixels).tolist() == expected
