"""Inception score (Salimans et al., 2016; arXiv 1606.03498): exp(E_x KL(p(y|x) || p(y))).

It ranges from 1, if the classifier gives every image the same prediction, to the number of classes,
if it is certain of each image and all classes are equally frequent.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from artgan_tf.metrics.distances import BLOCK, Array, Rows, as_rows, slices

SPLITS = 10
SEED = 0


@dataclass(frozen=True)
class InceptionScore:
    """The Inception score over parts of the images.

    Attributes:
        mean, std: mean and standard deviation of the parts' scores (divided by their number).
        splits: number of parts.
        images: number of images in all parts.
    """

    mean: float
    std: float
    splits: int
    images: int


def inception_score(
    logits: ArrayLike, splits: int = SPLITS, seed: int | None = SEED, block: int = BLOCK
) -> InceptionScore:
    """The Inception score, computed from the classifier's logits.

    Args:
        logits: [N, K], finite; N at least `splits`.
        splits: number of parts, each scored separately.
        seed: seed of the shuffle before splitting, since images often come in order of class;
            None keeps their order.
        block: images computed at a time.

    Raises:
        ValueError: a logit is NaN or infinite, there are too few images, or `splits` is below 1.
    """
    if splits < 1:
        raise ValueError(f"There is no inception score of {splits} splits.")
    rows = as_rows(logits, "logits", splits)
    count = len(rows)
    order = np.arange(count) if seed is None else np.random.default_rng(seed).permutation(count)
    bounds = [count * k // splits for k in range(splits + 1)]
    parts = (order[start:end] for start, end in pairwise(bounds))
    scores = [np.exp(_information(rows, part, block)) for part in parts]
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)), splits, count)


def _log_softmax(logits: Array) -> Array:
    """log(e^o_k / sum_j e^o_j) of each row [N, K], stabilized by the row's maximum."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _information(rows: Rows, chosen: np.ndarray, block: int) -> float:
    """E_x KL(p(y|x) || p(y)) = H(p(y)) - E_x H(p(y|x)) of the chosen images, in one pass."""
    marginal, entropy = np.zeros(rows.shape[1]), 0.0
    for part in slices(len(chosen), block):
        log_p = _log_softmax(rows[chosen[part]].astype(np.float64))
        marginal += np.exp(log_p).sum(axis=0)
        entropy += _entropy(log_p)
    with np.errstate(divide="ignore"):
        return _entropy(np.log(marginal / len(chosen))) - entropy / len(chosen)


def _entropy(log_p: Array) -> float:
    """-sum p log p; p = 0 adds nothing."""
    p = np.exp(log_p)
    return -float(np.sum(p * np.where(p > 0, log_p, 0.0)))
