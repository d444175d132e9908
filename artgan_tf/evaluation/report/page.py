"""The report page: an evaluation's results and generated pictures in one HTML file."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.registry import metric
from artgan_tf.evaluation.report import curves, pictures, tables
from artgan_tf.evaluation.report.pictures import Strip, data_uri, png
from artgan_tf.evaluation.report.verdict import Answer
from artgan_tf.evaluation.results import Result
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.sampler import Sampler
from tfrecords_tools.common import files

PAGE, TEMPLATE = "report.html", "page.html"
FEATURES = "authenticity_{count}"  # this metric computes the features of all training images


def write_report(
    folder: Path,
    run: RunDirectory,
    sampler: Sampler,
    reference: Reference,
    found: Sequence[Result],
    answers: Sequence[Answer],
    other: str | None = None,
) -> Path:
    """Write a self-contained `report.html`, and its pictures as PNG files in the same folder.

    It shows the results and the verdict on them, the run's history, and pictures. `other` is the
    SPEC of the real images if they are not the run's own. Returns its path.
    """
    shown = _pictures(run, sampler, reference, found)
    history = curves.panels(run.history())
    panels = [panel for panel in history if not panel.once]
    page = _template().render(
        name=run.path.resolve().name,
        date=datetime.now(UTC),
        sampler=sampler,
        other=other,
        extractor=reference.extractor,
        answers=answers,
        tables=tables.by_group(found),
        by_class=tables.by_class(found, sampler.class_names),
        facts=tables.facts(found),
        once=[panel.once for panel in history if panel.once],
        curves=[(panel.title, curves.draw([panel])) for panel in panels],
        pictures=shown,
    )
    pages = {f"{name}.png": png(pictures.sheet(strips)) for name, strips in shown.items() if strips}
    if panels:
        pages["curves.png"] = png(curves.draw(panels))
    for name, data in (pages | {PAGE: page.encode()}).items():
        files.write(folder / name, data)
    return folder / PAGE


def _pictures(
    run: RunDirectory, sampler: Sampler, reference: Reference, found: Sequence[Result]
) -> dict[str, list[Strip]]:
    """The pictures by file name; an empty list if there are none."""
    sought = pictures.sought(sampler)
    known = any(metric(result.metric).entry.pattern == FEATURES for result in found)
    several, magnify = reference.train.count > 1, sampler.gan.config.model.magnify
    by_pixels = pictures.neighbours_by_pixels(sought, reference) if several else []
    by_features = pictures.neighbours_by_features(sought, reference) if known else []
    return {
        "beside": pictures.beside(sampler, reference.val),
        "grid": pictures.grid(sampler),
        "magnified": pictures.grid(sampler, magnified=True) if magnify else [],
        "progress": pictures.progress(run.samples, sampler),
        "neighbours_pixels": by_pixels,
        "neighbours_features": by_features,
        "between_seeds": pictures.between_seeds(sampler),
        "between_classes": pictures.between_classes(sampler),
    }


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("artgan_tf", "evaluation/report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = data_uri
    return environment.get_template(TEMPLATE)
