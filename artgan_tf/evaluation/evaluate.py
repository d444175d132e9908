"""`evaluate(run, ...)`: scores a run beside real images, and writes results and a report."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from artgan_tf.config import InputError
from artgan_tf.data.real import real_data, real_source
from artgan_tf.evaluation import report, results
from artgan_tf.evaluation.kinds import FEATURES
from artgan_tf.evaluation.protocols import COUNTS, Metric, check_seeds, metric, usual
from artgan_tf.evaluation.reference import Reference, open_reference
from artgan_tf.evaluation.results import Result
from artgan_tf.evaluation.scoring import Subject, check, refusal, scores
from artgan_tf.evaluation.verdict import Answer, Circumstances, answers
from artgan_tf.hardware import gpus
from artgan_tf.painter import Painter, Weights
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.load import load
from artgan_tf.runs.pretrained import locate, workplace
from artgan_tf.runs.steps import Which
from tfrecords_tools.common.files import reason
from tfrecords_tools.common.outputs import place

WITHOUT_GPU = 1_000  # generated images, where nothing else is asked for: minutes of two cores


@dataclass(frozen=True)
class Options:
    """What is measured, and how.

    Attributes:
        data: SPEC of other real images of the same classes; None for the run's own.
        metrics: names with protocols; none for all that can be had.
        extractor: SPEC of a feature extractor; empty for a classifier of the real images, where
            a metric needs features.
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
    """Where an evaluation lies, its results, those of real images first, and what they say."""

    results: list[Result]
    file: Path
    report: Path
    verdict: list[Answer]

    def __str__(self) -> str:
        """The verdict, and a table: a line for each figure, real images beside the run's."""
        said = [f"  {answer.name:<12}{answer.words}" for answer in self.verdict]
        return "\n".join([*said, "", results.text_table(self.results), ""])


def measure(
    run_dir: Path | str,
    metrics: Sequence[str] = (),
    extractor: str = "",
    data: str | None = None,
    seeds: Sequence[int] = (0,),
    out: Path | None = None,
) -> Evaluation:
    """Score a run beside real images; printed, it is a table.

    Args:
        run_dir: the run's directory, or `pretrained:NAME`.
        metrics: names such as `fid_10k_val`; none for all that data and extractor allow.
        extractor: what makes features, as in `--extractor`; a classifier of the real images
            when it is left out.
        data: SPEC of other real images of the same classes; None for the run's own.
        seeds: each one gives other images and another result.
        out: where results and report go; None for the run's directory.
    """
    options = Options(data, tuple(metrics), extractor, seeds=tuple(seeds), out=out)
    return evaluate(run_dir, options)


def evaluate(run_dir: Path | str, options: Options) -> Evaluation:
    """Score a run, append the results to `metrics.jsonl`, and write `evaluation/report.html`.

    Where there is an earlier report, `evaluation-2` and so on is taken.

    Args:
        run_dir: the run's directory.
        options: what to measure.

    Raises:
        InputError: for a mistake in what was asked for.
        RunError: the model's networks give no numbers.
    """
    asked = list(dict.fromkeys(map(metric, options.metrics)))
    check_seeds(options.seeds)
    painter = load(run_dir, options.which, options.weights)
    out = options.out or workplace(run_dir)
    with tempfile.TemporaryDirectory(prefix="artgan-") as work:
        reference = _reference(painter, options, Path(work))
        if not options.extractor and (not asked or any(x.kind.needs == FEATURES for x in asked)):
            reference.look_with_own()
        metrics = asked or _usual(reference, painter)
        check(metrics, reference, painter.gan.config.model.autoencoder)
        _make(out)
        model, file, found = str(run_dir), out / "metrics.jsonl", []
        seeds = dict.fromkeys(options.seeds)
        subjects = [Subject(painter, model, options.weights, seed) for seed in seeds]
        painted = [each for each in metrics if each.count]  # the others are the same for each seed
        for subject in (Subject(), *subjects):
            asked_of = painted if subject in subjects[1:] else metrics
            for _, result in scores(subject, asked_of, reference):
                results.append(file, result)
                found.append(result)
        run = RunDirectory(locate(run_dir))
        folder = place(None, out / "evaluation")
        told = answers(found, _known(painter, reference))
        page = report.write_report(folder, run, painter, reference, found, told)
    return Evaluation(found, file, page, told)


def _known(painter: Painter, reference: Reference) -> Circumstances:
    gan = painter.gan
    held_out, steps = reference.source.val.count, gan.config.train.steps
    return Circumstances(reference.classes, held_out, gan.steps_done, steps, reference.lack)


def _reference(painter: Painter, options: Options, work: Path) -> Reference:
    """The real images, of the classes that the model paints."""
    data = real_data(painter.gan.config.data, options.data)
    source = real_source(data, painter.class_names)
    return open_reference(source, data, options.extractor, work)


def _usual(reference: Reference, painter: Painter) -> list[Metric]:
    """All metrics that data, extractor and model allow, in minutes."""
    counts = reference.train.count, reference.val.count, reference.validation.count
    autoencoder = painter.gan.config.model.autoencoder
    metrics = map(metric, usual(*counts, most=COUNTS[0] if gpus() else WITHOUT_GPU))
    return [each for each in metrics if not refusal(each, reference, autoencoder)]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {folder} cannot be made: {reason(error)}.") from None
