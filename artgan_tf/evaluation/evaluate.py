"""`evaluate(run, ...)`: scores a run beside real images, and writes results and a report."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from artgan_tf.config import Data, InputError
from artgan_tf.data.spec import open_source
from artgan_tf.evaluation import results
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
    run, asked = RunDirectory(run_dir), [metric(name) for name in options.metrics]
    extractor = open_extractor(options.extractor) if options.extractor else None
    painter = load(run.path, options.which, options.weights)
    data = _data(painter, options.data)
    out = options.out or run.path
    with tempfile.TemporaryDirectory(prefix="artgan-") as work:
        source = open_source(data)
        _check_classes(painter, source.class_names, data)
        reference = Reference(source, data, extractor, default_cache(), Path(work))
        chosen = asked or _usual(reference)
        check(chosen, reference)
        out.mkdir(parents=True, exist_ok=True)
        file = out / "metrics.jsonl"
        found = []
        model = str(run_dir)
        subjects = [Subject(painter, model, options.weights, seed) for seed in options.seeds]
        for subject in (Subject(), *subjects):
            for _, result in scores(subject, chosen, reference):
                results.append(file, result)
                found.append(result)
        from artgan_tf.evaluation.report import write_report

        report = write_report(out / "evaluation", run, painter, reference, found)
    return Evaluation(found, file, report)


def _data(painter: Painter, spec: str | None) -> Data:
    data = painter.gan.config.data
    return replace(data, spec=spec) if spec else data


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
