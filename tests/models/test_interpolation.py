"""Interpolation of latents: exact ends, and likely points under the paper's prior."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from artgan_tf.papers import ArtGAN, ImprovedArtGAN

RNG = np.random.default_rng(0)
NORMAL = RNG.standard_normal((2, 500, 8), np.float32)
UNIFORM = RNG.uniform(-1, 1, (2, 500, 8)).astype(np.float32)
PAPERS = pytest.mark.parametrize(("paper", "pairs"), [(ArtGAN, NORMAL), (ImprovedArtGAN, UNIFORM)])


def interpolate(paper: Any, pair: Any, t: float | np.ndarray) -> np.ndarray:
    z, other = pair
    ways = np.broadcast_to(np.float32(t), len(z))
    return np.asarray(paper.interpolate(SimpleNamespace(), z, other, ways))


def lengths(z: np.ndarray) -> np.ndarray:
    return np.linalg.norm(z.astype(np.float64), axis=1)


@PAPERS
def test_both_ends_are_the_latents_themselves(paper: Any, pairs: np.ndarray) -> None:
    np.testing.assert_array_equal(interpolate(paper, pairs, 0.0), pairs[0])
    np.testing.assert_array_equal(interpolate(paper, pairs, 1.0), pairs[1])


@PAPERS
def test_each_row_goes_its_own_way(paper: Any, pairs: np.ndarray) -> None:
    t = np.linspace(0, 1, 500, dtype=np.float32)
    found = interpolate(paper, pairs, t)
    for row in (0, 77, 499):
        alone = interpolate(paper, pairs[:, row : row + 1], t[row])
        np.testing.assert_allclose(found[row], alone[0], rtol=1e-5, atol=1e-6)


def test_paper_a_changes_length_evenly_and_turns_evenly() -> None:
    """In the plane of both latents, angle and length change linearly with t."""
    z, other = (x.astype(np.float64) for x in NORMAL)
    a, b = lengths(z), lengths(other)
    angle = np.arccos((z * other).sum(axis=1) / (a * b))
    for t in (0.25, 0.5, 0.8):
        found = interpolate(ArtGAN, NORMAL, t).astype(np.float64)
        length = (1 - t) * a + t * b
        np.testing.assert_allclose(lengths(found), length, rtol=1e-3)
        turned = np.arccos((z * found).sum(axis=1) / (a * length))
        np.testing.assert_allclose(turned, t * angle, rtol=1e-3)


def test_paper_b_goes_straight_and_stays_in_the_cube() -> None:
    corners = np.sign(UNIFORM)
    for pair in (UNIFORM, corners):
        for t in np.linspace(0, 1, 21):
            found = interpolate(ImprovedArtGAN, pair, t)
            assert np.abs(found).max() <= 1
            expected = (1 - t) * pair[0].astype(np.float64) + t * pair[1]
            np.testing.assert_allclose(found, expected, atol=1e-6)


@PAPERS
@pytest.mark.parametrize("share", [1.0, 1.0001, 2.0])
def test_latents_of_one_direction(paper: Any, pairs: np.ndarray, share: float) -> None:
    z = pairs[0]
    for t in (0.0, 0.3, 1.0):
        expected = z * (1 - t + t * share)
        np.testing.assert_allclose(interpolate(paper, (z, share * z), t), expected, rtol=1e-5)


@PAPERS
@pytest.mark.parametrize("nudge", [0.0, 1e-7, 1e-3])
def test_opposite_latents_give_numbers_no_longer_than_they_are(
    paper: Any, pairs: np.ndarray, nudge: float
) -> None:
    z, aside = pairs
    other = -z + np.float32(nudge) * aside
    for t in (0.0, 0.3, 0.5, 1.0):
        found = interpolate(paper, (z, other), t)
        assert np.isfinite(found).all()
        assert (lengths(found) <= 1.05 * np.maximum(lengths(z), lengths(other))).all()


def test_latents_of_length_0_give_numbers() -> None:
    nothing = np.zeros_like(NORMAL[0])
    for pair in ((nothing, nothing), (nothing, NORMAL[0]), (NORMAL[0], nothing)):
        assert np.isfinite(interpolate(ArtGAN, pair, 0.5)).all()
