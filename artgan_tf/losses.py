"""What losses are made of, as pure functions of tensors (`keras.ops` only).

The terms of a model's loss stand in its file in `artgan_tf.models`.
"""

from typing import Any

from keras import ops

Terms = dict[str, Any]  # of a loss, by name; the loss is their sum


def cross_entropy(logits: Any, labels: Any, smoothing: float = 0.0) -> Any:
    """Softmax cross-entropy, batch mean, of logits [N, K] and int labels [N].

    Args:
        smoothing: takes this much off the target 1 and spreads it evenly over all classes.
    """
    classes = logits.shape[-1]
    target = ops.one_hot(labels, classes) * (1.0 - smoothing) + smoothing / classes
    return -ops.mean(ops.sum(target * ops.log_softmax(logits, axis=-1), axis=-1))


def binary_cross_entropy(logits: Any, target: Any) -> Any:
    """Sigmoid cross-entropy, mean over batch and units, of logits and targets of one shape."""
    return ops.mean(ops.softplus(logits) - target * logits)


def mean_squared_error(a: Any, b: Any) -> Any:
    """Mean over everything, of tensors of one shape; gradients flow through both."""
    return ops.mean(ops.square(a - b))


def gradient_penalty(gradient: Any) -> Any:
    """E |g|^2 of critics' gradients to their images, [N, H, W, C] (Mescheder et al., 2018)."""
    return ops.mean(ops.sum(ops.square(gradient), axis=(1, 2, 3)))


def energy_distance(real: Any, labels: Any, fake: Any, fake_labels: Any) -> Any:
    """How far a class's fakes are from being distributed as its real images (beyond the papers).

    2 E|x - s| - E|s - s'| over pairs of one class, |.| the root mean square over a view: the
    energy distance (Szekely and Rizzo, 2013) less its part without gradient. The first part
    draws fakes to the real images, the second drives fakes of a class apart; the sum is least
    where both distributions agree. A discriminator judges pictures one by one and so cannot ask
    for that.

    Args:
        real, fake: [N, D], a view of `VIEWS`.
        labels, fake_labels: int [N].
    """
    across = ops.equal(labels[:, None], fake_labels[None, :])
    among = ops.equal(fake_labels[:, None], fake_labels[None, :])
    among = ops.logical_and(among, ops.logical_not(ops.eye(ops.shape(fake)[0], dtype="bool")))
    return 2.0 * _mean_distance(real, fake, across) - _mean_distance(fake, fake, among)


def thumbnails(images: Any) -> Any:
    """Images [N, S, S, 3], S a multiple of 8, as rows of 8x8 pixels, [N, 192]."""
    pool = images.shape[1] // 8
    return ops.reshape(ops.average_pool(images, pool, pool), (ops.shape(images)[0], -1))


def shapes(images: Any) -> Any:
    """The lights and darks of thumbnails without brightness and contrast, [N, 64].

    Two colourings of one composition have the same; so fakes of a class must differ in more.
    """
    grey = ops.mean(ops.reshape(thumbnails(images), (-1, 64, 3)), axis=2)
    grey -= ops.mean(grey, axis=1, keepdims=True)
    # What hardly varies stays small: contrast of a few grey levels is no shape.
    return grey / ops.sqrt(ops.mean(ops.square(grey), axis=1, keepdims=True) + 1e-3)


VIEWS = {"colours": thumbnails, "shapes": shapes}  # what `energy_distance` compares


def _mean_distance(a: Any, b: Any, pairs: Any) -> Any:
    """Mean root-mean-square difference of the rows of a and b over the chosen pairs."""
    square = ops.mean(ops.square(a[:, None] - b[None]), axis=-1)
    chosen = ops.cast(pairs, square.dtype)
    # The small number keeps the root's gradient finite where two pictures are equal.
    return ops.sum(chosen * ops.sqrt(square + 1e-6)) / ops.maximum(ops.sum(chosen), 1.0)
