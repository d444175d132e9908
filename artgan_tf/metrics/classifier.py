"""A classifier of real images: it says whether generated ones show what they should.

Its last features are an extractor too, which needs neither a file nor a package.
"""

import hashlib

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tqdm import tqdm

from artgan_tf.metrics.extractor import Extractor

CHANNELS = (32, 64, 128, 256)
EPOCHS, PATIENCE, BATCH, HELD_BACK = 30, 4, 64, 0.1
SIDE = 2  # of the features that a metric gets: FID takes the cube of their number in time
SEED = 0
VERSION = 2  # of what is below; part of the name that a trained classifier has in the cache
RECORD = {  # the classifier, as a result records it
    "extractor": f"classifier-{VERSION}",
    "protocol": "4 strided convolutions, trained on the training images",
    "sha256": "",
}


Pixels = NDArray[np.uint8]
Labels = NDArray[np.int32]


def train_classifier(pixels: Pixels, labels: Labels, classes: int) -> keras.Model:
    """A small convolutional network; a tenth of the images decides after which epoch it is best.

    Args:
        pixels: of real images in random order, uint8 [N, S, S, 3]; may be a memory map.
        labels: int32 [N].
        classes: K.

    Returns:
        uint8 [N, S, S, 3] -> logits float32 [N, K].
    """
    model = _network(pixels.shape[1:], classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    held_back = max(1, round(HELD_BACK * len(pixels)))
    stop = keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)
    with tqdm(total=EPOCHS, desc="classifier of real images", unit="epoch", leave=False) as bar:
        tick = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: bar.update())
        model.fit(
            _batches(pixels, labels, range(held_back, len(pixels)), shuffled=True),
            validation_data=_batches(pixels, labels, range(held_back), shuffled=False),
            epochs=EPOCHS,
            callbacks=[stop, tick],
            verbose=0,
            shuffle=False,  # Keras would warn: the data set shuffles itself
        )
    return model


def as_extractor(classifier: keras.Model) -> Extractor:
    """Its last features as those of an extractor.

    Args:
        classifier: of `train_classifier`.
    """
    seen = classifier.layers[-4].output  # [N, h, w, C], before Flatten, Dropout and Dense
    pooled = keras.layers.AveragePooling2D(-(-seen.shape[1] // SIDE), padding="same")(seen)
    trunk = keras.Model(classifier.input, keras.layers.Flatten()(pooled))
    digest = hashlib.sha256()
    for weights in classifier.get_weights():
        digest.update(weights.tobytes())
    return Extractor(
        RECORD["extractor"],
        f"{RECORD['protocol']}, its last features [{trunk.output.shape[-1]}]",
        lambda images: (trunk.predict_on_batch(images), None),
        sha256=digest.hexdigest(),
        batch=BATCH,
    )


def predicted(classifier: keras.Model, pixels: Pixels) -> NDArray[np.intp]:
    """The likeliest class of each image, int [N].

    Args:
        classifier: of `train_classifier`.
        pixels: uint8 [N, S, S, 3].
    """
    starts = range(0, len(pixels), BATCH)
    batches = (np.asarray(pixels[start : start + BATCH]) for start in starts)
    logits = [np.asarray(classifier.predict_on_batch(batch)) for batch in batches]
    return np.concatenate(logits).argmax(axis=1)


def _network(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Strided convolutions with batch norm; all seeds are its own, so that none is disturbed."""
    layers = keras.layers
    images = keras.Input(shape, dtype="uint8")
    x = layers.Rescaling(1 / 127.5, offset=-1)(images)
    x = layers.RandomFlip("horizontal", seed=SEED)(x)
    for number, channels in enumerate(CHANNELS):
        start = keras.initializers.HeNormal(seed=number)
        x = layers.Conv2D(channels, 3, 2, "same", use_bias=False, kernel_initializer=start)(x)
        x = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Dropout(0.3, seed=SEED)(layers.Flatten()(x))
    start = keras.initializers.GlorotUniform(seed=SEED)
    return keras.Model(images, layers.Dense(classes, kernel_initializer=start)(x))


def _batches(pixels: Pixels, labels: Labels, part: range, shuffled: bool) -> tf.data.Dataset:
    """Images are read a batch at a time: in memory there are only their numbers."""
    numbers = tf.data.Dataset.range(part.start, part.stop)
    if shuffled:
        numbers = numbers.shuffle(len(part), seed=SEED)

    def read(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        kinds, shape = (tf.uint8, tf.int32), pixels.shape[1:]
        images, classes = tf.numpy_function(
            lambda rows: (pixels[rows], labels[rows]), [chosen], kinds
        )
        return tf.ensure_shape(images, (None, *shape)), tf.ensure_shape(classes, (None,))

    return numbers.batch(BATCH).map(read).prefetch(tf.data.AUTOTUNE)
