"""A classifier of real images, which tells whether generated images show the intended class.

Its last features also serve as an extractor that needs neither a file nor a package.
"""

import hashlib

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tqdm import tqdm

from artgan_tf.metrics.distances import slices
from artgan_tf.metrics.extractor import Extractor

CHANNELS = (32, 64, 128, 256)
EPOCHS, PATIENCE, BATCH, HELD_BACK = 30, 4, 64, 0.1
SIDE = 2  # side of the pooled feature map; the time of FID grows with the cube of the feature count
SEED = 0
VERSION = 2  # of the network and its training; part of the classifier's file name in the cache
RECORD = {  # the classifier, as a result records it
    "extractor": f"classifier-{VERSION}",
    "protocol": "4 strided convolutions, trained on the training images",
    "sha256": "",
}


Pixels = NDArray[np.uint8]
Labels = NDArray[np.int32]


def train_classifier(pixels: Pixels, labels: Labels, classes: int) -> keras.Model:
    """Train a small convolutional network; a tenth of the images validates it for early stopping.

    Args:
        pixels: real images in random order, uint8 [N, S, S, 3]; may be a memory map.
        labels: int32 [N].
        classes: number of classes K.

    Returns:
        The network: uint8 [N, S, S, 3] -> logits float32 [N, K].
    """
    model = _network(pixels.shape[1:], classes)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
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
            shuffle=False,  # the data set shuffles; Keras would warn
        )
    return model


def as_extractor(classifier: keras.Model) -> Extractor:
    """An extractor that gives the classifier's last features."""
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
    """Most likely class of each image uint8 [N, S, S, 3], int [N]."""
    batches = (np.asarray(pixels[part]) for part in slices(len(pixels), BATCH))
    return np.concatenate([np.argmax(classifier.predict_on_batch(x), axis=1) for x in batches])


def _network(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Strided convolutions with batch norm; seeds are explicit and leave Keras's state alone."""
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
    """Batches of images; they are read one batch at a time, only indices stay in memory."""
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
