"""Each metric against plain NumPy: choice of images, classes, float64, batches."""

from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist, pdist
from scipy.special import logsumexp, softmax

from artgan_tf.config import InputError
from artgan_tf.evaluation import entries
from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.registry import Comparison
from artgan_tf.metrics import diversity
from artgan_tf.metrics.extractor import Extractor
from tests.evaluation.material import Counted, dimmed, flat, images, reference

REAL, FAKE, TRAIN = images(40, 1), images(30, 2), images(50, 3)


@pytest.fixture
def data(tmp_path: Path) -> Reference:
    """Synthetic images instead of the other tests' data."""
    return reference(tmp_path, TRAIN, REAL, Counted().extractor)


@pytest.fixture
def of(data: Reference) -> Comparison:
    """Held-out images and slightly darker ones."""
    return Comparison(dimmed(FAKE, 0.97), REAL, data, k=3, classes=(0, 1, 2))


def features(of: Images) -> np.ndarray:
    return Counted.features(of.pixels).astype(np.float64)


# ---- fidelity -----------------------------------------------------------------------------------
def test_fid(of: Comparison) -> None:
    x, y = features(of.real), features(of.fake)
    a, b = np.cov(x.T), np.cov(y.T)
    means = np.square(x.mean(axis=0) - y.mean(axis=0)).sum()
    expected = means + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert entries.fid(of).values == {"fid": pytest.approx(expected, rel=1e-6)}


