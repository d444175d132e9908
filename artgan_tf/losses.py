"""Building blocks of losses, as pure functions of tensors (`keras.ops` only)."""

from typing import Any

from keras import ops

Terms = dict[str, Any]  # terms of a loss by name; the loss is their sum


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Batch mean of the softmax cross-entropy of logits [N, K] and labels int [N]."""
    target = ops.one_hot(labels, logits.shape[-1])
    return -ops.mean(ops.sum(target * ops.log_softmax(logits, axis=-1), axis=-1))


def binary_cross_entropy(logits: Any, target: Any) -> Any:
    """Mean sigmoid cross-entropy over batch and units; logits and target have the same shape."""
    return ops.mean(ops.softplus(logits) - target * logits)


def mean_squared_error(a: Any, b: Any) -> Any:
    """Mean over all elements of tensors of the same shape; gradients flow through both."""
    return ops.mean(ops.square(a - b))


def gradient_penalty(gradient: Any) -> Any:
    """E |g|^2 for critics' gradients to their images, [N, H, W, C] (Mescheder et al., 2018)."""
    return ops.mean(ops.sum(ops.square(gradient), axis=(1, 2, 3)))


def energy_distance(real: Any, labels: Any, fake: Any, fake_labels: Any) -> Any:
    """Distance between real and fake images of the same class, compared as views [N, D].

    2 E|x - s| - E|s - s'| over all pairs of equal class in the batch (so frequent classes weigh
    more), where |.| is the root mean square over a view of `VIEWS`: the energy distance (Szekely
    and Rizzo, 2013) without its constant term, so it may be negative. The first term pulls fakes
    towards real images of their class, the second pushes fakes of a class apart; either may have no
    pairs. A discriminator, which judges images one by one, cannot demand that. Neither paper has
    this term.
    """
    across = ops.equal(labels[:, None], fake_labels[None, :])
    among = ops.equal(fake_labels[:, None], fake_labels[None, :])
    among = ops.logical_and(among, ops.logical_not(ops.eye(ops.shape(fake)[0], dtype="bool")))
    return 2.0 * _mean_distance(real, fake, across) - _mean_distance(fake, fake, among)


def thumbnails(images: Any) -> Any:
    """Shrink images [N, S, S, 3], S a multiple of 8, to 8x8 pixels, as rows [N, 192]."""
    pool = images.shape[1] // 8
    return ops.reshape(ops.average_pool(images, pool, pool), (ops.shape(images)[0], -1))


def shapes(images: Any) -> Any:
    """Grey thumbnails of images [N, S, S, 3], normalized in brightness and contrast, [N, 64].

    Two colourings of a composition are equal here, so fakes of a class must differ in more.
    """
    grey = ops.mean(ops.reshape(thumbnails(images), (-1, 64, 3)), axis=2)
    grey -= ops.mean(grey, axis=1, keepdims=True)
    # The constant keeps nearly flat images near 0: contrast of a few grey levels is not a shape.
    return grey / ops.sqrt(ops.mean(ops.square(grey), axis=1, keepdims=True) + 1e-3)


VIEWS = {"colours": thumbnails, "shapes": shapes}  # for `energy_distance`


def _mean_distance(a: Any, b: Any, pairs: Any) -> Any:
    """Mean of the root-mean-square difference between rows of a and b, over the chosen pairs."""
    square = ops.mean(ops.square(a[:, None] - b[None]), axis=-1)
    chosen = ops.cast(pairs, square.dtype)
    # The constant keeps the root's gradient finite if two rows are equal.
    return ops.sum(chosen * ops.sqrt(square + 1e-6)) / ops.maximum(ops.sum(chosen), 1.0)
