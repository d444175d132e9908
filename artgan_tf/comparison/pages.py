"""Writes a study's pages: results, tables, a sheet, curves."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from artgan_tf.comparison.rows import CLASSES, RESULTS, StudyRow, is_complete, rows
from artgan_tf.evaluation.report import curves, tables
from artgan_tf.evaluation.report.curves import Panel
from artgan_tf.evaluation.report.pictures import png
from artgan_tf.evaluation.report.tables import Table
from artgan_tf.evaluation.results import REAL, Result
from artgan_tf.runs.directory import RunDirectory
from tfrecords_tools.common import files
from tfrecords_tools.common.sheet import named_grid

PAGE, SHEET, CURVES = "README.md", "classes.png", "curves.png"
WIDTH, HEIGHT, LINE = 6.6, 3.6, 0.19  # inches: a panel of the curves, a line of its legend


def write(out: Path) -> None:
    """Write all pages of a study's folder again; if that fails, a page keeps its previous content.

    The sheet needs the pictures of all runs, and the curves all histories: if a run is gone, they
    stay as they are.
    """
    found = rows(out)
    if not found:
        return
    files.write(out / RESULTS, "".join(json.dumps(r.as_json()) + "\n" for r in found).encode())
    if all(any(_classes(done)) for done in found):
        files.write(out / SHEET, png(_sheet(found)))
    if all(is_complete(done.run) for done in found):
        inches = WIDTH, max(HEIGHT, LINE * len(found))
        files.write(out / CURVES, png(curves.draw(_panels(found), inches, "right")))
    files.write(out / PAGE, _page(found, out).encode())


def _page(found: Sequence[StudyRow], out: Path) -> str:
    parts = ["# Results", _cost(found)]
    parts += [f"## {table.title}\n\n{_markdown(table)}" for table in _tables(found)]
    parts += ["## Classes", *dict.fromkeys(", ".join(row.classes) for row in found if row.classes)]
    if not all(is_complete(row.run) for row in found):
        parts += ["The pictures and curves are older than the tables: some runs are gone since."]
    drawn = {"## Pictures": ("One picture a class", SHEET), "## Curves": ("By images seen", CURVES)}
    for title, (about, file) in drawn.items():
        if (out / file).is_file():
            parts += [title, f"![{about}]({file})"]
    return "\n\n".join(parts) + "\n"


# ---- tables ------------------------------------------------------------------------------------
def _cost(found: Sequence[StudyRow]) -> str:
    from tabulate import tabulate

    heads = ["preset", "seed", "data", "steps", "images", "minutes", "core minutes"]
    heads += ["images/s", "hardware"]
    rows = [
        [
            *(r.preset, r.seed, r.data, f"{r.steps:,}", f"{r.images:,}"),
            *(f"{r.seconds / 60:.0f}", f"{r.cpu_seconds / 60:.0f}" if r.cpu_seconds else ""),
            *(r.images_per_second, r.hardware),
        ]
        for r in found
    ]
    return tabulate(rows, heads, tablefmt="github", disable_numparse=True)


def _tables(found: Sequence[StudyRow]) -> list[Table]:
    """Tables with a row per preset, the mean over its seeds, below a row for its real images."""
    alike: dict[str, list[StudyRow]] = {}
    for done in found:
        alike.setdefault(f"{done.data} at {done.size}x{done.size}", []).append(done)
    stacked: dict[str, Table] = {}
    for images, compared in alike.items():
        for table in tables.by_group([x for done in compared for x in _unnumbered(done)]):
            told = f", {images}" * (len(alike) > 1)
            rows = [replace(row, name=row.name + told * row.reference) for row in table.rows]
            kind = f"{table.title} {table.heads}"
            above = stacked[kind].rows if kind in stacked else ()
            stacked[kind] = replace(table, rows=[*above, *rows])
    return list(stacked.values())


def _unnumbered(done: StudyRow) -> list[Result]:
    """Its results under the preset's name, without the weights and step that were measured."""
    name = done.preset.replace("/", "-")
    return [
        replace(result, model=name if result.model != REAL else REAL, weights="", step=0)
        for result in done.results
    ]


def _markdown(table: Table) -> str:
    from tabulate import tabulate

    heads = [""] + [f"{head.name}: {value}" for head in table.heads for value in head.values]
    rows = [[row.name, *row.cells] for row in table.rows]
    notes = "\n".join(f"* `{name}`: {note}" for name, note in table.notes.items())
    return tabulate(rows, heads, tablefmt="github", disable_numparse=True) + f"\n\n{notes}"


# ---- pictures ----------------------------------------------------------------------------------
def _sheet(found: Sequence[StudyRow]) -> Image.Image:
    """A row of classes for each run; runs may differ in image size and classes."""
    pictures = [
        [Image.open(file).convert("RGB") for file in sorted(_classes(done))] for done in found
    ]
    columns = max(map(len, pictures))
    size = max(picture.width for row in pictures for picture in row)
    sheet = np.full((len(found), columns, size, size, 3), 255, np.uint8)
    for row, of_run in zip(sheet, pictures, strict=True):
        for place, picture in zip(row, of_run, strict=False):
            place[:] = picture.resize((size, size), Image.Resampling.NEAREST)
    return named_grid(sheet, [f"{done.preset} {done.seed}" for done in found])


def _classes(done: StudyRow) -> Iterator[Path]:
    return (done.run / CLASSES).glob("*.png")


def _panels(found: Sequence[StudyRow]) -> list[Panel]:
    """A panel for each figure of the history over images seen, with a line for each run."""
    panels: dict[str, Panel] = {}
    for done in found:
        for panel in curves.panels(RunDirectory(done.run).history()):
            for name, points in panel.lines.items():
                if name == "loss" or len(panel.lines) == 1:
                    shown = panels.setdefault(panel.title, Panel(panel.title))
                    shown.lines[f"{done.preset} {done.seed}"] = [
                        (step * done.images // done.steps, value) for step, value in points
                    ]
    return list(panels.values())
