"""Scores a generator, or real images in its place, by metrics with their protocols."""

import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from artgan_tf.config import InputError, RunError
from artgan_tf.evaluation import results
from artgan_tf.evaluation.images import Images, generated_images, proportional_labels
from artgan_tf.evaluation.measures import Comparison
from artgan_tf.evaluation.protocols import Metric
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.results import REAL, Result
from artgan_tf.metrics.extractors import KINDS
from artgan_tf.painter import Painter


@dataclass(frozen=True)
class Subject:
    """Whose images are scored.

    Attributes:
        painter: paints them; None for real images.
        model: what to call it.
        weights: `ema` or `raw`.
        seed: of the latents.
    """

    painter: Painter | None = None
    model: str = REAL
    weights: str = ""
    seed: int = 0


def check(metrics: Sequence[Metric], reference: Reference) -> None:
    """Refuse, before anything is painted, metrics that this data or extractor cannot give."""
    for metric in metrics:
        if "features" in metric.kind.needs and not reference.extractor:
            raise InputError(f"{metric.name} needs an extractor: name one of {', '.join(KINDS)}.")
        extractor = reference.extractor
        if "logits" in metric.kind.needs and extractor and not extractor.has_logits:
            raise InputError(
                f"{metric.name} needs a classifier, which {extractor.name} lacks: for the "
                f"literature's Inception score take inception-2015:classify_image_graph_def.pb."
            )


def scores(
    subject: Subject, metrics: Sequence[Metric], reference: Reference
) -> Iterator[tuple[Metric, Result]]:
    """One result after another; of real images, only of metrics they can stand in for.

    Args:
        subject: whose images.
        metrics: to compute; the images are painted once for all of them.
        reference: the real images.

    Raises:
        RunError: a result is not a number.
    """
    with tempfile.TemporaryDirectory(dir=reference.work) as folder:
        images = _painted(subject, max(m.count for m in metrics), reference, Path(folder))
        for metric in metrics:
            fake = images.first(metric.count) if images else _stand_in(metric, reference)
            if fake:
                yield metric, _result(subject, metric, fake, reference)
    reference.forget()


def _painted(subject: Subject, count: int, reference: Reference, folder: Path) -> Images | None:
    """Images of classes as frequent as the training data's."""
    if not subject.painter:
        return None
    labels = proportional_labels(reference.shares, count)
    return generated_images(
        subject.painter, labels, subject.seed, folder / "generated.npy", "generated images"
    )


def _stand_in(metric: Metric, reference: Reference) -> Images | None:
    """As many real images as a generator would paint, from the other split, if it has them."""
    if not metric.count or "gan" in metric.kind.needs:
        return None
    split = "train" if metric.split == "val" else "val"
    spare = reference.validation.count if split == "train" else 0
    images = reference.split(split)
    return images.first(metric.count) if images.count - spare >= metric.count else None


def _result(subject: Subject, metric: Metric, fake: Images, reference: Reference) -> Result:
    real = reference.split(metric.split)
    real = real if metric.whole_split else real.first(metric.count)
    gan = subject.painter.gan if subject.painter else None
    measured = metric.kind.measure(Comparison(fake, real, reference, gan, metric.k))
    _check_finite(metric, subject, measured.values)
    names = reference.source.class_names
    return Result(
        metric=metric.name,
        values=dict(measured.values),
        by_class={names[label]: value for label, value in measured.by_class.items()},
        model=subject.model,
        weights=subject.weights,
        step=gan.steps_done if gan else 0,
        seed=subject.seed,
        generated=fake.count if metric.count else 0,
        real=real.count if metric.kind.pattern != "is_{count}" else 0,
        data=reference.data.spec,
        data_sha256=real.sha256,
        extractor=reference.record if metric.kind.needs & {"features"} else {},
        commit=results.commit(),
    )


def _check_finite(metric: Metric, subject: Subject, values: dict | object) -> None:
    assert isinstance(values, dict)
    bad = {name: value for name, value in values.items() if not math.isfinite(value)}
    if bad:
        raise RunError(f"{metric.name} of {subject.model} is no number: {bad}.")
