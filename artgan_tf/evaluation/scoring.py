"""Scores a generator, or real images that stand in for it, with metrics."""

import math
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artgan_tf.config import InputError
from artgan_tf.evaluation import results
from artgan_tf.evaluation.images import Images, generated_images, proportional_labels
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.registry import Comparison, Metric
from artgan_tf.evaluation.results import REAL, Result
from artgan_tf.metrics import classifier
from artgan_tf.metrics.extractors import forms_of_specs
from artgan_tf.sampler import Sampler

Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Subject:
    """The source of the images to score: a sampler and the seed of its latents, or real images."""

    sampler: Sampler | None = None
    model: str = REAL
    weights: str = ""
    seed: int = 0


# ---- checks -------------------------------------------------------------------------------------
def check(metrics: Sequence[Metric], reference: Reference, autoencoder: bool = True) -> None:
    """InputError if one of the metrics cannot be computed, before anything is generated."""
    for metric in metrics:
        if sentence := refusal(metric, reference, autoencoder):
            raise InputError(sentence)


def refusal(metric: Metric, reference: Reference, autoencoder: bool = True) -> str:
    """Why a metric cannot be computed, in a sentence; empty if it can."""
    needs, extractor = metric.entry.needs, reference.extractor
    if "logits" in needs and not (extractor and extractor.has_logits):
        lacking = f"which {extractor.name} does not give" if extractor else "of an extractor"
        return (
            f"{metric.name} needs logits of classes, {lacking}: for the literature's Inception "
            f"score take inception-2015:classify_image_graph_def.pb."
        )
    if "classifier" in needs and reference.classes < 2:
        return f"{metric.name} needs two classes, and there is one."
    if "features" in needs and not extractor:
        if reference.lack:
            return f"{metric.name} cannot be computed: {reference.lack}."
        return f"{metric.name} needs an extractor: name one of {', '.join(forms_of_specs())}."
    if "autoencoder" in needs and not autoencoder:
        return f"{metric.name} needs an autoencoder, and this model's model.autoencoder is off."
    return _too_few(metric, reference)


def _too_few(metric: Metric, reference: Reference) -> str:
    """Why there are too few images, in a sentence; empty if there are enough."""
    count, least, each = metric.count, f"{metric.least:,}", f"{metric.in_class:,}"
    if count and count < metric.least:
        return f"{metric.name} is of {count:,} generated images and needs {least}."
    real = _real(metric, reference)
    if metric.entry.real != "none" and real.count < metric.least:
        return f"{metric.name} needs {least} real images, and there are {real.count:,}."
    if metric.in_class:
        asked = proportional_labels(reference.shares, count)
        if (most := _of_each(reference, real.labels, asked).max()) < metric.in_class:
            return (
                f"{metric.name} needs a class with {each} real and {each} generated images: "
                f"the largest has {most:,} of each."
            )
    return ""


def _of_each(reference: Reference, real: Labels, fake: Labels) -> NDArray[np.int64]:
    """Number of real or fake images of each class, whichever is smaller."""
    return np.minimum(*(np.bincount(x, minlength=reference.classes) for x in (real, fake)))


# ---- scoring ------------------------------------------------------------------------------------
def scores(
    subject: Subject, metrics: Sequence[Metric], reference: Reference
) -> Iterator[tuple[Metric, Result]]:
    """Yield the results; real images are scored only with metrics for which they can stand in.

    The images are generated once for all metrics. A metric without a value for these images is
    skipped, and a warning says why; another one names the metrics without a row of real images
    because too few can stand in.

    Raises:
        RunError: the model's networks give NaN or infinity.
    """
    with tempfile.TemporaryDirectory(dir=reference.work) as folder:
        count = max((metric.count for metric in metrics), default=0)
        images = _generated(subject, count, reference, Path(folder))
        if not images:
            _warn_of_missing_rows(metrics, reference)
        for metric in metrics:
            real = _real(metric, reference)
            fake = images.first(metric.count) if images else _stand_in(metric, reference, real)
            if not fake:
                continue
            try:
                yield metric, _result(subject, metric, fake, real, reference)
            except (InputError, ValueError) as error:  # other metrics may still have a value
                why = f"has no value: {str(error).rstrip('.')}."
                warnings.warn(f"{metric.name} of {subject.model} {why}", stacklevel=2)
    reference.forget()


