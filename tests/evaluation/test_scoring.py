"""Scores of a run and of real images: same images, right counts, nothing modified."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from artgan_tf.evaluation import entries
from artgan_tf.evaluation.registry import ENTRIES, Comparison, Measured, metric
from artgan_tf.evaluation.results import REAL
from artgan_tf.evaluation.scoring import Subject, scores
from artgan_tf.metrics import classifier
from tests.evaluation.material import STEP, images, reference, scored

ALL = (
    *("fid_30_val", "kid_30_val", "is_20", "precision_recall_30_k3", "density_coverage_30_k5"),
    *("parzen_30", "conditional_accuracy_12", "conditional_accuracy_d_30", "intra_kid_30_val"),
    *("intra_recall_30_k3", "intra_spread_30_val", "shape_diversity_12"),
    *("pixel_diversity_12", "d_accuracy_val", "reconstruction_val", "authenticity_12"),
    "authenticity_pixels_12",
)
LARGER = "intra_fid_{count}_{split}"  # needs more images of a class than there are here
VAL = 12  # images of the split, fewer than the 30 generated ones


# ---- results ------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_result_tells_counts_images_and_networks_and_nothing_of_the_model_changes(data, sampler):
    before = [keras.ops.convert_to_numpy(v).copy() for v in sampler.gan.variables]
    found = scored(ALL, data, sampler, seed=4)
    for variable, value in zip(sampler.gan.variables, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), value)
    assert list(found) == list(ALL)
    patterns = {metric(name).entry.pattern for name in ALL}
    assert patterns | {LARGER} == {entry.pattern for entry in ENTRIES}
    counts = {name: (result.generated, result.real) for name, result in found.items()}
    assert counts == {name: (30, VAL) for name in ALL if "30" in name} | {
        **dict.fromkeys(("shape_diversity_12", "pixel_diversity_12"), (12, 12)),
        **dict.fromkeys(("authenticity_12", "authenticity_pixels_12"), (12, 36)),
        **dict.fromkeys(("d_accuracy_val", "reconstruction_val"), (0, 12)),
        "conditional_accuracy_12": (12, 36),
        "conditional_accuracy_d_30": (30, 0),
        "is_20": (20, 0),
    }
    for result in found.values():
        assert (result.model, result.weights, result.seed) == ("model", "ema", 4)
        assert (result.step, result.data) == (STEP, data.data.spec)
        assert np.isfinite(list(result.values.values())).all()
    assert set(found["intra_kid_30_val"].by_class) == set(data.source.class_names)
    for name, result in found.items():
        if "features" in metric(name).entry.needs:
            assert result.extractor == data.record
        else:
            seer = {"conditional_accuracy_12": classifier.RECORD}
            assert result.extractor == seer.get(name, {})
    real = {"fid_30_val": data.val, "authenticity_12": data.train, "d_accuracy_val": data.val}
    real["pixel_diversity_12"] = data.train.first(12)
    for name, held_against in real.items():
        assert found[name].data_sha256 == held_against.sha256


def test_reference_row_is_of_the_other_split_and_of_no_metric_of_a_model(data):
    found = scored(ALL, data)
    assert set(ALL) - set(found) == {
        "conditional_accuracy_d_30",
        "d_accuracy_val",
        "reconstruction_val",
    }
    for result in found.values():
        assert (result.model, result.weights, result.step) == (REAL, "", 0)
    first = Comparison(data.train.first(30), data.val, data)
    assert found["fid_30_val"].values == entries.fid(first).values
    held_out = Comparison(data.val, data.train, data)
    assert found["authenticity_12"].values == entries.authenticity(held_out).values


def test_no_image_stands_in_for_itself_or_chooses_the_windows_it_stands_in(data):
    spare = 36 - 3  # the last three choose the width of Parzen windows
    assert list(scored(["parzen_33", "kid_33_val"], data)) == ["parzen_33", "kid_33_val"]
    with pytest.warns(UserWarning, match="no row of real images") as warned:
        assert scored([f"parzen_{spare + 1}", "pixel_diversity_13", "fid_34_val"], data) == {}
    told = [str(each.message) for each in warned]
    assert [line.split(":")[0] for line in told] == ["parzen_34, fid_34_val", "pixel_diversity_13"]
    assert ["only 33 of them" in told[0], "only 12 of them" in told[1]] == [True, True]
    kept = {image.tobytes() for image in data.validation.pixels}
    assert not kept & {image.tobytes() for image in data.train.first(spare).pixels}


# ---- the images ---------------------------------------------------------------------------------
def test_images_are_painted_once_and_are_the_same_whatever_is_asked(data, sampler, monkeypatch):
    painted: list[int] = []
    generate = sampler.generate

    def spy(labels: list[int], seeds: range) -> np.ndarray:
        painted.extend(seeds)
        return generate(labels, seeds)

    monkeypatch.setattr(sampler, "generate", spy)
    together = scored(
        ["pixel_diversity_12", "kid_30_val", "authenticity_pixels_12"], data, sampler, 2
    )
    assert painted == list(range(2 * 10**9, 2 * 10**9 + 30))
    for name, result in together.items():
        assert scored([name], data, sampler, 2)[name].values == result.values


def test_classes_are_as_frequent_as_among_the_training_images(tmp_path, sampler):
    train = images(36, size=16)
    train.labels[:] = [2] * 18 + [0] * 12 + [1] * 6
    data, seen = reference(tmp_path, train, images(12, 1, size=16), None), []

    def spy(of: Comparison) -> Measured:
        seen.append(of.fake)
        return Measured({"parzen": 0.0})

    asked = replace(metric("parzen_30"), entry=replace(metric("parzen_30").entry, measure=spy))
    assert len(list(scores(Subject(sampler), [asked], data))) == 1
    assert np.bincount(seen[0].labels).tolist() == [10, 5, 15]
    alone = sampler.generate([int(seen[0].labels[29])], [29])
    np.testing.assert_array_equal(seen[0].pixels[29], alone[0])


def test_nothing_is_painted_or_read_for_metrics_of_the_discriminator_alone(
    data, sampler, monkeypatch
):
    monkeypatch.setattr(sampler, "generate", lambda *_: pytest.fail("it paints"))
    scored(["d_accuracy_val", "reconstruction_val"], data, sampler)
    assert [path.name for path in data.work.iterdir()] == ["val.npy"]


def test_features_of_generated_images_are_gone_afterwards(data, sampler):
    scored(["kid_30_val", "fid_20_val", "authenticity_pixels_20"], data, sampler)
    left = [np.load(path, mmap_mode="r") for path in data.work.rglob("*.npy")]
    assert {len(rows) for rows in left} == {12, 36}  # of the real images alone
