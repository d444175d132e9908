"""Tables of a report, as text: results by group and by class, and the evaluation's settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import get_args

import numpy as np

from artgan_tf.evaluation import results
from artgan_tf.evaluation.registry import ENTRIES, Entry, Group, metric
from artgan_tf.evaluation.results import REAL, Column, Result

REFERENCE = (REAL, "", 0)
MISSING = "—"
OTHER_WAY = {"farther"}  # values that improve in the opposite direction to their metric's first
WEIGHTS = {"ema": "running mean over training (EMA)", "raw": "of the last step (raw)"}


@dataclass(frozen=True)
class Head:
    """Heading of a metric's columns: its name, the images compared, and a heading for each."""

    name: str
    note: str
    values: Sequence[str]


@dataclass(frozen=True)
class Row:
    """A name and a cell for each column; `reference` is the row of real images."""

    name: str
    cells: Sequence[str]
    reference: bool = False


@dataclass(frozen=True)
class Table:
    """A table of the page, the reference row first; `notes` are the metrics' meanings by name."""

    title: str
    heads: Sequence[Head]
    rows: Sequence[Row]
    notes: Mapping[str, str] = field(default_factory=dict)


def by_group(found: Sequence[Result]) -> list[Table]:
    """A table for each group of metrics; columns are figures, rows are real images and models."""
    shown = sorted(results.columns(found), key=lambda column: _place(column.metric))
    rows = list(dict.fromkeys([REFERENCE, *(result.row for result in found)]))
    groups = {g: [column for column in shown if _entry(column).group == g] for g in get_args(Group)}
    return [_table(group, columns, rows) for group, columns in groups.items() if columns]


def _table(group: str, columns: Sequence[Column], rows: Sequence[tuple[str, str, int]]) -> Table:
    heads = [
        Head(name, note, [f"{column.value} {_arrow(column)}" for column in alike])
        for (name, note), alike in groupby(columns, lambda c: (c.metric, _note(c)))
    ]
    lines = []
    for row in rows:
        model, weights, step = row
        title = results.title((Path(model).resolve().name, weights, step))
        cells = [_unbroken(c.cells.get(row, MISSING)) for c in columns]
        lines.append(Row(title, cells, row == REFERENCE))
    return Table(group, heads, lines, {column.metric: _about(column) for column in columns})


def _unbroken(cell: str) -> str:
    """The cell with no-break spaces, so that it wraps only before the number of seeds."""
    return cell.replace(" ± ", "\N{NBSP}±\N{NBSP}").replace(" seeds", "\N{NBSP}seeds")


def _note(column: Column) -> str:
    counts = {"generated": column.generated, "real": column.real}
    compared = [f"{count:,} {kind}" for kind, count in counts.items() if count]
    return ", ".join([*compared, *filter(None, [column.extractor])])


def _arrow(column: Column) -> str:
    better = _entry(column).better
    if better == "one":
        return "→\N{NBSP}1"
    return "↓" if (better == "lower") != (column.value in OTHER_WAY) else "↑"


def _about(column: Column) -> str:
    """The metric in words, and, if its reference row is empty, the reason."""
    entry = _entry(column)
    if REFERENCE in column.cells:
        return entry.about
    if "gan" in entry.needs:
        return f"{entry.about}; no reference row: it is about the model's own networks"
    return f"{entry.about}; no reference row: too few other real images to stand in"


def _entry(column: Column) -> Entry:
    return metric(column.metric).entry


def _place(name: str) -> tuple[int, int, str]:
    """Sort key of a metric: order of registration, then number of images."""
    found = metric(name)
    return ENTRIES.index(found.entry), found.count, name


# ---- by class -----------------------------------------------------------------------------------
def by_class(found: Sequence[Result], class_names: Sequence[str]) -> Table | None:
    """A row for each class, averaged over seeds; None if no metric has values for classes."""
    told = sorted((x for x in found if x.by_class), key=lambda result: _place(result.metric))
    heads: list[Head] = []
    columns: list[Mapping[str, float]] = []
    for name, alike in groupby(told, lambda result: result.metric):
        by_row = _means(list(alike))
        heads.append(Head(name, "", ["real" if row == REFERENCE else "run" for row in by_row]))
        columns += by_row.values()
    rows = [
        Row(name, [f"{column[name]:.4g}" if name in column else MISSING for column in columns])
        for name in class_names
    ]
    return Table("by class", heads, rows) if heads else None


def _means(alike: Sequence[Result]) -> dict[tuple[str, str, int], dict[str, float]]:
    """Mean over the seeds for each class, for real images and for the model."""
    found = {}
    for row in sorted({result.row for result in alike}, key=lambda row: row != REFERENCE):
        of_row = [result.by_class for result in alike if result.row == row]
        names = dict.fromkeys(name for by_name in of_row for name in by_name)
        found[row] = {n: float(np.mean([x[n] for x in of_row if n in x])) for n in names}
    return found


# ---- settings -----------------------------------------------------------------------------------
def facts(found: Sequence[Result]) -> list[tuple[str, str]]:
    """Names and values needed to repeat the evaluation."""
    models = [result for result in found if result.row != REFERENCE]
    told: dict[str, list[str]] = {
        "run": [result.model for result in models],
        "step": [f"{result.step:,}" for result in models],
        "weights": [WEIGHTS[result.weights] for result in models],
        "seeds of the latents": [str(result.seed) for result in models],
        "data": [result.data for result in found],
        "program": [f"artgan-tf {result.version}" for result in found],
        "commit": [result.commit for result in found],
    }
    joined = {name: ", ".join(filter(None, dict.fromkeys(told[name]))) for name in told}
    extractors = dict.fromkeys(_network(each.extractor) for each in found if each.extractor)
    facts = [fact for fact in joined.items() if fact[1]]
    return [*facts, *(("extractor", words) for words in extractors), *_data(found)]


def _network(extractor: Mapping[str, str]) -> str:
    sha256 = extractor.get("sha256")
    weights = f"; weights of sha256 {sha256}" if sha256 else ""
    return f"{extractor['extractor']}: {extractor['protocol']}{weights}"


def _data(found: Sequence[Result]) -> list[tuple[str, str]]:
    """The real images that each metric used; metrics with the same images share a line."""
    metrics: dict[tuple[int, str], dict[str, None]] = {}
    for result in (each for each in found if each.real):
        metrics.setdefault((result.real, result.data_sha256), {})[result.metric] = None
    return [
        (f"{count:,} real images", f"{', '.join(names)}: sha256 {digest}")
        for (count, digest), names in metrics.items()
    ]
