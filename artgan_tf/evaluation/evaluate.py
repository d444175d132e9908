"""`evaluate(run, ...)`: scores a run beside real images, and writes results and a report."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from artgan_tf.config import Data, InputError
from artgan_tf.data.spec import open_source
from artgan_tf.evaluation import report, results
from artgan_tf.evaluation.features import default_cache
from artgan_tf.evaluation.protocols import Metric, metric, usual
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.results import Result
from artgan_tf.evaluation.scoring import Subject, check, scores
from artgan_tf.metrics.extractors import open_extractor
from artgan_tf.painter import Painter, Weights
from artgan_tf.runs.checkpoints import Which
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.load import load


@dataclass(frozen=True)
class Options:
    """What is measured, and how.

    Attributes:
        data: SPEC of other real images of the same classes; None for the run's own.
        metrics: names with protocols; none for all that can be had.
        extractor: SPEC of a feature extractor; empty for the metrics that need none.
        weights: of G.
        which: checkpoint.
        seeds: each one gives other images and another result.
        out: where results and report go; None for the run's directory.
    """

    data: str | None = None
    metrics: tuple[str, ...] = ()
    extractor: str = ""
    weights: Weights = "ema"
    which: Which = "latest"
    seeds: tuple[int, ...] = (0,)
    out: Path | None = None


@dataclass(frozen=True)
class Evaluation:
    """Where an evaluation lies, and its results, those of real images first."""

    results: list[Result]
    file: Path
    report: Path


def evaluate(run_dir: Path | str, options: Options) -> Evaluation:
    """Score a run, append the results to `metrics.jsonl`, and write `evaluation/report.html`.

    Args:
        run_dir: the run's directory.
        options: what to measure.

    Raises:
        InputError: for a mistake in what was asked for.
        RunError: a result is not a number.
    """
    asked = [metric(name) for name in options.metrics]
    painter = load(run_dir, options.which, options.weights)
    out = options.out or Path(run_dir)
    with tempfile.TemporaryDirectory(prefix="artgan-") as work:
        reference = _reference(painter, options, Path(work))
        metrics = asked or _usual(reference)
        check(metrics, reference)
        out.mkdir(parents=True, exist_ok=True)
        model, file, found = str(run_dir), out / "metrics.jsonl", []
        subjects = [Subject(painter, model, options.weights, seed) for seed in options.seeds]
        for subject in (Subject(), *subjects):
            for _, result in scores(subject, metrics, reference):
                results.append(file, result)
                found.append(result)
        run = RunDirectory(run_dir)
        page = report.write_report(out / "evaluation", run, painter, reference, found)
    return Evaluation(found, file, page)


def _reference(painter: Painter, options: Options, work: Path) -> Reference:
    """The real images, of the classes that the model paints."""
    data = painter.gan.config.data
    data = replace(data, spec=options.data) if options.data else data
    extractor = open_extractor(options.extractor) if options.extractor else None
    source = open_source(data)
    _check_classes(painter, source.class_names, data)
    return Reference(source, data, extractor, default_cache(), work)


def _check_classes(painter: Painter, names: Sequence[str], data: Data) -> None:
    if tuple(names) != painter.class_names:
        raise InputError(
            f"{data.spec} has the classes {', '.join(names)}, but the model paints "
            f"{', '.join(painter.class_names)}: evaluate it on data of the same classes."
        )


def _usual(reference: Reference) -> list[Metric]:
    has = {"gan"}
    if reference.extractor:
        has |= {"features"} | ({"logits"} if reference.extractor.has_logits else set())
    train = reference.train.count
    return [metric(name) for name in usual(train, reference.validation.count, has)]
