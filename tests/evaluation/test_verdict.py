"""The verdict: sentences about figures, compared with those of real images."""

from dataclasses import replace
from typing import Any

import pytest

from artgan_tf.evaluation.report.verdict import answers
from artgan_tf.evaluation.results import REAL, Result


def result(metric: str, value: Any, model: str = "runs/a", generated: int = 1_000) -> Result:
    values = value if isinstance(value, dict) else {"value": value}
    return Result(metric, values, model, generated=generated, real=2_000)


def both(metric: str, run: Any, real: Any, generated: int = 1_000) -> list[Result]:
    return [result(metric, real, REAL, generated), result(metric, run, generated=generated)]


def said(found: list[Result], classes: int = 10, **known: Any) -> dict[str, tuple[str, str]]:
    told = answers(found, classes, **known)
    return {each.name: (each.words, each.grade) for each in told}


def test_a_run_that_tells_classes_apart_and_paints_few_pictures():
    found = [
        *both("conditional_accuracy_1k", 0.83, 0.4),
        *both("intra_recall_1k_k3", 0.07, 0.7),
        *both("fid_1k_val", 120.0, 25.0),
        *both("authenticity_1k", 0.05, 0.18),
    ]
    assert said(found) == {
        "told apart": (
            "a classifier of real images recognizes the requested class in 83%, and in 40% of real "
            "images; guessing would reach 10%",
            "good",
        ),
        "varied": ("a tenth of the variety of real images (0.07 beside 0.7)", "poor"),
        "realistic": ("FID 120, other real images 25; lower is better", "poor"),
        "copies": (
            "none found, as usual for pictures unlike real ones: 5% are unusually close to a "
            "training image, and 18% of other real images",
            "",
        ),
        "sample": ("1,000 pictures: a share may be off by 3 points", ""),
    }


@pytest.mark.parametrize(
    ("run", "grade"), [(0.4, "good"), (0.39, "good"), (0.3, "fair"), (0.15, "poor"), (0.1, "poor")]
)
def test_what_is_above_guessing_counts(run, grade):
    assert said(both("conditional_accuracy_1k", run, 0.4))["told apart"][1] == grade


@pytest.mark.parametrize(
    ("run", "words", "grade"),
    [
        (0.001, "next to nothing", "poor"),
        (0.29, "two fifths", "fair"),
        (0.6, "four fifths", "good"),
        (0.9, "all", "good"),
    ],
)
def test_variety_is_a_part_of_what_real_images_have(run, words, grade):
    found = both("intra_recall_1k_k3", run, 0.72)
    words += f" of the variety of real images ({run:.2g} beside 0.72)"
    assert said(found)["varied"] == (words, grade)


def test_by_pixels_only_little_variety_says_something():
    for run, words, grade in (
        (0.2, "a fifth of the variety of real images (0.2 beside 1), by pixels", "poor"),
        (1, "not known: pixels vary (1 beside 1), but so do those of noise", ""),
    ):
        found = [result("shape_diversity_1k", run), result("pixel_diversity_1k", 0.9)]
        assert said(found)["varied"] == (words, grade)


@pytest.mark.parametrize(
    ("run", "real", "count", "grade"),
    [(0.2, 0.18, 1_000, "good"), (0.3, 0.18, 1_000, "poor"), (0.3, 0.18, 40, "good"),
     (0.4, None, 1_000, "")],
)  # fmt: skip
def test_copies_are_more_near_images_than_chance_gives(run, real, count, grade):
    found = [result("authenticity_pixels_1k", {"closer": run, "farther": 1 - run}, "a", count)]
    if real is not None:
        found.append(result("authenticity_pixels_1k", {"closer": real}, REAL, count))
    words, given = said([*found, *both("fid_1k_val", 9.0, 8.0)])["copies"]
    assert given == ("" if count < 1_000 else grade)  # few pictures earn no green
    alone = said(found)["copies"]  # it is unknown whether they look real
    assert alone == (words, grade.replace("good", ""))
    seen = {"good": "none found: ", "poor": "there may be some: ", "": "not known: "}
    assert words.startswith(seen[grade])


@pytest.mark.parametrize(("known", "grade"), [(0.42, ""), (0.9, "good")])
def test_a_classifier_that_fails_on_real_images_praises_nothing(known, grade):
    own = {"extractor": "classifier-2"}
    features = [*both("fid_1k_val", 9.0, 8.0), *both("intra_recall_1k_k3", 0.7, 0.8)]
    found = [replace(each, extractor=own) for each in features]
    told = said([*found, *both("conditional_accuracy_1k", 0.4, known)])
    assert [told[name][1] for name in ("realistic", "varied")] == [grade, grade]
    assert told["realistic"][0].startswith(
        "FID 9 by a small classifier of these real images, other real images 8"
    )
    assert told["realistic"][0].endswith("recognizes only 42% of real images") == (grade == "")


