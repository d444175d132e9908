"""D's metrics equal pinned values and training's figures, and do not depend on batches."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from artgan_tf.config import RunError
from artgan_tf.evaluation import entries
from artgan_tf.evaluation import images as images_module
from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.registry import Comparison
from artgan_tf.metrics import diversity
from artgan_tf.runs.load import load
from tests.evaluation.material import Counted, dimmed, flat, images, reference

REAL, FAKE = images(40, 1), images(30, 2)


@pytest.fixture
def data(tmp_path: Path) -> Reference:
    """Synthetic images instead of the other tests' data."""
    return reference(tmp_path, FAKE, REAL, Counted().extractor)


def sampler(classes: int, *logits: list[float], autoencoder: Any = None) -> Any:
    """A sampler whose D takes an image's first pixel as the index of a row of logits."""
    table = np.array(logits, np.float32)
    gan = SimpleNamespace(
        num_classes=classes,
        pixel_range=(-1.0, 1.0),
        from_uint8=lambda x: x.astype(np.float32) / 127.5 - 1,
        discriminator=lambda x: (table[np.rint((x[:, 0, 0, 0] + 1) * 127.5).astype(int)], None),
        reconstruct=autoencoder,
    )
    return SimpleNamespace(gan=gan, trained="weights")


def test_accuracies_of_d_pinned(data):
    some = Images(flat(0, 1, 2, 1, 0), np.array([0, 1, 2, 2, 1], np.int32))
    seer = sampler(3, [3, 1, 2], [1, 3, 2], [1, 2, 3])
    for measure, name in (
        (entries.d_accuracy, "accuracy"),
        (entries.conditional_accuracy_d, "conditional_accuracy"),
    ):
        nothing = Images(flat(0), np.array([1], np.int32))
        real, fake = (some, nothing) if name == "accuracy" else (nothing, some)
        found = measure(Comparison(fake, real, data, seer))
        error = np.sqrt(0.6 * 0.4 / 5)
        assert found.values == {name: 0.6, "standard_error": pytest.approx(error)}
        assert found.by_class == {0: 1.0, 1: 0.5, 2: 0.5}


def test_fake_unit_is_no_class(data):
    some = Images(flat(0, 1), np.array([1, 0], np.int32))
    seer = sampler(2, [0, 1, 9], [1, 0, 9])
    assert entries.d_accuracy(Comparison(some, some, data, seer)).values["accuracy"] == 1.0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_logits_that_are_no_numbers_are_a_failed_run(bad, data):
    some = Images(flat(0, 1), np.array([0, 0], np.int32))
    with pytest.raises(RunError, match=r"D gives NaN or infinity: use another checkpoint\.$"):
        entries.d_accuracy(Comparison(some, some, data, sampler(2, [1, 0], [bad, 0])))


def test_reconstruction_adds_up_in_float64(data):
    rng = np.random.default_rng(0)
    noise = rng.uniform(-1, 1, (40, 8, 8, 3)).astype(np.float32)
    seer = sampler(3, [0], autoencoder=lambda x, weights: noise)
    found = entries.reconstruction(Comparison(REAL, REAL, data, seer)).values["reconstruction"]
    shown = REAL.pixels.astype(np.float32) / 127.5 - 1
    assert found == pytest.approx(np.square((noise - shown).astype(np.float64) / 2).mean(), 1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("paper", ["artgan", "improved"])
def test_discriminator_of_a_run_is_scored_as_training_scores_it(paper, data, request):
    model = load(request.getfixturevalue(paper), weights="raw")
    real, gan = images(40, 1, 16), model.gan
    of = Comparison(real, real, data, model)
    expected = {k: float(v) for k, v in gan.test_step((real.pixels, real.labels)).items()}
    before = [keras.ops.convert_to_numpy(v).copy() for v in gan.variables]
    assert entries.d_accuracy(of).values["accuracy"] == pytest.approx(expected["accuracy"])
    low, high = gan.pixel_range
    mean = expected["reconstruction"] / (high - low) ** 2
    assert entries.reconstruction(of).values == {"reconstruction": pytest.approx(mean, rel=1e-5)}
    for variable, value in zip(gan.variables, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), value)
    if paper == "artgan":  # which decodes with the weights that paint
        model.trained = gan.averaged
        averaged = entries.reconstruction(of).values["reconstruction"]
        assert averaged != pytest.approx(mean, rel=1e-3)


# ---- batches ------------------------------------------------------------------------------------
@pytest.mark.parametrize("batch", [1, 7])
@pytest.mark.parametrize("name", ["pixel_diversity", "d_accuracy", "reconstruction"])
def test_batches_do_not_show(name, batch, data, monkeypatch):
    rows = np.random.default_rng(0).normal(size=(256, 3)).tolist()
    seer = sampler(3, *rows, autoencoder=lambda x, weights: x**3)
    of = Comparison(dimmed(FAKE, 0.5), REAL, data, seer, classes=(0, 1, 2))
    measure: Callable[[Comparison], Any] = getattr(entries, name)
    expected = measure(of)
    monkeypatch.setattr(images_module, "BATCH", batch)
    monkeypatch.setattr(diversity, "BATCH", batch)
    assert measure(of).values == pytest.approx(expected.values, rel=1e-12)
    assert measure(of).by_class == pytest.approx(expected.by_class, rel=1e-12)
