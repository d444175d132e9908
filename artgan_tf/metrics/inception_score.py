"""Inception score (Salimans et al., 2016; arXiv 1606.03498): exp(E_x KL(p(y|x) || p(y))).

From 1, where a classifier says the same of every image, to the number of classes, where it is
certain of each and all classes are equally frequent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from artgan_tf.metrics.distances import BLOCK, Array, Rows, as_rows, slices

SPLITS = 10
SEED = 0
TOLERANCE = 1e-3  # how far from 1 probabilities may sum: float16 ones do

LogProbabilities = Callable[[Array], Array]


@dataclass(frozen=True)
class InceptionScore:
    """The inception score over parts of the images.

    Attributes:
        mean, std: of the parts' scores (std: divided by their number).
        splits: how many parts.
        images: of all parts together.
    """

    mean: float
    std: float
    splits: int
    images: int


def inception_score(
    logits: ArrayLike, splits: int = SPLITS, seed: int | None = SEED, block: int = BLOCK
) -> InceptionScore:
    """The inception score from what goes into the classifier's softmax.

    Args:
        logits: [N, K], finite, of any size; N at least `splits`.
        splits: parts scored by themselves.
        seed: of the shuffle before splitting, since images often come in order of class;
            None keeps their order.
        block: images looked at together.
    """
    return _score(as_rows(logits, "logits", splits), log_softmax, splits, seed, block)


def inception_score_of_probabilities(
    probabilities: ArrayLike, splits: int = SPLITS, seed: int | None = SEED, block: int = BLOCK
) -> InceptionScore:
    """The inception score from softmax outputs; the rest is as in `inception_score`.

    Args:
        probabilities: [N, K], each row from 0 to 1 and of sum 1.
    """
    rows = as_rows(probabilities, "probabilities", splits)
    for part in slices(len(rows), block):
        sums = rows[part].sum(axis=1, dtype=np.float64)
        if rows[part].min() < 0 or np.abs(sums - 1.0).max() > TOLERANCE:
            raise ValueError("`probabilities` must be 0 or more and of sum 1 for each image.")
    return _score(rows, _log, splits, seed, block)


def log_softmax(logits: Array) -> Array:
    """log(e^o_k / sum_j e^o_j) of each row [N, K], relative to the row's largest."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _log(probabilities: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(probabilities / probabilities.sum(axis=1, keepdims=True))


def _score(
    rows: Rows, log_of: LogProbabilities, splits: int, seed: int | None, block: int
) -> InceptionScore:
    if splits < 1:
        raise ValueError(f"There is no inception score of {splits} splits.")
    count = len(rows)
    order = np.arange(count) if seed is None else np.random.default_rng(seed).permutation(count)
    bounds = [count * k // splits for k in range(splits + 1)]
    parts = (order[start:end] for start, end in pairwise(bounds))
    scores = [np.exp(_information(rows, part, log_of, block)) for part in parts]
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)), splits, count)


def _information(rows: Rows, chosen: np.ndarray, log_of: LogProbabilities, block: int) -> float:
    """E_x KL(p(y|x) || p(y)) = H(p(y)) - E_x H(p(y|x)) of the chosen images, in one pass."""
    marginal, entropy = np.zeros(rows.shape[1]), 0.0
    for part in slices(len(chosen), block):
        log_p = log_of(rows[chosen[part]].astype(np.float64))
        marginal += np.exp(log_p).sum(axis=0)
        entropy += _entropy(log_p)
    with np.errstate(divide="ignore"):
        return _entropy(np.log(marginal / len(chosen))) - entropy / len(chosen)


def _entropy(log_p: Array) -> float:
    """-sum p log p; p = 0 adds nothing."""
    p = np.exp(log_p)
    return -float(np.sum(p * np.where(p > 0, log_p, 0.0)))