@pytest.mark.parametrize(
    ("run", "real"),
    [(0.12, 0.08), (0.12, 0.105), (0.05, 0.1)],
)
def test_a_classifier_that_only_guesses_grades_nothing(run, real):
    """Of 1,000 images, its rate may be off by 0.03; guessing reaches 0.1."""
    told = said(both("conditional_accuracy_1k", run, real))["told apart"]
    assert told[1] == ""
    assert f"in {real:.0%} of real images" in told[0]


def test_a_classifier_that_is_never_right_is_not_trusted():
    own = {"extractor": "classifier-2"}
    found = [replace(each, extractor=own) for each in both("fid_1k_val", 9.0, 8.0)]
    told = said([*found, *both("conditional_accuracy_1k", 0.4, 0.0)])["realistic"]
    assert told[1] == ""
    assert told[0].endswith("recognizes only 0% of real images")


def test_a_figure_rests_on_the_fewest_images_of_all():
    """However many pictures are generated, and with however many seeds."""
    recall = [replace(each, real=50) for each in both("intra_recall_1k_k3", 0.7, 0.7)]
    seeds = [replace(result("fid_200_val", 9.0, generated=200), seed=s, real=200) for s in range(9)]
    told = said(recall + seeds, held_out=50)
    assert told["varied"][1] == ""
    assert told["sample"][0].startswith("50 pictures prove little: a share may be off by 14 points")
    real = result("authenticity_pixels_1k", {"closer": 0.18}, REAL)
    near = [result("authenticity_pixels_1k", {"closer": 0.205}) for _ in range(4)]
    assert said([real, *near])["copies"][0].startswith("none found: ")


@pytest.mark.parametrize(("run", "grade"), [(0.18, ""), (0.3, "poor")])
def test_of_other_images_no_model_is_cleared_of_copying(run, grade):
    found = [*both("authenticity_1k", run, 0.18), *both("fid_1k_val", 9.0, 8.0)]
    words, given = said(found, other="folder:mine")["copies"]
    assert given == grade
    assert f"{run:.0%} are unusually close to an image of folder:mine" in words


def test_few_pictures_prove_little():
    found = [*both("fid_40_val", 9.0, 8.0, 40), *both("conditional_accuracy_1k", 0.4, 0.4)]
    words = "40 pictures prove little: a share may be off by 16 points; take 1,000 or more"
    assert said(found)["sample"] == (words, "poor")
    assert said(found)["realistic"][1] == ""  # green on 1,000 pictures
    assert answers(found, 10)[0].name == "sample"
    words, _ = said(found, held_out=40)["sample"]
    assert words.endswith("16 points; only 40 images are held out to compare more with")


def test_a_training_that_is_not_finished_is_told():
    found = both("fid_1k_val", 9.0, 8.0)
    words = "these are the weights after 291 of 4,000 steps, too few to judge"
    assert said(found, step=291, steps=4_000)["training"] == (words, "fair")
    for step in (4_000, 4_001):
        assert "training" not in said(found, step=step, steps=4_000)


def test_of_one_kind_the_most_pictures_count_and_of_seeds_their_mean():
    found = [*both("fid_40_val", 9.0, 8.0, 40), *both("fid_1k_val", 50.0, 25.0)]
    found.append(result("fid_1k_val", 70.0))
    assert said(found)["realistic"] == ("FID 60, other real images 25; lower is better", "fair")


def test_more_variety_than_real_images_have_is_no_praise():
    told = said(both("intra_spread_1k_val", 3.0, 1.0))
    assert told["varied"] == ("more variety than real images (3 beside 1)", "poor")


def test_recall_stands_in_and_d_for_a_classifier():
    run, real = ({"precision": 0.9, "recall": recall} for recall in (0.3, 0.6))
    found = both("precision_recall_1k_k3", run, real)
    found.append(result("conditional_accuracy_d_1k", {"conditional_accuracy": 0.5}))
    told = said(found)
    assert told["varied"] == ("half of the variety of real images (0.3 beside 0.6)", "fair")
    assert told["told apart"][0].startswith("D itself recognizes the requested class in 50%")
    assert told["told apart"][1] == ""


def test_of_one_class_nothing_is_told_apart_and_of_no_figure_nothing_is_said():
    assert "told apart" not in said(both("conditional_accuracy_d_1k", 1.0, 1.0), classes=1)
    assert said([Result("d_accuracy_val", {"accuracy": 0.4}, "a", 0, 9)]) == {}
