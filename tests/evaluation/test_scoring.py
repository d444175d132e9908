"""Scores of a run and of real images: same images, right counts, nothing modified."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from artgan_tf.evaluation import entries
from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.registry import ENTRIES, Comparison, Measured, metric
from artgan_tf.evaluation.results import REAL
from artgan_tf.evaluation.scoring import Subject, scores
from artgan_tf.metrics import classifier
from artgan_tf.metrics.extractor import Extractor
from artgan_tf.runs.load import load
from artgan_tf.sampler import Sampler
from tests.evaluation.material import STEP, Counted, images, reference, scored

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
def test_a_result_tells_counts_images_and_networks(data: Reference, sampler: Sampler) -> None:
    found = scored(ALL, data, sampler, seed=4)
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


def test_reference_row_is_of_the_other_split_and_of_no_metric_of_a_model(data: Reference) -> None:
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


def test_no_image_stands_in_for_itself_or_chooses_the_windows_it_stands_in(
    data: Reference,
) -> None:
    spare = 36 - 3  # the last three choose the width of Parzen windows
    assert list(scored(["parzen_33", "kid_33_val"], data)) == ["parzen_33", "kid_33_val"]
    with pytest.warns(UserWarning, match="no row of real images") as warned:
        assert scored([f"parzen_{spare + 1}", "pixel_diversity_13", "fid_34_val"], data) == {}
    told = [str(each.message) for each in warned]
    assert [line.split(":")[0] for line in told] == ["parzen_34, fid_34_val", "pixel_diversity_13"]
    assert ["only 33 can stand in" in told[0], "only 12 can" in told[1]] == [True, True]
    kept = {image.tobytes() for image in data.validation.pixels}
    assert not kept & {image.tobytes() for image in data.train.first(spare).pixels}


# ---- the images ---------------------------------------------------------------------------------
def test_images_are_painted_once_and_are_the_same_whatever_is_asked(
    data: Reference, sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_classes_are_as_frequent_as_among_the_training_images(
    tmp_path: Path, sampler: Sampler
) -> None:
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
    data: Reference, sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler, "generate", lambda *_: pytest.fail("it paints"))
    scored(["d_accuracy_val", "reconstruction_val"], data, sampler)
    assert [path.name for path in data.work.iterdir()] == ["val.npy"]


def test_features_of_generated_images_are_gone_afterwards(
    data: Reference, sampler: Sampler, tmp_path: Path, counted: Counted
) -> None:
    scored(["kid_30_val"], data)
    before = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    scored(["kid_30_val", "fid_20_val", "authenticity_pixels_12"], data, sampler)
    after = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    new = set(after) - set(before)
    assert set(before) <= set(after)
    assert not [name for name in new if name.endswith(".npz")]
    sizes = {np.load(next(data.work.rglob(name)), mmap_mode="r").shape[0] for name in new}
    assert sizes == {36}  # the training images' pixels


@pytest.mark.slow
def test_no_variable_of_the_model_changes(data: Reference, artgan: Path) -> None:
    sampler = load(artgan)
    before = [keras.ops.convert_to_numpy(v).copy() for v in sampler.gan.variables]
    scored(ALL, data, sampler)
    assert len(before) > 40
    for variable, value in zip(sampler.gan.variables, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), value)


def test_a_metric_without_a_value_says_why_and_the_others_go_on(
    tmp_path: Path, sampler: Sampler
) -> None:
    """The real images of each class are equal, so there is no deviation to compare with."""
    size = sampler.gan.config.data.image_size
    labels = (np.arange(48) % 3).astype(np.int32)
    grey = np.broadcast_to(labels[:, None, None, None] * 90, (48, size, size, 3)).astype(np.uint8)
    constant = reference(
        tmp_path, Images(grey[:36], labels[:36]), Images(grey[36:], labels[36:]), None
    )
    names = ("pixel_diversity_12", "d_accuracy_val", "authenticity_pixels_12")
    with pytest.warns(UserWarning, match="pixel_diversity_12 of model has no value: .* the same"):
        found = scored(names, constant, sampler)
    assert list(found) == ["d_accuracy_val", "authenticity_pixels_12"]


def test_one_constant_picture_takes_only_the_metrics_that_it_has_no_value_for(
    tmp_path: Path, sampler: Sampler
) -> None:
    """A network that divides by an image's contrast has no features for it."""

    def run(batch: np.ndarray) -> tuple[np.ndarray, None]:
        with np.errstate(invalid="ignore"):
            rows = batch.reshape(len(batch), -1).astype(np.float32)
            rows -= rows.mean(axis=1, keepdims=True)
            return rows[:, :6] / rows.std(axis=1, keepdims=True), None

    size = sampler.gan.config.data.image_size
    train, val = images(36, 1, size), images(12, 2, size)
    val.pixels[7] = 128
    data = reference(tmp_path, train, val, Extractor("contrast", "", run))
    names = ("fid_30_val", "kid_30_val", "pixel_diversity_12", "d_accuracy_val")
    with pytest.warns(UserWarning, match="no value: contrast gave no finite .* 1 of") as told:
        found = scored(names, data, sampler)
    assert list(found) == ["pixel_diversity_12", "d_accuracy_val"]
    sentences = [str(each.message) for each in told if "no value" in str(each.message)]
    assert [sentence.split()[0] for sentence in sentences] == list(names[:2])