def squared_mmd(x: np.ndarray, y: np.ndarray) -> float:
    """Squared MMD, computed by loops over pairs."""

    def kernel(one: np.ndarray, other: np.ndarray) -> float:
        return (float(one @ other) / x.shape[1] + 1) ** 3

    def within(rows: np.ndarray) -> float:
        pairs = [kernel(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j]
        return sum(pairs) / len(pairs)

    across = [kernel(a, b) for a in x for b in y]
    return within(x) + within(y) - 2 * sum(across) / len(across)


def test_kid(data: Reference) -> None:
    fake = dimmed(images(40, 2), 0.8)  # equal numbers, so one subset has all
    found = entries.kid(Comparison(fake, REAL, data)).values
    expected = squared_mmd(features(REAL), features(fake))
    assert found == {"kid": pytest.approx(expected, rel=1e-6), "std": 0.0}


def test_inception_score(of: Comparison) -> None:
    """With one class per image, every part of the images has its own score."""
    p = softmax(Counted.logits(of.fake.pixels).astype(np.float64), axis=1)
    order = np.random.default_rng(0).permutation(30)
    scores = []
    for part in np.array_split(order, 10):
        marginal = p[part].mean(axis=0)
        scores.append(np.exp(np.mean([(row * np.log(row / marginal)).sum() for row in p[part]])))
    values = entries.score(of).values
    assert values["inception_score"] == pytest.approx(np.mean(scores))
    assert values["std"] == pytest.approx(np.std(scores))


def test_precision_is_of_the_fakes_and_recall_of_the_real_images(of: Comparison) -> None:
    def share(points: np.ndarray, centres: np.ndarray) -> float:
        radii = np.sort(cdist(centres, centres), axis=1)[:, of.k]
        return float((cdist(points, centres) <= radii).any(axis=1).mean())

    x, y = features(of.real), features(of.fake)
    values = entries.precision_recall(of).values
    assert values == {"precision": share(y, x), "recall": share(x, y)}
    assert 0 < values["precision"] != values["recall"] > 0


def test_density_coverage(of: Comparison) -> None:
    x, y = features(of.real), features(of.fake)
    inside = cdist(x, y) < np.sort(cdist(x, x), axis=1)[:, of.k, None]
    found = entries.density_coverage(of).values
    assert found["density"] == pytest.approx(inside.sum() / (of.k * len(y)))
    assert 0 < found["coverage"] == inside.any(axis=1).mean() < 1


@pytest.mark.parametrize("copied", [False, True])
def test_parzen_windows_stand_on_fakes_and_training_images_choose_their_width(
    copied: bool, tmp_path: Path
) -> None:
    """Copies of the fakes prefer the narrowest windows, unlike the held-out images."""
    train = FAKE if copied else TRAIN
    of = Comparison(FAKE, REAL, reference(tmp_path, train, REAL, None))
    fake, test, last = (
        x.pixels.reshape(x.count, -1) / 255 for x in (FAKE, REAL, of.reference.train)
    )

    def likelihoods(points: np.ndarray, sigma: float) -> np.ndarray:
        exponents = -cdist(points, fake, "sqeuclidean") / (2 * sigma**2)
        volume = fake.shape[1] * np.log(sigma * np.sqrt(2 * np.pi))
        return logsumexp(exponents, axis=1) - np.log(len(fake)) - volume

    sigmas = np.logspace(-1, 0, 10)
    last = last[-(len(last) // 10) :]
    sigma = sigmas[np.argmax([likelihoods(last, s).mean() for s in sigmas])]
    assert (sigma == sigmas[0]) == copied
    expected = likelihoods(test, sigma)
    values = entries.log_likelihood(of).values
    assert values["sigma"] == pytest.approx(sigma)
    assert values["log_likelihood"] == pytest.approx(expected.mean(), rel=1e-5)
    assert values["standard_error"] == pytest.approx(expected.std() / np.sqrt(40), rel=1e-4)


@pytest.mark.parametrize("pixels", [False, True])
def test_copies_of_training_images_are_found(pixels: bool, data: Reference) -> None:
    far = Images(np.full((3, 8, 8, 3), 255, np.uint8), np.zeros(3, np.int32))
    nearly = Images(np.concatenate([TRAIN.pixels[:5], far.pixels]), np.zeros(8, np.int32))
    measure = entries.authenticity_pixels if pixels else entries.authenticity
    assert measure(Comparison(nearly, TRAIN, data)).values == {"closer": 5 / 8, "farther": 3 / 8}


# ---- by class -----------------------------------------------------------------------------------
def test_intra_recall_is_of_each_class_among_its_own(of: Comparison) -> None:
    def recall(x: np.ndarray, y: np.ndarray) -> float:
        radii = np.sort(cdist(y, y), axis=1)[:, 3]  # the first is the point itself
        return float((cdist(x, y) <= radii).any(axis=1).mean())

    x, y = features(of.real), features(of.fake)
    expected = {k: recall(x[of.real.labels == k], y[of.fake.labels == k]) for k in range(3)}
    found = entries.intra_recall(of)
    assert found.by_class == pytest.approx(expected, rel=1e-12)
    assert 0 < found.values["intra_recall"] < 1
    assert found.values == {"intra_recall": pytest.approx(np.mean(list(expected.values())))}


def test_intra_kid_is_of_each_class_given_and_no_other(data: Reference) -> None:
    fake = dimmed(images(40, 2), 0.8)
    x, y = ([features(some)[some.labels == k] for k in (0, 2)] for some in (REAL, fake))
    expected = [squared_mmd(*pair) for pair in zip(x, y, strict=True)]
    found = entries.intra_kid(Comparison(fake, REAL, data, classes=(0, 2)))
    assert found.by_class == pytest.approx(dict(zip((0, 2), expected, strict=True)), rel=1e-6)
    assert found.values == {"intra_kid": pytest.approx(np.mean(expected))}


@pytest.mark.parametrize("name", ["shape_diversity", "pixel_diversity"])
def test_deviation_within_a_class(name: str, of: Comparison) -> None:
    def deviation(some: Images, k: int) -> float:
        rows = []
        for pixels in some.pixels[some.labels == k].astype(np.float64):
            channels = [pixels[..., c] for c in range(3)]
            if name == "shape_diversity":
                channels = [(c - c.mean()) / c.std() for c in channels]
            rows.append(np.stack(channels, axis=-1))
        mean = sum(rows) / len(rows)
        return float(np.sqrt(sum((row - mean) ** 2 for row in rows) / len(rows)).mean())

    found = getattr(entries, name)(of)
    expected = {k: deviation(of.fake, k) / deviation(of.real, k) for k in range(3)}
    assert found.by_class == pytest.approx(expected, rel=1e-9)
    assert found.values == {name: pytest.approx(np.mean(list(expected.values())))}


def test_intra_spread(of: Comparison, data: Reference) -> None:
    def apart(some: Images, k: int) -> float:
        return float(np.sqrt(np.mean(pdist(features(some)[some.labels == k]) ** 2)))

    found = entries.intra_spread(of)
    expected = {k: apart(of.fake, k) / apart(of.real, k) for k in range(3)}
    assert found.by_class == pytest.approx(expected, rel=1e-9)
    assert found.values == {"intra_spread": pytest.approx(np.mean(list(expected.values())))}
    same = Images(np.repeat(REAL.pixels[:1], 3, axis=0), np.zeros(3, np.int32))
    with pytest.raises(InputError, match="There is no intra_spread: within each class"):
        entries.intra_spread(Comparison(of.fake, same, data, classes=(0,)))


def collapsed(count: int) -> Images:
    """One composition per class, in colours and contrasts that vary between images."""
    rng, compositions = np.random.default_rng(5), images(3, 6).pixels / 255.0 - 0.5
    labels = (np.arange(count) % 3).astype(np.int32)
    contrasts, colours = rng.uniform(40, 160, (count, 1, 1, 3)), rng.uniform(80, 175, (count, 3))
    pixels = colours[:, None, None] + contrasts * compositions[labels]
    return Images(pixels.clip(0, 255).astype(np.uint8), labels)


def seen_without_colour(work: Path) -> Reference:
    """Synthetic images and an extractor that sees their shapes."""

    def run(batch: np.ndarray) -> tuple[np.ndarray, None]:
        return diversity.shapes(batch).reshape(len(batch), -1).astype(np.float32), None

    return reference(work, TRAIN, REAL, Extractor("shapes", "", run))


def test_one_composition_in_many_colours_fools_pixels_alone(tmp_path: Path) -> None:
    data = seen_without_colour(tmp_path)
    of = Comparison(collapsed(60), REAL, data, k=3, classes=(0, 1, 2))
    varied = Comparison(images(60, 9), REAL, data, k=3, classes=(0, 1, 2))
    assert entries.pixel_diversity(of).values["pixel_diversity"] > 0.4
    for measure in (entries.shape_diversity, entries.intra_spread):
        assert max(measure(of).by_class.values()) < 0.15
        assert measure(varied).by_class == pytest.approx(dict.fromkeys(range(3), 1.0), abs=0.1)
    assert entries.intra_recall(of).values == {"intra_recall": 0.0}
    assert entries.intra_recall(varied).values["intra_recall"] > 0.5


def test_pixel_diversity_pinned(data: Reference) -> None:
    labels = np.array([0, 0, 1, 1, 2, 2], np.int32)
    real = Images(flat(10, 30, 0, 255, 7, 7), labels)
    fake = Images(flat(10, 20, 0, 255, 7, 200), labels)
    found = entries.pixel_diversity(Comparison(fake, real, data, classes=(0, 1, 2)))
    assert found.by_class == {0: 0.5, 1: 1.0}  # real images of class 2 are equal
    assert found.values == {"pixel_diversity": 0.75}
    with pytest.raises(InputError, match="within each class all real images are the same"):
        entries.pixel_diversity(Comparison(fake, real, data, classes=(2,)))
