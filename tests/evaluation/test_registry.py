"""Names of metrics: their meaning, refused names, and the default choice."""

import pytest

from artgan_tf.config import InputError
from artgan_tf.evaluation.registry import check_asked, check_seeds, metric, usual
from artgan_tf.evaluation.scoring import Subject, refusal, scores
from tests.evaluation.material import Counted, images, reference


@pytest.mark.parametrize(
    ("name", "count", "split", "k"),
    [
        ("fid_10k_val", 10_000, "val", 0),
        ("kid_1500_train", 1_500, "train", 0),
        ("precision_recall_10k_k12", 10_000, "val", 12),
        ("conditional_accuracy_d_2k", 2_000, "val", 0),
        ("pixel_diversity_7", 7, "train", 0),
        ("d_accuracy_val", 0, "val", 0),
        ("authenticity_pixels_1k", 1_000, "train", 0),
    ],
)
def test_a_name_says_what_is_measured(name, count, split, k):
    found = metric(name)
    assert (found.name, found.count, found.split, found.k) == (name, count, split, k)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("agreement_classifier_1k", "conditional_accuracy_1k"),  # a former name
        ("agreement_d_8", "conditional_accuracy_d_8"),
        ("deviation_1000", "pixel_diversity_1k"),
        ("shape_deviation_12", "shape_diversity_12"),
        ("fid_10000_val", "fid_10k_val"),
        ("precision_recall_1000_k3", "precision_recall_1k_k3"),
        ("fid_1234_val", "fid_1234_val"),
        ("fid_999000_val", "fid_999k_val"),
    ],
)
def test_one_protocol_has_one_name(name, known):
    assert metric(name).name == known
    assert metric(name) == metric(known)


@pytest.mark.parametrize(
    "name",
    [
        *("", "fid_10k", "fid_0_val", "fid_0k_val", "fid_-1_val", "fid_010_val", "fid_1.5k_val"),
        *("fid_10k_test", "FID_10k_val", "fid_10k_val\n", "fid_10k_val_k3", "xfid_10k_val"),
        *("precision_recall_10k_3", "precision_recall_10k_k0", "precision_recall_10k_k"),
        *("d_accuracy_10k_val", "fid_{count}_{split}", "kid_10k_val,fid_10k_val"),
    ],
)
def test_other_names_are_refused_in_one_sentence(name):
    with pytest.raises(InputError) as caught:
        metric(name)
    sentence = str(caught.value)
    assert sentence.startswith(f"There is no metric {name!r}")
    assert ": use names such as intra_recall_10k_k3, " in sentence
    assert "precision_recall_10k_k3" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


# ---- the default --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("train", "val", "validation", "counts"),
    [
        (100_000, 10_000, 0, {10_000, 1_000}),
        (9_999, 9_999, 0, {5_000, 1_000}),
        (10_000, 2_000, 1, {5_000, 2_000, 1_000}),
        (1_050, 200, 50, {1_000, 200}),
        (600, 150, 99, {500, 100}),
        (499, 99, 0, {200, 50}),
        (5, 0, 5, {1}),
    ],
)
def test_usual_counts_are_the_largest_that_the_other_split_has(train, val, validation, counts):
    found = {metric(name).count for name in usual(train, val, validation)}
    assert found - {0} == counts
    few = {metric(name).count for name in usual(train, val, validation, most=100)}
    assert few - {0} == {min(count, 100) for count in counts}


# ---- what a command asks for --------------------------------------------------------------------
def test_what_is_asked_for_is_checked_before_anything_is_opened():
    check_seeds([0, 7, 2**31 - 1])
    check_asked(["fid_1k_val", "deviation_1k"], "classifier")
    with pytest.raises(InputError, match="extractor"):
        check_asked(["fid_1k_val"], "nothing")
    for seeds, given in (([], "nothing"), ([-1], "-1"), ([0, 2**31], "0 2147483648")):
        with pytest.raises(InputError, match=rf"from 0 to 2,147,483,647, not {given}\.$"):
            check_seeds(seeds)


def test_a_class_needs_more_images_than_neighbours():
    needs = {"intra_recall_1k_k3": 4, "intra_recall_1k_k5": 6, "intra_kid_1k_val": 2, "is_1k": 0}
    assert {name: metric(name).in_class for name in needs} == needs


@pytest.mark.parametrize(("train", "val"), [(120, 40), (40, 60), (12, 4)])
def test_all_that_is_usual_and_can_be_had_has_a_reference_row(train, val, tmp_path, monkeypatch):
    data = reference(tmp_path, images(train), images(val, 1), Counted().extractor)
    monkeypatch.setattr(type(data), "classifier", FirstPixel())
    names = usual(train, val, data.validation.count)
    had = [each for each in map(metric, names) if not refusal(each, data)]
    row = [each.name for each, _ in scores(Subject(), had, data)]
    assert row == [each.name for each in had if "gan" not in each.entry.needs]
    assert len(row) >= 5


class FirstPixel:
    """A fake classifier."""

    @staticmethod
    def predict_on_batch(pixels):
        return pixels[:, 0, 0, :]
