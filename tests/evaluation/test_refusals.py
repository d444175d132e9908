"""Metrics that cannot be measured: refused before generation, or a failed run, in a sentence."""

from dataclasses import replace

import numpy as np
import pytest

from artgan_tf.config import InputError
from artgan_tf.evaluation.registry import Measured, metric
from artgan_tf.evaluation.scoring import Subject, check, scores
from artgan_tf.metrics.extractors import open_extractor
from tests.evaluation.material import Counted, images, opened, reference, scored


@pytest.mark.parametrize(
    "measured", [Measured({"fid": np.nan}), Measured({"fid": 1.0}, {1: np.inf})]
)
def test_a_result_that_is_no_number_is_left_out_with_its_reason(measured, data, sampler):
    entry = replace(metric("fid_30_val").entry, measure=lambda _: measured)
    broken = replace(metric("fid_30_val"), entry=entry)
    with pytest.warns(
        UserWarning, match="fid_30_val of model has no value: The value is not finite"
    ):
        assert list(scores(Subject(sampler, "model", "ema"), [broken], data)) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fid_1_val", "of 1 generated images and needs 2"),
        ("is_9", "of 9 generated images and needs 10"),
        ("precision_recall_3_k3", "of 3 generated images and needs 4"),
        ("precision_recall_20_k12", "needs 13 real images, and there are 12"),
        ("density_coverage_40_k39", "needs 40 real images, and there are 12"),
        ("intra_kid_4_val", "2 real and 2 generated images: the largest has 1 of each"),
        ("intra_fid_30_val", "2,048 real and 2,048 generated images: the largest has 4 of each"),
        (
            "pixel_diversity_2",
            "a class with 2 real and 2 generated images: the largest has 1 of each",
        ),
    ],
)
def test_too_few_images_are_refused_before_any_is_painted(name, words, tmp_path):
    data = reference(tmp_path, images(36), images(12, 1), Counted().extractor)
    with pytest.raises(InputError) as caught:
        check([metric("kid_30_val"), metric(name)], data)
    assert str(caught.value).startswith(name)
    assert words in str(caught.value)


def test_classes_of_fewer_than_two_images_are_left_out(tmp_path, sampler):
    train, val = images(36), images(12, 1)
    val.labels[:] = [0] * 6 + [1] * 5 + [2]
    data = reference(tmp_path, train, val, Counted().extractor)
    found = scored(["intra_kid_12_val"], data)["intra_kid_12_val"]
    assert set(found.by_class) == {"blue", "green"}


def test_a_reference_row_that_cannot_be_had_stops_nothing(tmp_path):
    train, val = images(36), images(4, 1)
    train.labels[:], val.labels[:] = np.arange(36) // 12, [0, 1, 2, 1]
    vars(data := reference(tmp_path, train, val, None))["train"] = train
    assert scored(["pixel_diversity_4", "authenticity_pixels_4"], data).keys() == {
        "authenticity_pixels_4"
    }


def test_what_the_extractor_or_the_model_lacks_is_refused(paintings, cache, tmp_path):
    bare = opened(paintings, cache, tmp_path / "bare", None)
    pixels = opened(paintings, cache, tmp_path / "pixels", open_extractor("pixels"))
    lone = opened(paintings, cache, tmp_path / "lone", None)
    lone.source = replace(lone.source, class_names=("all",))
    lone.use_own_extractor()
    for name, data, autoencoder, words in (
        ("conditional_accuracy_30", lone, True, "accuracy_30 needs two classes, and there is one"),
        (
            "fid_30_val",
            lone,
            True,
            "fid_30_val cannot be computed: a classifier .* two classes; --",
        ),
        ("is_30", bare, True, "is_30 needs logits of classes, of an extractor: for"),
        ("fid_30_val", bare, True, "fid_30_val needs an extractor: name one of inception-2015"),
        ("is_30", pixels, True, "is_30 needs logits of classes, which pixels does not give"),
        ("reconstruction_val", bare, False, "model.autoencoder is off"),
    ):
        with pytest.raises(InputError, match=words):
            check([metric(name)], data, autoencoder)
