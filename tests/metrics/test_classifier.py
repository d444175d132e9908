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
def test_it_tells_classes_apart_repeatably_from_nine_tenths_of_the_images(monkeypatch):
    """It disturbs no other randomness either."""
    batches, given, trained = classifier._batches, {}, []

    def spy(pixels: Any, labels: Any, part: range, shuffled: bool) -> Any:
        given[shuffled] = set(part)
        return batches(pixels, labels, part, shuffled)

    def draws(between: Any) -> list[float]:
        keras.utils.set_random_seed(3)
        between()
        drawn = [np.random.rand(), float(keras.random.uniform(())), float(tf.random.uniform(()))]
        return [*drawn, float(keras.initializers.GlorotUniform()((2, 2))[0, 0])]

    def train() -> None:
        trained.append(train_classifier(TRAIN.pixels, TRAIN.labels, 3))

    monkeypatch.setattr(classifier, "_batches", spy)
    monkeypatch.setattr(classifier, "EPOCHS", 5)
    assert draws(train) == draws(train) == draws(lambda: None)
    one, again = (network.predict_on_batch(TRAIN.pixels) for network in trained)
    np.testing.assert_allclose(one, again, atol=1e-3)
    other = coloured(150, 1)
    found = predicted(trained[0], other.pixels)
    assert found.shape == (150,)
    assert (found == other.labels).mean() > 0.9
    assert given[True] | given[False] == set(range(120))
    assert not given[True] & given[False]
    assert len(given[False]) == 12


def test_an_epoch_shows_every_image_of_a_part_once_with_its_label():
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


def test_training_reads_images_as_it_needs_them():
    pixels = np.broadcast_to(np.arange(3, dtype=np.uint8), (3000, 64, 64, 3))  # 37 MB
    batches = classifier._batches(pixels, np.zeros(3000, np.int32), range(100, 3000), True)
    assert peak(lambda: [len(labels) for _, labels in batches]) < 10e6


def test_predicted_is_the_largest_logit_whatever_the_batch(monkeypatch):
    monkeypatch.setattr(classifier, "BATCH", 7)
    some = images(50)
    fake: Any = SimpleNamespace(predict_on_batch=lambda x: x[:, 0, :2].reshape(len(x), 6))
    expected = [int(np.argmax(pixels[0, :2].ravel())) for pixels in some.pixels]
    assert predicted(fake, some.pixels).tolist() == expected
