"""Losses of both papers, as pure functions of tensors (`keras.ops` only).

Each returns its named terms; the loss to minimise is their sum.
"""

from typing import Any

from keras import ops


def artgan_discriminator(
    real_logits: Any, labels: Any, fake_logits: Any, smoothing: float = 0.0
) -> dict[str, Any]:
    """ArtGAN (A3): BCE(D(x), onehot(k)) + BCE(D(G(z)), onehot(FAKE)), over K+1 sigmoid units.

    Args:
        real_logits, fake_logits: [N, K+1], the last one FAKE.
        labels: int [N], the real images' classes.
        smoothing: takes this much off the real images' target 1 (one-sided, beyond the paper).
    """
    units = real_logits.shape[-1]
    real_target = ops.one_hot(labels, units) * (1.0 - smoothing)
    fake_target = ops.one_hot(ops.full_like(labels, units - 1), units)
    return {
        "real": binary_cross_entropy(real_logits, real_target),
        "fake": binary_cross_entropy(fake_logits, fake_target),
    }


def artgan_generator(fake_logits: Any, fake_labels: Any) -> dict[str, Any]:
    """ArtGAN (A3): L_adv = BCE(D(G(z)), [onehot(k^), 0]); add `mean_squared_error` for L_L2."""
    target = ops.one_hot(fake_labels, fake_logits.shape[-1])
    return {"adversarial": binary_cross_entropy(fake_logits, target)}


def improved_discriminator(
    real_logits: Any, labels: Any, fake_logits: Any, smoothing: float = 0.0
) -> dict[str, Any]:
    """Improved ArtGAN (B2): CE(o(x), y) + softplus(-l(x)) + softplus(l(s)); add 0.5 MSE(r(x), x).

    Args:
        real_logits, fake_logits: o, [N, K]; l = logsumexp over K, p(real) = sigmoid(l).
        labels: int [N].
        smoothing: label smoothing of the classes and of the target "real" (beyond the paper).
    """
    return {
        "class": cross_entropy(real_logits, labels, smoothing),
        "real": realness_loss(real_logits, 1.0 - smoothing),
        "fake": realness_loss(fake_logits, 0.0),
    }


def improved_generator(fake_logits: Any, fake_labels: Any) -> dict[str, Any]:
    """Improved ArtGAN (B2): softplus(-l(s)) + CE(o(s), y^); add 0.5 MSE(r(s), s)."""
    return {
        "adversarial": realness_loss(fake_logits, 1.0),
        "class": cross_entropy(fake_logits, fake_labels),
    }


def critic_discriminator(real: Any, fake: Any, kind: str = "non-saturating") -> dict[str, Any]:
    """D's part of a class critic: softplus(-c(x)) + softplus(c(s)), or of another kind.

    Args:
        real, fake: c_y of real images and of fakes of the same classes, any equal shape.
        kind: `non-saturating` as above (Goodfellow et al., 2014), `hinge` relu(1 - c(x)) +
            relu(1 + c(s)) (Lim and Ye, 2017), or of pairs, `relativistic` softplus(-(c(x) - c(s)))
            (Jolicoeur-Martineau, 2019).
    """
    if kind == "relativistic":
        return {"real": ops.mean(ops.softplus(fake - real))}
    loss = ops.softplus if kind == "non-saturating" else lambda x: ops.relu(1.0 + x)
    return {"real": ops.mean(loss(-real)), "fake": ops.mean(loss(fake))}


def critic_generator(real: Any, fake: Any, kind: str = "non-saturating") -> dict[str, Any]:
    """G's part: softplus(-c(s)), hinge's -c(s), or of pairs softplus(-(c(s) - c(x)))."""
    if kind == "hinge":
        return {"adversarial": -ops.mean(fake)}
    margin = fake - real if kind == "relativistic" else fake
    return {"adversarial": ops.mean(ops.softplus(-margin))}


def gradient_penalty(gradient: Any) -> Any:
    """E |g|^2 of critics' gradients to their images, [N, H, W, C] (Mescheder et al., 2018)."""
    return ops.mean(ops.sum(ops.square(gradient), axis=(1, 2, 3)))


def realness_loss(logits: Any, target: float) -> Any:
    """BCE of p = sigmoid(logsumexp_k o_k) with a target: softplus(l) - target * l, batch mean.

    The public code's log_sum_exp broadcasts to [B, B] and is slightly off inside the softplus
    (B6); this is the exact one.
    """
    realness = ops.logsumexp(logits, axis=-1)
    return ops.mean(ops.softplus(realness) - target * realness)


def cross_entropy(logits: Any, labels: Any, smoothing: float = 0.0) -> Any:
    """Softmax cross-entropy, batch mean; smoothing spreads that much evenly over all classes."""
    classes = logits.shape[-1]
    target = ops.one_hot(labels, classes) * (1.0 - smoothing) + smoothing / classes
    return -ops.mean(ops.sum(target * ops.log_softmax(logits, axis=-1), axis=-1))


def binary_cross_entropy(logits: Any, target: Any) -> Any:
    """Sigmoid cross-entropy, mean over batch and units."""
    return ops.mean(ops.softplus(logits) - target * logits)


def mean_squared_error(a: Any, b: Any) -> Any:
    """Mean over everything; gradients flow through both arguments."""
    return ops.mean(ops.square(a - b))


def energy_distance(real: Any, labels: Any, fake: Any, fake_labels: Any) -> Any:
    """How far a class's fakes are from being distributed as its real images (beyond the papers).

    2 E|x - s| - E|s - s'| over pairs of one class, |.| the root mean square over a view: the
    energy distance (Szekely and Rizzo, 2013) less its part without gradient.  The first part
    draws fakes to the real images, the second drives fakes of a class apart; the sum is least
    where both distributions agree.  A discriminator judges pictures one by one and so cannot ask
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
