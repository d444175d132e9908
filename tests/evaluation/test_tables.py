"""Tables of a report: layout, direction of improvement, and facts about the data."""

from typing import Any

from artgan_tf.evaluation.report import tables
from artgan_tf.evaluation.results import REAL, Result

INCEPTION = {"extractor": "inception-2015", "protocol": "TF1 bilinear", "sha256": "f00d"}


def result(metric: str, values: dict, model: str = "runs/a", **others: object) -> Result:
    made = {"weights": "ema", "step": 50} if model != REAL else {}
    facts = {"generated": 100, "real": 2_000, "data": "folder:x", "data_sha256": "beef"}
    return Result(metric, values, model, **(facts | made | others))  # type: ignore[arg-type]


def cells(table: tables.Table) -> list[list[str]]:
    return [list(row.cells) for row in table.rows]


def test_groups_stand_in_their_order_whatever_the_results_order():
    found = [
        result("authenticity_100", {"closer": 0.1, "farther": 0.9}, extractor=INCEPTION),
        result("pixel_diversity_2k", {"pixel_diversity": 0.5}),
        result("pixel_diversity_100", {"pixel_diversity": 0.5}),
        result("kid_100_val", {"kid": 0.2, "std": 0.1}, extractor=INCEPTION),
        result("fid_100_val", {"fid": 30.0}, extractor=INCEPTION),
    ]
    diversity, fidelity, copying = tables.by_group(found)
    assert [head.name for head in fidelity.heads] == ["fid_100_val", "kid_100_val"]
    assert fidelity.heads[0].note == "100 generated, 2,000 real, inception-2015"
    assert [head.values for head in copying.heads] == [["closer ↓", "farther ↑"]]
    assert [head.name for head in diversity.heads] == ["pixel_diversity_100", "pixel_diversity_2k"]
    assert diversity.heads[0].values == ["pixel_diversity →\N{NBSP}1"]
    assert list(fidelity.notes) == ["fid_100_val", "kid_100_val"]


def test_the_reference_row_comes_first_and_holes_are_dashes():
    found = [
        result("kid_100_val", {"kid": 0.2, "std": 0.1}),
        result("fid_100_val", {"fid": 30.0}),
        result("fid_100_val", {"fid": 5.0}, REAL),
    ]
    (table,) = tables.by_group(found)
    assert [row.reference for row in table.rows] == [True, False]
    assert [row.name for row in table.rows] == [REAL, "a, ema, step 50"]
    assert cells(table) == [["5", "—"], ["30", "0.2"]]
    assert "no reference row" in table.notes["kid_100_val"]
    assert "no reference row" not in table.notes["fid_100_val"]


def test_figures_of_other_numbers_of_images_share_no_column_and_seeds_no_line_break():
    found = [
        *(result("fid_100_val", {"fid": value}, seed=value) for value in (10, 20, 30)),
        result("fid_100_val", {"fid": 5.0}, REAL, real=1_999),
    ]
    assert tables.by_class(found, ["a"]) is None
    (table,) = tables.by_group(found)
    assert [head.note for head in table.heads] == [
        "100 generated, 2,000 real",
        "100 generated, 1,999 real",
    ]
    seeds = "20\N{NBSP}±\N{NBSP}10 (3\N{NBSP}seeds)"
    assert cells(table) == [["—", "5"], [seeds, "—"]]


def test_by_class():
    name, values = "pixel_diversity_100", {"pixel_diversity": 1.0}
    found = [
        result(name, values, REAL, by_class={"a": 1.0, "b": 0.9}),
        result("d_accuracy_val", {"accuracy": 0.4}, by_class={"a": 0.4, "b": 0.4}),
        result(name, values, by_class={"a": 0.2}, seed=0),
        result(name, values, by_class={"a": 0.5, "c": 0.125}, seed=1),
    ]
    table = tables.by_class(found, ["a", "b", "c"])
    assert table
    assert [(head.name, head.values) for head in table.heads] == [
        ("pixel_diversity_100", ["real", "run"]),
        ("d_accuracy_val", ["run"]),
    ]
    assert [row.name for row in table.rows] == ["a", "b", "c"]
    assert cells(table) == [["1", "0.35", "0.4"], ["0.9", "—", "0.4"], ["—", "0.125", "—"]]


def test_facts():
    many: dict[str, Any] = {"extractor": INCEPTION, "commit": "c0ffee"}
    found = [
        result("fid_100_val", {"fid": 5.0}, REAL, **many),
        result("fid_100_val", {"fid": 9.0}, **many),
        result("kid_100_val", {"kid": 0.1}, seed=3, step=1_500, commit="c0ffee"),
        result("is_100", {"inception_score": 3.0}, real=0, data_sha256="none"),
        result("pixel_diversity_100", {"pixel_diversity": 0.5}, real=100, data_sha256="0dd"),
    ]
    facts = tables.facts(found)
    told = dict(facts)
    assert told["seeds of the latents"] == "0, 3"
    assert told["step"] == "50, 1,500"
    assert "EMA" in told["weights"].upper()
    assert told["extractor"] == "inception-2015: TF1 bilinear; weights of sha256 f00d"
    assert ("commit", "c0ffee") in facts
    assert ("2,000 real images", "fid_100_val, kid_100_val: sha256 beef") in facts
    assert ("100 real images", "pixel_diversity_100: sha256 0dd") in facts
    assert not [value for _, value in facts if "none" in value or REAL in value]
