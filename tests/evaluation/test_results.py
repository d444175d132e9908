"""Lines of results that survive a kill, and tables that never mix what cannot be compared."""

import json
import subprocess
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from artgan_tf.evaluation import results
from artgan_tf.evaluation.results import REAL, Result, append, columns, newest, read, text_table

EXTRACTOR = {"extractor": "inception", "protocol": "resized", "sha256": "aa"}
ONE = Result(
    metric="kid_1k_val",
    values={"kid": 0.25, "std": 0.5},
    model="runs/a",
    generated=1_000,
    real=800,
    by_class={"Ölbild": 0.125},
    weights="ema",
    step=70,
    data="demo",
    data_sha256="dd",
    extractor=EXTRACTOR,
    commit="c0ffee",
)


def seeded(*values: float) -> list[Result]:
    return [replace(ONE, values={"kid": v}, seed=seed) for seed, v in enumerate(values)]


# ---- the file -----------------------------------------------------------------------------------
def test_results_come_back_as_they_were(tmp_path):
    file = tmp_path / "metrics.jsonl"
    assert read(file) == []
    given = [ONE, replace(ONE, seed=1, values={"kid": 1 / 3}), replace(ONE, model=REAL)]
    for result in given:
        append(file, result)
    assert read(file) == given
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert rows == [asdict(result) for result in given]


def test_no_cut_of_the_last_line_loses_another_one(tmp_path):
    file, whole = tmp_path / "metrics.jsonl", tmp_path / "whole.jsonl"
    given = seeded(1, 2)
    for result in given:
        append(whole, result)
    content = whole.read_bytes()
    first = len(content.splitlines(keepends=True)[0])
    for length in (0, 1, first - 1, first, first + 1, len(content) - 2, len(content) - 1):
        file.write_bytes(content[:length])
        ends = first - 1, len(content) - 1
        left = [result for result, end in zip(given, ends, strict=True) if end <= length]
        assert read(file) == left
        append(file, ONE)
        assert read(file) == [*left, ONE]
        append(file, given[0])
        assert read(file) == [*left, ONE, given[0]]
        assert file.read_bytes().startswith(content[:length])


def test_lines_of_an_older_version_are_read_under_todays_names(tmp_path):
    file = tmp_path / "metrics.jsonl"
    former = {
        "agreement_classifier_1k": {"agreement": 0.5, "standard_error": 0.1},
        "shape_deviation_1k": {"shape_deviation": 0.25},
        "deviation_50": {"deviation": 0.75},
        "kid_1k_val": {"kid": 1.0},
    }
    for name, values in former.items():
        append(file, replace(ONE, metric=name, values=values))
    assert {result.metric: result.values for result in read(file)} == {
        "conditional_accuracy_1k": {"conditional_accuracy": 0.5, "standard_error": 0.1},
        "shape_diversity_1k": {"shape_diversity": 0.25},
        "pixel_diversity_50": {"pixel_diversity": 0.75},
        "kid_1k_val": {"kid": 1.0},
    }


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_not_written(bad, tmp_path):
    file = tmp_path / "metrics.jsonl"
    with pytest.raises(ValueError, match="JSON"):
        append(file, replace(ONE, values={"kid": bad}))
    assert read(file) == []


def test_what_was_measured_again_counts_once():
    other, raw = replace(ONE, model=REAL), replace(ONE, weights="raw")
    others = [other, raw, replace(ONE, seed=1), replace(ONE, data_sha256="ee"), ONE]
    again = replace(ONE, values={"kid": 0.5}, commit="deed")
    assert newest([*others, again]) == [*others[:-1], again]
    assert newest([ONE, *others, again]) == [again, *others[:-1]]
    assert newest([]) == []


# ---- tables -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        {"metric": "kid_1k_train"},
        {"generated": 999},
        {"real": 801},
        {"data_sha256": "de"},
        {"extractor": EXTRACTOR | {"extractor": "other"}},
        {"extractor": EXTRACTOR | {"sha256": "ab"}},
        {"extractor": EXTRACTOR | {"protocol": "cropped"}},
        {"extractor": {}},
    ],
)
def test_what_cannot_be_compared_stands_in_columns_of_its_own(change):
    other = replace(ONE, model="runs/b", **change)
    found = columns([ONE, other])
    assert [list(column.cells) for column in found] == [[ONE.row], [other.row]]


@pytest.mark.parametrize("change", [{"model": "runs/b"}, {"weights": "raw"}, {"step": 71}])
def test_what_can_be_compared_stands_in_one_column(change):
    other = replace(ONE, **change, values={"kid": 0.5, "std": 0.0})
    (column,) = columns([ONE, other])
    assert dict(column.cells) == {ONE.row: "0.25", other.row: "0.5"}
    assert (column.metric, column.value) == ("kid_1k_val", "kid")
    assert (column.generated, column.real, column.extractor) == (1_000, 800, "inception")


def test_every_value_but_its_spread_has_a_column():
    values = {"precision": 0.5, "recall": 0.25, "std": 1.0, "standard_error": 1.0, "sigma": 1.0}
    found = columns([replace(ONE, values=values)])
    assert [column.value for column in found] == ["precision", "recall"]


def test_cell_of_several_seeds_is_mean_and_standard_deviation():
    (column,) = columns([*seeded(100.0, 2.0, 6.0), *seeded(1.0)])  # the newest of a seed counts
    assert column.cells[ONE.row] == "3 ± 2.646 (3 seeds)"  # sqrt((4 + 1 + 9) / 2)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (0.123456, "0.1235"), (1e-5, "1e-05"), (-999.94, "-999.9"), (-1234.6, "-1,235")],
)
def test_figures_have_four_digits(value, shown):
    (column,) = columns(seeded(value))
    assert column.cells[ONE.row] == shown


def test_text_table_has_a_row_a_metric_and_a_column_a_model():
    other = replace(ONE, model="runs/b", metric="fid_1k_val", values={"fid": 7.0})
    lines = text_table([replace(ONE, model=REAL, weights="", step=0), ONE, other]).splitlines()
    heads = ["metric", "value", "features", "generated / real", REAL, "runs/a, ema, step 70"]
    assert [lines[0].index(head) for head in heads] == sorted(map(lines[0].index, heads))
    kid, fid = lines[2:4]
    assert kid.split() == ["kid_1k_val", "kid", "inception", "1,000", "/", "800", "0.25", "0.25"]
    assert fid.split() == ["fid_1k_val", "fid", "inception", "1,000", "/", "800", "7"]
    assert fid.index("7") == lines[0].index("runs/b")
    assert [line.split("  ")[0] for line in lines[5:]] == ["metric, value", *heads[2:5], "ema"]


def test_the_classifier_is_explained_beneath_the_table():
    own = replace(ONE, extractor=EXTRACTOR | {"extractor": "classifier-2"})
    phrase = "classifier-2 is a small one, trained on the real images"
    assert [phrase in text_table([x]) for x in (own, ONE)] == [True, False]


# ---- the commit ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "commit"), [("", "c0ffee"), (" M a.py\n", "c0ffee+"), (None, "")]
)
def test_commit_tells_of_changes_and_is_empty_without_git(changes, commit, monkeypatch):
    def output(command, **_):
        if changes is None:
            raise FileNotFoundError("git")
        return "c0ffee\n" if "rev-parse" in command else changes

    monkeypatch.setattr(subprocess, "check_output", output)
    monkeypatch.setattr(Path, "exists", lambda _: True)
    assert results.commit.__wrapped__() == commit
