"""`measure(run, ...)`: scores a run and real images, and writes results and a report."""

import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from artgan_tf.config import InputError
from artgan_tf.data.fingerprint import fingerprint
from artgan_tf.data.real import real_data, real_source
from artgan_tf.data.source import Source
from artgan_tf.evaluation import results
from artgan_tf.evaluation.entries import FEATURES
from artgan_tf.evaluation.reference import Reference, open_reference
from artgan_tf.evaluation.registry import COUNTS, Metric, check_seeds, metric, usual
from artgan_tf.evaluation.report import page
from artgan_tf.evaluation.report.verdict import Answer, answers
from artgan_tf.evaluation.results import Result
from artgan_tf.evaluation.scoring import Subject, check, refusal, scores
from artgan_tf.hardware import gpus
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.load import load
from artgan_tf.runs.pretrained import locate, workplace
from artgan_tf.runs.steps import Which
from artgan_tf.sampler import Sampler, Weights
from tfrecords_tools.common.files import reason
from tfrecords_tools.common.outputs import place

WITHOUT_GPU = 1_000  # default number of generated images: a few minutes on two cores


@dataclass(frozen=True)
class Evaluation:
    """The results, those of real images first, the files that hold them, and the verdict."""

    results: list[Result]
    file: Path
    report: Path
    verdict: list[Answer]

    def __str__(self) -> str:
        """The verdict, and a table with a line per figure for real images and the run."""
        said = [f"  {answer.name:<12}{answer.words}" for answer in self.verdict]
        return "\n".join([*said, "", results.text_table(self.results), ""])


def measure(
    run_dir: Path | str,
    metrics: Sequence[str] = (),
    extractor: str = "",
    data: str | None = None,
    seeds: Sequence[int] = (0,),
    out: Path | None = None,
    weights: Weights = "ema",
    checkpoint: Which = "latest",
) -> Evaluation:
    """Score a run and real images, append to `metrics.jsonl`, write `evaluation/report.html`.

    The returned evaluation prints as a table. Earlier reports are kept: the next one goes to
    `evaluation-2` and so on.

    Args:
        run_dir: the run's directory, or `pretrained:NAME`.
        metrics: names such as `fid_10k_val`; empty for every metric that data and extractor allow.
        extractor: SPEC of a feature extractor, as in `--extractor`; if empty, metrics of features
            use a classifier trained on the real images.
        data: SPEC of other real images of the same classes; None for the run's own.
        seeds: seeds of the latents; each gives other images and another result.
        out: folder for results and report; None for the run's directory, or
            `runs/pretrained/NAME`.
        weights: the generator's weights, averaged over training (`ema`) or the last (`raw`).
        checkpoint: `latest`, `best`, or a step.

    Raises:
        InputError: an argument is wrong.
        RunError: the model's networks give NaN or infinity.
    """
    asked = list(dict.fromkeys(map(metric, metrics)))
    check_seeds(seeds)
    sampler, out = load(run_dir, checkpoint, weights), out or workplace(run_dir)
    run = RunDirectory(locate(run_dir))
    with tempfile.TemporaryDirectory(prefix="artgan-") as work:
        cut = real_data(sampler.gan.config.data, data)
        source = real_source(cut, sampler.class_names)
        if not data:
            _warn_if_changed(run, source)
        reference = open_reference(source, cut, extractor, Path(work))
        if not extractor and (not asked or any(x.entry.needs == FEATURES for x in asked)):
            reference.use_own_extractor()
        asked = asked or _usual(reference, sampler)
        check(asked, reference, sampler.gan.config.model.autoencoder)
        _make(out)
        subjects = [Subject(sampler, str(run_dir), weights, seed) for seed in dict.fromkeys(seeds)]
        found, file = _scored(subjects, asked, reference, out / "metrics.jsonl")
        steps = sampler.gan.steps_done, sampler.gan.config.train.steps
        told = answers(found, reference.classes, source.val.count, *steps, reference.lack, data)
        folder = place(None, out / "evaluation")
        report = page.write_report(folder, run, sampler, reference, found, told, data)
    return Evaluation(found, file, report, told)


def _scored(
    subjects: list[Subject], metrics: list[Metric], reference: Reference, file: Path
) -> tuple[list[Result], Path]:
    """Score real images and the model; each result is written as soon as it is known."""
    found = []
    of_images = [each for each in metrics if each.count]  # other metrics do not depend on the seed
    for subject in (Subject(), *subjects):
        asked = of_images if subject in subjects[1:] else metrics
        for _, result in scores(subject, asked, reference):
            results.append(file, result)
            found.append(result)
    return found, file


def _warn_if_changed(run: RunDirectory, source: Source) -> None:
    if changed := run.changed_images(fingerprint(source)):
        warnings.warn(
            f"{source.spec} is not what {run.path} was trained on, it now has {changed}: held-out "
            f"images may have been trained on, which flatters every figure.",
            stacklevel=3,
        )


def _usual(reference: Reference, sampler: Sampler) -> list[Metric]:
    """All metrics that data, extractor and model allow, on few enough images to take minutes."""
    counts = reference.train.count, reference.val.count, reference.validation.count
    autoencoder = sampler.gan.config.model.autoencoder
    metrics = map(metric, usual(*counts, most=COUNTS[0] if gpus() else WITHOUT_GPU))
    return [each for each in metrics if not refusal(each, reference, autoencoder)]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {folder} cannot be made: {reason(error)}.") from None
