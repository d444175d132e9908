"""A classifier of real images, which says whether generated ones show what they should."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from artgan_tf.evaluation.images import Images

CHANNELS = (32, 64, 128, 256)
EPOCHS, PATIENCE, BATCH, HELD_BACK = 30, 4, 64, 0.1
SEED, SHUFFLED = 0, 10_000
VERSION = 1  # of what is below; part of a kept classifier's name


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
    if path.is_file():
        return keras.models.load_model(path)
    model = _trained(train, classes)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_stem(f"{path.stem}.part")
    model.save(part)
    part.replace(path)
    return model


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
    model.fit(
        _batches(train, slice(held_back, None), shuffled=True),
        validation_data=_batches(train, slice(held_back), shuffled=False),
        epochs=EPOCHS,
        callbacks=[keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)],
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


def _batches(images: Images, part: slice, shuffled: bool) -> tf.data.Dataset:
    pairs = tf.data.Dataset.from_tensor_slices((images.pixels[part], images.labels[part]))
    if shuffled:
        pairs = pairs.shuffle(SHUFFLED, seed=SEED)
    return pairs.batch(BATCH).prefetch(tf.data.AUTOTUNE)
