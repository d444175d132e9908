"""Inception score (Salimans et al., 2016; arXiv 1606.03498): exp(E_x KL(p(y|x) || p(y))).

It ranges from 1, if the classifier gives every image the same prediction, to the number of classes,
if it is certain of each image and all classes are equally frequent.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from artgan_tf.metrics.distances import Array, Rows, as_rows, slices

SPLITS = 10
SEED = 0


class InceptionScore(NamedTuple):
    """Mean and standard deviation (divided by their number) of the parts' scores."""

    mean: float
    std: float


def inception_score(
    logits: ArrayLike, splits: int = SPLITS, seed: int | None = SEED
) -> InceptionScore:
    """The Inception score, computed from the classifier's logits.

    Args:
        logits: [N, K], finite; N at least `splits`.
        splits: number of parts, each scored separately.
        seed: seed of the shuffle before splitting, since images often come in order of class;
            None keeps their order.

    Raises:
        ValueError: a logit is NaN or infinite, or there are too few images.
    """
    rows = as_rows(logits, "logits", splits)
    count = len(rows)
    order = np.arange(count) if seed is None else np.random.default_rng(seed).permutation(count)
    bounds = [count * k // splits for k in range(splits + 1)]
    scores = [np.exp(_information(rows, order[start:end])) for start, end in pairwise(bounds)]
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)))


def _information(rows: Rows, chosen: np.ndarray) -> float:
    """E_x KL(p(y|x) || p(y)) = H(p(y)) - E_x H(p(y|x)) of the chosen images, in one pass."""
    marginal, entropy = np.zeros(rows.shape[1]), 0.0
    for part in slices(len(chosen)):
        log_p = _log_softmax(rows[chosen[part]].astype(np.float64))
        marginal += np.exp(log_p).sum(axis=0)
        entropy += _entropy(log_p)
    with np.errstate(divide="ignore"):
        return _entropy(np.log(marginal / len(chosen))) - entropy / len(chosen)


def _log_softmax(logits: Array) -> Array:
    """log(e^o_k / sum_j e^o_j) of each row [N, K], stabilized by the row's maximum."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _entropy(log_p: Array) -> float:
    """-sum p log p; p = 0 adds nothing."""
    p = np.exp(log_p)
    return -float(np.sum(p * np.where(p > 0, log_p, 0.0)))
