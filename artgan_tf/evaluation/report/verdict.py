"""The verdict of an evaluation: turns figures into sentences that compare with real images."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from artgan_tf.evaluation.registry import metric
from artgan_tf.evaluation.results import REAL, Result, is_own

Grade = Literal["good", "fair", "poor", ""]
FEW = 1_000  # with fewer pictures, figures depend on chance
TENTHS = (
    "next to nothing", "a tenth", "a fifth", "three tenths", "two fifths", "half",
    "three fifths", "seven tenths", "four fifths", "nine tenths", "all",
)  # fmt: skip
# Ratio to the real images' figure: good from the first number on, fair from the second on.
TOLD_APART, VARIED = (0.9, 0.6), (0.75, 0.4)
PIXELS = ("shape_diversity", "pixel_diversity")  # diversity without features
JUDGES = {  # they predict the class of a picture
    "conditional_accuracy": "a classifier of real images",
    "conditional_accuracy_d": "D itself",
}
SHOWN = {"precision_recall": "recall"}  # the value to show, if it is not the metric's first
KNOWN = 0.5  # accuracy on real images from which a classifier's features are trusted
LIKE = (1.25, 2.5)  # ratio to the real images' distance: limits of good and of fair


@dataclass(frozen=True)
class Answer:
    """The answer to one question of the reader: a sentence after the label `name`.

    `run` and `real` are figures of `metric`. Without a comparison the grade is empty.
    """

    question: str
    name: str
    words: str
    grade: Grade = ""
    run: str = ""
    real: str = ""
    metric: str = ""


@dataclass(frozen=True)
class Figure:
    """A metric's first value for the run and, if known, for other real images.

    `images` is the smallest number of images that the value rests on, generated or real.
    """

    metric: str
    run: float
    real: float | None
    images: int
    extractor: str = ""


def answers(
    found: Sequence[Result],
    classes: int,
    held_out: int = FEW,
    step: int = 0,
    steps: int = 0,
    lack: str = "",
    other: str | None = None,
) -> list[Answer]:
    """The verdict: are classes told apart, varied, realistic or copied, and how sure is that?

    What makes the rest doubtful comes first, and nothing that few pictures show is called good.

    Args:
        found: results of one run, with one or more seeds, and of real images.
        classes, held_out: number of classes, and of held-out images to compare with.
        step, steps: steps trained and steps planned; 0 if unknown.
        lack: why metrics of features are skipped; empty if they are not.
        other: SPEC of the real images if they are not the run's own.
    """
    asked = _recognized(found, classes), _varied(found), _realistic(found), _copies(found, other)
    told = [_doubted(answer, found) for answer in asked if answer]
    counts = [f.images for a in told if (f := _figure(found, a.metric)) and f.images]
    told, first = _neutral(told), []
    if step < steps:
        run = f"{step:,} of {steps:,} steps"
        words = f"these are the weights after {run}" + ", too few to judge" * (10 * step < steps)
        first.append(Answer("How far is the training?", "training", words, "fair", run))
    if lack:
        words = f"fidelity, and diversity except by pixels: {lack}"
        told.append(Answer("What was skipped?", "skipped", words))
    if counts:
        (first if min(counts) < FEW else told).append(_sample(min(counts), held_out))
    return first + told


# ---- the questions ------------------------------------------------------------------------------
def _recognized(found: Sequence[Result], classes: int) -> Answer | None:
    kind, of = _first(found, *JUDGES)
    if not of or classes < 2:
        return None
    chance, grade = 1 / classes, ""
    words = f"{JUDGES[kind]} recognizes the requested class in {of.run:.0%}"
    if of.real is not None:
        if of.real - chance > _chance(of.images):  # one that guesses cannot grade
            grade = _grade((of.run - chance) / (of.real - chance), *TOLD_APART)
        words = f"{words}, and in {of.real:.0%} of real images"
    words += f"; guessing would reach {chance:.0%}"
    question = "Does it paint the requested class?"
    return _answer(question, "told apart", words, grade, of, "{:.0%}")


def _varied(found: Sequence[Result]) -> Answer | None:
    """The ratio to the real images' figure; metrics that are ratios need no reference row."""
    kind, of = _first(found, "intra_recall", "precision_recall", "intra_spread", *PIXELS)
    if not of:
        return None
    question, pixels = "Are the pictures of a class as varied as real ones?", kind in PIXELS
    real = 1.0 if of.real is None and (pixels or kind == "intra_spread") else of.real
    if not real:
        return _answer(question, "varied", f"{of.run:.2g} by {kind}", "", of, "{:.3g}")
    # More variety than real images have is as far from them as less.
    ratio = (
        min(of.run / real, real / max(of.run, 1e-9)) if kind == "intra_spread" else of.run / real
    )
    beside, grade = f"({of.run:.2g} beside {real:.2g})", _grade(ratio, *VARIED)
    amount = TENTHS[min(round(10 * of.run / real), 10)]
    words = f"{amount} of the variety of real images {beside}"
    if kind == "intra_spread" and of.run > 1.1 * real:
        words = f"more variety than real images {beside}"
    words += ", by pixels" if pixels else _by(of)
    if pixels and grade != "poor":
        words, grade = f"not known: pixels vary {beside}, but so do those of noise", ""
    return _answer(question, "varied", words, grade, of, "{:.3g}")


