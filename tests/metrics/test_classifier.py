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


@pytest.mark.slow
def test_it_tells_classes_apart() -> None:
    trained = train_classifier(TRAIN.pixels, TRAIN.labels, 3)
    other = coloured(150, 1)
    given = predicted(trained, other.pixels)
    assert given.shape == (150,)
    assert (given == other.labels).mean() > 0.9


@pytest.mark.slow
def test_training_is_repeatable_and_disturbs_no_other_randomness(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(classifier, "EPOCHS", 1)
    logits: list[np.ndarray] = []

    def trained() -> None:
        network = train_classifier(TRAIN.pixels, TRAIN.labels, 3)
        logits.append(network.predict_on_batch(TRAIN.pixels))

    def draws(between: Any) -> list[float]:
        keras.utils.set_random_seed(3)
        between()
        drawn = [np.random.rand(), float(keras.random.uniform(())), float(tf.random.uniform(()))]
        return [*drawn, float(keras.initializers.GlorotUniform()((2, 2))[0, 0])]

    assert draws(trained) == draws(trained) == draws(lambda: None)
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-3)


@pytest.mark.slow
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


def test_an_epoch_shows_every_image_of_a_part_once_with_its_label() -> None:
    shown, labels = images(70, size=2).pixels, np.arange(70, dtype=np.int32)
    batches = classifier._batches(shown, labels, range(5, 70), shuffled=True)
    epochs: list[list[int]] = []
    for _ in range(2):
        epochs.append([])
        for pixels, numbers in batches:
            np.testing.assert_array_equal(pixels, shown[numbers.numpy()])
            epochs[-1] += numbers.numpy().tolist()
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(5, 70))
    assert epochs[0] != epochs[1]
    held_back = classifier._batches(shown, labels, range(5), shuffled=False)
    assert [label for _, found in held_back for label in found.numpy()] == list(range(5))


class Watched(np.ndarray):
    """Records how many rows are read at a time."""

    most = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        Watched.most = max(Watched.most, len(found))
        return found


def test_training_reads_images_as_it_needs_them() -> None:
    pixels = np.broadcast_to(np.arange(3, dtype=np.uint8), (3000, 64, 64, 3))  # 37 MB
    many, labels = pixels.view(Watched), np.zeros(3000, np.int32)

    def epoch() -> None:
        for _ in classifier._batches(many, labels, range(100, 3000), shuffled=True):
            pass

    assert peak(epoch) < 10e6
    assert Watched.most == classifier.BATCH


def test_predicted_is_the_largest_logit_whatever_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "BATCH", 7)
    some = images(50)
    fake: Any = SimpleNamespace(predict_on_batch=lambda x: x[:, 0, :2].reshape(len(x), 6))
    expected = [int(np.argmax(pixels[0, :2].ravel())) for pixels in some.pixels]
    assert predicted(fake, some.pixels).tolist() == expected