def _generated(subject: Subject, count: int, reference: Reference, folder: Path) -> Images | None:
    """Generated images whose classes have the training data's proportions."""
    if not subject.sampler:
        return None
    if not count:  # avoids reading the training images
        return Images(np.empty((0, 1, 1, 3), np.uint8), np.empty(0, np.int32))
    labels, file = proportional_labels(reference.shares, count), folder / "generated.npy"
    return generated_images(subject.sampler, labels, subject.seed, file, "generated images")


def _real(metric: Metric, reference: Reference) -> Images:
    """The real images that generated ones are compared with."""
    real = reference.split(metric.split)
    return real if metric.entry.real == "all" else real.first(metric.count)


def _stand_in(metric: Metric, reference: Reference, real: Images) -> Images | None:
    """As many real images as would be generated, from the other split, or None if too few."""
    spare = _spare(metric, reference)
    if not _has_row(metric) or spare.count < metric.count:
        return None
    fake = spare.first(metric.count)
    enough = _of_each(reference, real.labels, fake.labels).max() >= metric.in_class
    return fake if enough else None


def _has_row(metric: Metric) -> bool:
    """Whether real images can stand in for generated ones."""
    return bool(metric.count) and "gan" not in metric.entry.needs


def _spare(metric: Metric, reference: Reference) -> Images:
    """The images of the other split that can stand in for generated ones."""
    if metric.split == "train":
        return reference.val
    return reference.train.first(reference.train.count - reference.validation.count)


def _warn_of_missing_rows(metrics: Sequence[Metric], reference: Reference) -> None:
    missing: dict[int, list[str]] = {}
    for metric in filter(_has_row, metrics):
        if (spare := _spare(metric, reference).count) < metric.count:
            missing.setdefault(spare, []).append(metric.name)
    for spare, names in missing.items():
        warnings.warn(
            f"{', '.join(names)}: no row of real images, because only {spare:,} of them are left "
            f"to compare; name metrics of at most as many images.",
            stacklevel=2,
        )


def _result(
    subject: Subject, metric: Metric, fake: Images, real: Images, reference: Reference
) -> Result:
    sampler, names = subject.sampler, reference.source.class_names
    in_class = metric.in_class
    enough = _of_each(reference, real.labels, fake.labels) >= in_class if in_class else ()
    classes = tuple(np.flatnonzero(enough).tolist())
    measured = metric.entry.measure(Comparison(fake, real, reference, sampler, metric.k, classes))
    by_class = {names[label]: value for label, value in measured.by_class.items()}
    for values in (measured.values, by_class):
        if bad := {name: value for name, value in values.items() if not math.isfinite(value)}:
            raise InputError(f"The value is not finite: {bad}.")
    return Result(
        metric=metric.name,
        values=dict(measured.values),
        by_class=by_class,
        model=subject.model,
        weights=subject.weights,
        step=sampler.gan.steps_done if sampler else 0,
        seed=subject.seed,
        generated=fake.count,
        real=0 if metric.entry.real == "none" else real.count,
        data=reference.data.spec,
        data_sha256=real.sha256,
        extractor=_record(metric, reference),
        commit=results.commit(),
    )


def _record(metric: Metric, reference: Reference) -> dict[str, str]:
    """The network that the metric used, as a result records it."""
    if "classifier" in metric.entry.needs:
        return classifier.RECORD
    return reference.record if "features" in metric.entry.needs else {}
