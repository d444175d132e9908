"""Does the demo run paint what it is asked, and not the same picture every time?

    python -m experiments.measure_demo runs/demo

Over 1,000 generated pictures: the share to which a small classifier, trained on the demo data,
gives the intended label; and the per-pixel standard deviation within each class, averaged over
classes, as a share of the demo data's own. The classifier's held-out accuracy stands beside it.
"""

import json
from pathlib import Path

import keras
import numpy as np
import tyro

import artgan_tf
from artgan_tf.data.demo_paintings import CLASS_NAMES, gallery

TRAIN, HELD_OUT, GENERATED = 5_000, 1_000, 1_000
K = len(CLASS_NAMES)


def measure(run: tyro.conf.Positional[Path] = Path("runs/demo"), *, seed: int = 0) -> None:
    """Print agreement and deviation of a demo run as JSON.

    Args:
        run: the run's directory.
        seed: of the classifier, and the first seed of the generated pictures.
    """
    keras.utils.set_random_seed(seed)
    painter = artgan_tf.load(run)
    labels = np.arange(GENERATED) % K
    images = painter.generate(labels.tolist(), range(seed, seed + GENERATED))
    size = images.shape[1]
    real, real_labels = gallery(0, 0, TRAIN, size)
    classifier = trained_classifier(real, real_labels)
    held_out = gallery(0, TRAIN, HELD_OUT, size)
    own, ours = deviation(real, real_labels), deviation(images, labels)
    shares = (ours / own).round(3).tolist()
    figures = {
        "run": str(run),
        "steps": painter.gan.steps_done,
        "generated": GENERATED,
        "agreement": share_right(classifier, images, labels),
        "classifier_held_out": share_right(classifier, *held_out),
        "deviation_share": round(float(ours.mean() / own.mean()), 4),
        "deviation_share_by_class": dict(zip(CLASS_NAMES, shares, strict=True)),
    }
    print(json.dumps(figures, indent=1))


def trained_classifier(images: np.ndarray, labels: np.ndarray) -> keras.Model:
    """A small convolutional network on uint8 images."""
    layers: list[keras.layers.Layer] = [keras.layers.Rescaling(1 / 127.5, offset=-1)]
    for channels in (32, 64, 96):
        layers += [
            keras.layers.Conv2D(channels, 3, strides=2, padding="same", activation="relu"),
            keras.layers.BatchNormalization(),
        ]
    layers += [keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(K)]
    model = keras.Sequential(layers)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(images, labels, batch_size=64, epochs=12, verbose=0)
    return model


def share_right(classifier: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose predicted class is their label."""
    predicted = classifier.predict(images, batch_size=250, verbose=0).argmax(axis=1)
    return round(float((predicted == labels).mean()), 4)


def deviation(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """float64 [K]: the per-pixel standard deviation within each class, averaged over pixels."""
    of_class = (images[labels == k].astype(np.float64) for k in range(K))
    return np.array([pictures.std(axis=0).mean() for pictures in of_class])


if __name__ == "__main__":
    tyro.cli(measure)
