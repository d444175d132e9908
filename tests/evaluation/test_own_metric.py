"""A metric registered from outside, with the code in CONTRIBUTING.md, works like the others."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from artgan_tf.config import InputError
from artgan_tf.evaluation.measure import measure
from artgan_tf.evaluation.registry import ENTRIES, Comparison, Measured, check_asked, register
from artgan_tf.evaluation.results import REAL, read
from tests.evaluation.pages import Page

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
NAME = "mean_gap_12_val"


@pytest.fixture
def registered() -> Iterator[None]:
    text = CONTRIBUTING.read_text(encoding="utf-8").split("## Adding a metric")[1]
    lines = re.search(r"```python\n(.*?)```", text, re.S)
    assert lines
    exec(lines[1], {})
    yield
    ENTRIES.pop()


@pytest.mark.usefixtures("registered", "loaded")
def test_it_is_in_the_list_of_names_in_results_and_in_the_report(run):
    with pytest.raises(InputError, match=r"use names such as .*, mean_gap_10k_val"):
        check_asked(["no_such_metric"])
    found = measure(run, [NAME], "pixels")
    models = [result.model for result in read(run / "metrics.jsonl")]
    assert models == [REAL, str(run)]
    real, generated = (result.values["mean_gap"] for result in found.results)
    assert 0 < real < generated
    page = Page(found.report.read_text(encoding="utf-8"))
    cells = [float(cell) for _, cell in page.cells(NAME, "mean_gap")]
    assert cells == pytest.approx([real, generated], rel=1e-3)
    assert "mean_gap ↓" in page.text
    assert f"{NAME} Distance of the mean features of real and generated images." in page.text


@pytest.mark.parametrize(
    ("pattern", "about"), [("fid_{count}_{split}", "It is there."), ("new_{count}", "")]
)
def test_a_second_one_of_a_name_or_one_without_a_note_is_refused(pattern, about):
    def measure_nothing(of: Comparison) -> Measured:
        return Measured({})

    measure_nothing.__doc__ = about
    with pytest.raises(ValueError, match="needs a docstring and a pattern of its own"):
        register(pattern, "fidelity", "lower")(measure_nothing)
