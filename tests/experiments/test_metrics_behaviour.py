"""The script that checks the metrics' behaviour, on embedded paintings."""

from dataclasses import replace

import numpy as np
import pytest

from artgan_tf.config import Data, InputError
from artgan_tf.data.demo_paintings import CLASS_NAMES
from artgan_tf.data.source import Indexed, Source
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.registry import metric
from artgan_tf.metrics.extractor import Extractor
from experiments.metrics_behaviour.__main__ import about, table
from experiments.metrics_behaviour.measuring import EXPECTED, Row, goes, measured, misbehaving
from experiments.metrics_behaviour.sets import blurred, kept, noisy, places_unaltered
from tests.demo import gallery

TRAIN, HELD_OUT, SIZE, COUNT = 1_500, 300, 8, 250
SPOILT = {"held out", "unaltered", "classes dropped", "noise", "blur"}


@pytest.fixture(scope="module")
def source() -> Source:
    images, labels = gallery(0, 0, TRAIN + HELD_OUT, SIZE)
    splits = (
        Indexed(labels[part], images[part].__getitem__)
        for part in (slice(0, TRAIN), slice(TRAIN, None))
    )
    return Source("demo", CLASS_NAMES, *splits)


@pytest.fixture(scope="module")
def reference(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    work = tmp_path_factory.mktemp("work")
    return Reference(source, Data(image_size=SIZE), edges(), work, work)


@pytest.fixture(scope="module")
def rows(reference: Reference) -> list[Row]:
    return list(measured(reference, COUNT))


def edges() -> Extractor:
    """An extractor of mean colours and mean contrasts of 16 fields.

    Features linear in the pixels do not work: noise with mean 0 barely changes their KID.
    """

    def fields(values: np.ndarray) -> np.ndarray:
        n, height, width, channels = values.shape
        split = values.reshape(n, 4, height // 4, 4, width // 4, channels)
        return split.mean(axis=(2, 4)).reshape(n, -1)

    def run(images: np.ndarray) -> tuple[np.ndarray, None]:
        x = 4 * images.astype(np.float32) / 255
        contrasts = (np.abs(x - np.roll(x, 1, axis)) for axis in (1, 2))
        return np.concatenate([fields(x), *map(fields, contrasts)], axis=1), None

    return Extractor("edges", "mean colours and contrasts of 4x4 fields", run)


def path(rows: list[Row], metric: str, series: str) -> list[float]:
    return [row.values[metric] for row in rows if row.series in ("unaltered", series)]


# ---- on embedded paintings ----------------------------------------------------------------------
@pytest.mark.slow
def test_metrics_behave(rows: list[Row]) -> None:
    assert {row.series for row in rows} == SPOILT
    assert misbehaving(rows, COUNT) == []
    for name in ("fid", "kid"):
        for series in ("noise", "blur", "classes dropped"):
            assert len(path(rows, name, series)) == 4
            assert (np.diff(path(rows, name, series)) > 0).all()
    assert (np.diff(path(rows, "precision", "noise")) < 0).all()
    assert (np.diff(path(rows, "recall", "classes dropped")) < 0).all()


def test_authenticity_catches_training_images(rows: list[Row]) -> None:
    by_series = {row.series: row.values for row in rows if row.series in ("held out", "unaltered")}
    for name in ("authenticity", "authenticity_pixels"):
        assert by_series["unaltered"][name] == 1.0
        assert by_series["held out"][name] < 0.4


# ---- the sets -----------------------------------------------------------------------------------
def test_classes_are_dropped_from_the_end_and_the_count_stays(reference: Reference) -> None:
    labels = reference.train.labels
    for share, left in ((0.0, 10), (0.2, 8), (0.5, 5), (0.8, 2)):
        found = kept(labels, 10, share, COUNT)
        assert len(found) == COUNT
        assert set(labels[found]) == set(range(left))
        assert set(np.flatnonzero(labels < left)[:COUNT]) == set(found)
    with pytest.raises(InputError, match=r"training images of the first 2 classes, not 1,000"):
        kept(labels, 10, 0.8, 1_000)


def test_noise_and_blur_are_of_the_strength_they_say() -> None:
    grey = np.full((4, 64, 64, 3), 128, np.uint8)
    noise = noisy(grey, 0.05).astype(float) - 128
    assert noise.std() == pytest.approx(0.05 * 255, rel=0.02)
    np.testing.assert_array_equal(noisy(grey, 0.1)[:2], noisy(grey[:2], 0.1))
    dot = np.zeros((1, 33, 33, 3), np.uint8)
    dot[0, 16, 16] = 255
    row = blurred(dot, 2.0)[0, :, :, 0].astype(float).sum(axis=0)
    variance = (row * (np.arange(33) - 16) ** 2).sum() / row.sum()
    assert variance == pytest.approx(4.0, rel=0.2)


# ---- the report ---------------------------------------------------------------------------------
def test_every_failed_expectation_is_told(rows: list[Row]) -> None:
    still = [replace(row, values=rows[1].values) for row in rows]
    told = misbehaving(still, COUNT)
    assert len(told) == len(EXPECTED) + 2
    assert told[0].startswith("fid does not rise: noise ")
    assert "authenticity is 1.000 of copies, 1.000 of held-out images." in told


def test_a_step_the_other_way_is_forgiven_within_one_standard_error() -> None:
    assert goes([0.5, 0.1, 0.12, 0.0, 0.0], -1, 0.03)
    assert not goes([0.5, 0.1, 0.14, 0.0], -1, 0.03)
    assert not goes([0.5, 0.49, 0.48], -1, 0.03)
    assert goes([1.0, 2.0, 3.0], 1, 0.0)
    assert not goes([1.0, 1.0, 3.0], 1, 0.0)


def test_every_column_is_of_a_metric_of_the_registry(rows: list[Row]) -> None:
    names = table(rows, COUNT).split("\n")[0].split("`")[1::2]
    assert len(names) == 6
    assert all(metric(name).count == COUNT for name in names)


def test_figures_tell_what_they_are_of(reference: Reference) -> None:
    found = about(reference, COUNT)
    assert found["searched_by_pixels"] == TRAIN
    assert COUNT < found["searched_by_features"] == len(places_unaltered(reference, COUNT)) < TRAIN
    assert found["classes"] == CLASS_NAMES