def _realistic(found: Sequence[Result]) -> Answer | None:
    kind, of = _first(found, "fid", "kid")
    if not of:
        return None
    words, grade = f"{kind.upper()} {of.run:.3g}{_by(of)}", ""
    if of.real is not None:
        words += f", other real images {of.real:.3g}"
        if kind == "fid":  # a ratio to the KID of real images, about 0, means nothing
            grade = _grade(-of.run, *(-times * of.real for times in LIKE))
    words += "; lower is better"
    question = "Do the pictures look like real ones, all in all?"
    return _answer(question, "realistic", words, grade, of, "{:.3g}")


def _copies(found: Sequence[Result], other: str | None) -> Answer | None:
    _, of = _first(found, "authenticity", "authenticity_pixels")
    if not of:
        return None
    to = f"an image of {other}" if other else "a training image"
    near, grade, seen = f"{of.run:.0%} are unusually close to {to}", "", "not known"
    if of.real is not None:
        near += f", and {of.real:.0%} of other real images"
        copied = of.run - of.real > _chance(of.images)
        grade, seen = ("poor", "there may be some") if copied else ("good", "none found")
        if other and not copied:  # the run may have been trained on other images
            grade = ""
    question = "Does it copy training images?"
    return _answer(question, "copies", f"{seen}: {near}", grade, of, "{:.0%}")


def _doubted(answer: Answer, found: Sequence[Result]) -> Answer:
    """Withholds a good grade of few pictures, or of the features of a classifier that fails."""
    of, known = _figure(found, answer.metric), _largest(found, "conditional_accuracy")
    if of and of.images < FEW and answer.grade == "good":
        return replace(answer, grade="")
    if answer.name not in ("varied", "realistic") or answer.grade == "poor":
        return answer
    real = known.real if known and known.real is not None else 1.0
    if not of or not is_own(of.extractor) or real >= KNOWN:
        return answer
    words = f"{answer.words}; but that classifier recognizes only {real:.0%} of real images"
    return replace(answer, words=words, grade="")


def _neutral(told: Sequence[Answer]) -> list[Answer]:
    """Withholds a good grade for not copying if the pictures are not known to look real."""
    said = {answer.name: answer for answer in told}
    realistic, copies = (
        said[name].grade if name in said else "" for name in ("realistic", "copies")
    )
    if copies == "good" and realistic not in ("good", "fair"):
        but = "none found, as usual for pictures unlike real ones" if realistic else "none found"
        words = said["copies"].words.replace("none found", but)
        said["copies"] = replace(said["copies"], grade="", words=words)
    return list(said.values())


def _sample(count: int, held_out: int) -> Answer:
    pictures = f"{count:,} {'picture' if count == 1 else 'pictures'}"
    off = f"a share may be off by {_chance(count) * 100:.0f} points"
    words = f"{pictures}: {off}"
    if count < FEW:
        more = f"only {held_out:,} images are held out to compare more with"
        more = more if held_out < FEW else f"take {FEW:,} or more"
        words = f"{pictures} prove little: {off}; {more}"
    question = "How many pictures were compared?"
    return Answer(question, "sample", words, "poor" if count < FEW else "", f"{count:,}")


# ---- figures ------------------------------------------------------------------------------------
def _first(found: Sequence[Result], *kinds: str) -> tuple[str, Figure | None]:
    """The first of these kinds of metric that was measured, and its figure."""
    figures = ((kind, _largest(found, kind)) for kind in kinds)
    return next(((kind, figure) for kind, figure in figures if figure), ("", None))


def _largest(found: Sequence[Result], kind: str) -> Figure | None:
    """The figure of this kind that rests on the most images."""
    names = {r.metric for r in found if metric(r.metric).entry.pattern.startswith(f"{kind}_{{")}
    figures = (_figure(found, name, SHOWN.get(kind, "")) for name in sorted(names))
    return max(filter(None, figures), key=lambda f: f.images, default=None)


def _figure(found: Sequence[Result], name: str, value: str = "") -> Figure | None:
    """The run's mean over the seeds, and the value of real images."""
    run: list[float] = []
    real, generated, limits, extractor = None, 0, [], ""
    for each in (each for each in found if each.metric == name):
        figure = float(each.values[value or next(iter(each.values))])
        if each.model == REAL:
            real = figure
            limits.append(each.generated)
        else:
            run.append(figure)
            generated += each.generated
            limits.append(each.real)
            extractor = each.extractor.get("extractor", "")
    images = min([generated, *filter(None, limits)])
    return Figure(name, float(np.mean(run)), real, images, extractor) if run else None


def _answer(question: str, name: str, words: str, grade: Any, of: Figure, form: str) -> Answer:
    real = "" if of.real is None else form.format(of.real)
    return Answer(question, name, words, grade, form.format(of.run), real, of.metric)


def _grade(part: float, good: float, fair: float) -> Grade:
    return "good" if part >= good else "fair" if part >= fair else "poor"


def _by(of: Figure) -> str:
    name = "a small classifier of these real images" if is_own(of.extractor) else of.extractor
    return f" by {name}" if name else ""


def _chance(count: int) -> float:
    """Upper bound of two standard errors of a share of `count` pictures."""
    return float(1 / np.sqrt(max(count, 1)))
