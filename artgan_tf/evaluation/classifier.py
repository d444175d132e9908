"""A classifier of real images, which says whether generated ones show what they should."""

import hashlib
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from artgan_tf.evaluation import kept
from artgan_tf.evaluation.images import Images
from artgan_tf.metrics.extractors import Extractor

CHANNELS = (32, 64, 128, 256)
EPOCHS, PATIENCE, BATCH, HELD_BACK = 30, 4, 64, 0.1
SIDE = 2  # of the features that a metric gets: FID takes the cube of their number in time
SEED = 0
VERSION = 2  # of what is below; part of a kept classifier's name
RECORD = {  # what a result must tell of it, as of an extractor
    "extractor": f"classifier-{VERSION}",
    "protocol": "4 strided convolutions, trained on the training images",
    "sha256": "",
}


def trained_classifier(train: Images, classes: int, cache: Path) -> keras.Model:
    """A small convolutional network; trained once for the same images, then read from the cache.

    A tenth of the training images decides after which epoch it is best.

    Args:
        train: real training images.
        classes: K.
        cache: folder that outlives the process.

    Returns:
        uint8 [N, S, S, 3] -> logits float32 [N, K].
    """
    path = cache / "classifiers" / f"{train.sha256}-{classes}-{VERSION}.keras"
    model = kept.read(path, keras.models.load_model)
    if model is None:
        model = _trained(train, classes)
        with kept.written(path) as part:
            model.save(part)
    return model


def as_extractor(classifier: keras.Model) -> Extractor:
    """Its last features as a metric's: a second opinion that needs neither a file nor a package."""
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


def predicted(classifier: keras.Model, images: Images) -> np.ndarray:
    """int [N], the likeliest class of each image."""
    starts = range(0, images.count, BATCH)
    batches = (images.pixels[start : start + BATCH] for start in starts)
    logits = [np.asarray(classifier.predict_on_batch(np.asarray(x))) for x in batches]
    return np.concatenate(logits).argmax(axis=1)


def _trained(train: Images, classes: int) -> keras.Model:
    model = _network(train.pixels.shape[1:], classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    held_back = max(1, round(HELD_BACK * train.count))  # they are in random order already
    stop = keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)
    with tqdm(total=EPOCHS, desc="classifier of real images", unit="epoch", leave=False) as bar:
        tick = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: bar.update())
        model.fit(
            _batches(train, range(held_back, train.count), shuffled=True),
            validation_data=_batches(train, range(held_back), shuffled=False),
            epochs=EPOCHS,
            callbacks=[stop, tick],
            verbose=0,
            shuffle=False,  # Keras would warn: the data set shuffles itself
        )
    return model


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


def _batches(images: Images, part: range, shuffled: bool) -> tf.data.Dataset:
    """Images are read a batch at a time: in memory there are only their numbers."""
    numbers = tf.data.Dataset.range(part.start, part.stop)
    if shuffled:
        numbers = numbers.shuffle(len(part), seed=SEED)

    def read(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        kinds, shape = (tf.uint8, tf.int32), images.pixels.shape[1:]
        pixels, labels = tf.numpy_function(
            lambda rows: (images.pixels[rows], images.labels[rows]), [chosen], kinds
        )
        return tf.ensure_shape(pixels, (None, *shape)), tf.ensure_shape(labels, (None,))

    return numbers.batch(BATCH).map(read).prefetch(tf.data.AUTOTUNE)
