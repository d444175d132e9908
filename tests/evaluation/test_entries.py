"""Each metric: which images and features it compares, its classes, and what it is for."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artgan_tf.config import InputError
from artgan_tf.evaluation import entries
from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.registry import Comparison
from artgan_tf.metrics import diversity, manifold
from artgan_tf.metrics.extractor import Extractor
from artgan_tf.metrics.frechet import frechet_distance
from artgan_tf.metrics.inception_score import inception_score
from artgan_tf.metrics.kernel import kernel_distance
from artgan_tf.metrics.parzen import parzen
from tests.evaluation.material import Counted, dimmed, flat, images, reference

REAL, FAKE, TRAIN = images(40, 1), dimmed(images(30, 2), 0.97), images(50, 3)


@pytest.fixture
def data(tmp_path: Path) -> Reference:
    """Synthetic images instead of the other tests' data."""
    return reference(tmp_path, TRAIN, REAL, Counted().extractor)


@pytest.fixture
def of(data: Reference) -> Comparison:
    """Held-out images and slightly darker ones."""
    return Comparison(FAKE, REAL, data, k=3, classes=(0, 1, 2))


def features(of: Images, label: int | None = None) -> np.ndarray:
    found = Counted.features(of.pixels).astype(np.float64)
    return found if label is None else found[of.labels == label]


def deviation(of: Images, label: int, values: Any) -> float:
    return diversity.pixel_deviation(of.pixels, np.flatnonzero(of.labels == label), values)


# ---- fidelity -----------------------------------------------------------------------------------
def test_features_of_real_and_generated_images_are_compared(of):
    real, fake = features(REAL), features(FAKE)
    kid, score = kernel_distance(real, fake), inception_score(Counted.logits(FAKE.pixels))
    for measure, expected in (
        (entries.fid, {"fid": frechet_distance(real, fake)}),
        (entries.kid, {"kid": kid.mean, "std": kid.std}),
        (entries.score, {"inception_score": score.mean, "std": score.std}),
        (entries.precision_recall, manifold.precision_recall(real, fake, 3)._asdict()),
        (entries.density_coverage, manifold.density_coverage(real, fake, 3)._asdict()),
    ):
        assert measure(of).values == pytest.approx(expected, rel=1e-5)
    values = entries.precision_recall(of).values
    assert 0 < values["precision"] != values["recall"] > 0


@pytest.mark.parametrize("copied", [False, True])
def test_parzen_windows_stand_on_fakes_and_training_images_choose_their_width(copied, tmp_path):
    """Copies of the fakes prefer the narrowest windows, unlike the held-out images."""
    of = Comparison(FAKE, REAL, reference(tmp_path, FAKE if copied else TRAIN, REAL, None))
    train = of.reference.train
    fake, validation, test = (
        x.reshape(len(x), -1) / 255
        for x in (FAKE.pixels, train.pixels[-train.count // 10 :], REAL.pixels)
    )
    expected = parzen(fake, validation, test)
    assert (expected.sigma == 0.1) == copied
    assert entries.log_likelihood(of).values == pytest.approx(expected._asdict(), rel=1e-4)


@pytest.mark.parametrize("pixels", [False, True])
def test_copies_of_training_images_are_found(pixels, data):
    far = Images(np.full((3, 8, 8, 3), 255, np.uint8), np.zeros(3, np.int32))
    nearly = Images(np.concatenate([TRAIN.pixels[:5], far.pixels]), np.zeros(8, np.int32))
    measure = entries.authenticity_pixels if pixels else entries.authenticity
    assert measure(Comparison(nearly, TRAIN, data)).values == {"closer": 5 / 8, "farther": 3 / 8}


# ---- by class -----------------------------------------------------------------------------------
def test_each_class_is_compared_with_its_own_and_no_other(data):
    of = Comparison(FAKE, REAL, data, k=3, classes=(0, 2))
    pairs = {k: (features(REAL, k), features(FAKE, k)) for k in (0, 2)}
    apart = {k: [diversity.pair_distance(x) for x in pair] for k, pair in pairs.items()}
    shapes, pixels = (
        {k: deviation(FAKE, k, values) / deviation(REAL, k, values) for k in (0, 2)}
        for values in (diversity.shapes, np.asarray)
    )
    recalls = {k: manifold.precision_recall(*pair, 3).recall for k, pair in pairs.items()}
    for name, expected in {
        "intra_recall": recalls,
        "intra_kid": {k: kernel_distance(*pair).mean for k, pair in pairs.items()},
        "intra_spread": {k: fake / real for k, (real, fake) in apart.items()},
        "shape_diversity": shapes,
        "pixel_diversity": pixels,
    }.items():
        found = getattr(entries, name)(of)
        assert found.by_class == pytest.approx(expected, rel=1e-5)
        assert found.values == {name: pytest.approx(np.mean(list(expected.values())))}
    assert 0 < min(recalls.values()) < 1
    same = Images(np.repeat(REAL.pixels[:1], 3, axis=0), np.zeros(3, np.int32))
    with pytest.raises(InputError, match="There is no intra_spread: within each class"):
        entries.intra_spread(Comparison(FAKE, same, data, classes=(0,)))


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


def test_one_composition_in_many_colours_fools_pixels_alone(tmp_path):
    data = seen_without_colour(tmp_path)
    of = Comparison(collapsed(60), REAL, data, k=3, classes=(0, 1, 2))
    varied = Comparison(images(60, 9), REAL, data, k=3, classes=(0, 1, 2))
    assert entries.pixel_diversity(of).values["pixel_diversity"] > 0.4
    for measure in (entries.shape_diversity, entries.intra_spread):
        assert max(measure(of).by_class.values()) < 0.15
        assert measure(varied).by_class == pytest.approx(dict.fromkeys(range(3), 1.0), abs=0.1)
    assert entries.intra_recall(of).values == {"intra_recall": 0.0}
    assert entries.intra_recall(varied).values["intra_recall"] > 0.5


def test_pixel_diversity_pinned(data):
    labels = np.array([0, 0, 1, 1, 2, 2], np.int32)
    real = Images(flat(10, 30, 0, 255, 7, 7), labels)
    fake = Images(flat(10, 20, 0, 255, 7, 200), labels)
    found = entries.pixel_diversity(Comparison(fake, real, data, classes=(0, 1, 2)))
    assert found.by_class == {0: 0.5, 1: 1.0}  # real images of class 2 are equal
    assert found.values == {"pixel_diversity": 0.75}
    with pytest.raises(InputError, match="within each class all real images are the same"):
        entries.pixel_diversity(Comparison(fake, real, data, classes=(2,)))
