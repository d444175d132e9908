"""Names of metrics: what they mean, which are refused, and which are taken when none is named."""

from pathlib import Path

import pytest

from artgan_tf.config import InputError
from artgan_tf.evaluation.protocols import COUNTS, KINDS, metric, short, usual
from artgan_tf.evaluation.scoring import Subject, refusal, scores
from tests.evaluation.material import Counted, images, reference


@pytest.mark.parametrize(
    ("name", "pattern", "count", "split", "k"),
    [
        ("fid_10k_val", "fid_{count}_{split}", 10_000, "val", 0),
        ("fid_50_train", "fid_{count}_{split}", 50, "train", 0),
        ("kid_1500_val", "kid_{count}_{split}", 1_500, "val", 0),
        ("is_50k", "is_{count}", 50_000, "val", 0),
        ("parzen_10k", "parzen_{count}", 10_000, "val", 0),
        ("precision_recall_10k_k3", "precision_recall_{count}_{k}", 10_000, "val", 3),
        ("density_coverage_1k_k12", "density_coverage_{count}_{k}", 1_000, "val", 12),
        ("agreement_classifier_2k", "agreement_classifier_{count}", 2_000, "train", 0),
        ("agreement_d_2k", "agreement_d_{count}", 2_000, "val", 0),
        ("intra_kid_5k_train", "intra_kid_{count}_{split}", 5_000, "train", 0),
        ("intra_fid_50k_val", "intra_fid_{count}_{split}", 50_000, "val", 0),
        ("deviation_7", "deviation_{count}", 7, "train", 0),
        ("d_accuracy_val", "d_accuracy_{split}", 0, "val", 0),
        ("reconstruction_train", "reconstruction_{split}", 0, "train", 0),
        ("authenticity_1k", "authenticity_{count}", 1_000, "train", 0),
        ("authenticity_pixels_1k", "authenticity_pixels_{count}", 1_000, "train", 0),
    ],
)
def test_a_name_says_what_is_measured(
    name: str, pattern: str, count: int, split: str, k: int
) -> None:
    found = metric(name)
    assert (found.name, found.kind.pattern) == (name, pattern)
    assert (found.count, found.split, found.k) == (count, split, k)


def test_every_kind_is_known_by_its_names() -> None:
    for kind in KINDS:
        assert metric(kind.name(2_000)).kind is kind


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("fid_10000_val", "fid_10k_val"),
        ("kid_2000_train", "kid_2k_train"),
        ("precision_recall_1000_k3", "precision_recall_1k_k3"),
        ("fid_1234_val", "fid_1234_val"),
    ],
)
def test_one_protocol_has_one_name(name: str, known: str) -> None:
    assert metric(name).name == known
    assert metric(name) == metric(known)


@pytest.mark.parametrize(
    "name",
    [
        *("", "fid", "fid_10k", "fid_0_val", "fid_0k_val", "fid_-1_val", "fid_010_val"),
        *("fid_10k_foo", "fid_10k_test", "fid_10m_val", "fid_1.5k_val", "fid_10K_val"),
        *("FID_10k_val", " fid_10k_val", "fid_10k_val\n", "fid_10k_val_k3", "xfid_10k_val"),
        *("precision_recall_10k", "precision_recall_10k_3", "precision_recall_10k_k0"),
        *("precision_recall_10k_k", "is_10k_val", "d_accuracy_10k_val", "d_accuracy"),
        *("parzen", "authenticity_1k_train", "fid_{count}_{split}", "kid_10k_val,fid_10k_val"),
    ],
)
def test_other_names_are_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(InputError) as caught:
        metric(name)
    sentence = str(caught.value)
    assert sentence.startswith(f"There is no metric {name!r}")
    assert ": take names such as intra_recall_10k_k3, " in sentence
    assert "precision_recall_10k_k3" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("count", [1, 50, 999, 1_000, 1_001, 10_000, 123_000])
def test_short_counts_are_read_back(count: int) -> None:
    assert metric(f"parzen_{short(count)}").count == count


# ---- the usual ones -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("train", "val"), [(50_000, 10_000), (5_000, 1_000), (5_000, 100), (120, 2_000), (36, 12)]
)
def test_usual_counts_are_round_and_leave_a_floor(train: int, val: int) -> None:
    validation = train // 10
    for name in usual(train, val, validation):
        found = metric(name)
        spare = val if found.split == "train" else train - validation
        assert found.count <= spare
        assert found.count in (0, *COUNTS, spare)
        if found.kind.group == "copying":
            assert found.count <= 1_000


def test_usual_counts_are_as_many_as_there_is_time_for() -> None:
    counts = {metric(name).count for name in usual(50_000, 10_000, 5_000, most=1_000)}
    assert counts == {0, 1_000}


def test_a_class_needs_more_images_than_neighbours() -> None:
    needs = {"intra_recall_1k_k3": 4, "intra_recall_1k_k5": 6, "intra_kid_1k_val": 2, "is_1k": 0}
    assert {name: metric(name).in_class for name in needs} == needs


def test_usual_pinned() -> None:
    names = usual(5_000, 1_000, 500)  # those of the demo
    assert {"fid_2k_val", "kid_2k_val", "is_2k", "parzen_2k", "agreement_d_2k"} <= set(names)
    assert {"agreement_classifier_1k", "deviation_1k", "authenticity_1k"} <= set(names)
    assert {"d_accuracy_val", "reconstruction_val", "precision_recall_2k_k3"} <= set(names)
    assert len(names) == len(KINDS)


@pytest.mark.parametrize(("train", "val"), [(120, 40), (40, 120), (25, 12), (12, 4)])
def test_all_that_is_usual_and_can_be_had_has_a_floor(
    train: int, val: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = reference(tmp_path, images(train), images(val, 1), Counted().extractor)
    monkeypatch.setattr(type(data), "classifier", FirstPixel())
    names = usual(train, val, data.validation.count)
    had = [each for each in map(metric, names) if not refusal(each, data)]
    floor = [each.name for each, _ in scores(Subject(), had, data)]
    assert floor == [each.name for each in had if "gan" not in each.kind.needs]
    assert len(floor) >= 5


class FirstPixel:
    """Stands in for the trained classifier."""

    @staticmethod
    def predict_on_batch(pixels):
        return pixels[:, 0, 0, :]
