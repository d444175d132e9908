"""The registry of metrics, and the parser of their names: `fid_10k_val`, `precision_recall_1k_k3`.

A name holds the metric, the number of generated images, the split they are compared with, and k.
`entries.py` registers the metrics.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import NDArray

from artgan_tf.config import InputError
from artgan_tf.metrics.extractors import check_extractor
from tfrecords_tools.common.errors import meant

if TYPE_CHECKING:
    from artgan_tf.evaluation.features import Features
    from artgan_tf.evaluation.images import Images
    from artgan_tf.evaluation.reference import Reference
    from artgan_tf.sampler import Sampler

Needs = frozenset[Literal["features", "logits", "gan", "autoencoder", "classifier"]]
Group = Literal["diversity", "fidelity", "condition", "copying"]
Better = Literal["lower", "higher", "one"]  # one: the nearer to 1, the better

PARTS = {
    "count": r"(?P<count>[1-9]\d*k?)",
    "split": "(?P<split>train|val)",
    "k": r"k(?P<k>[1-9]\d*)",
}
RENAMED = {  # former names of metrics and values, used in old results and command lines
    "agreement_classifier": "conditional_accuracy",
    "agreement_d": "conditional_accuracy_d",
    "agreement": "conditional_accuracy",
    "deviation": "pixel_diversity",
    "shape_deviation": "shape_diversity",
}
COUNTS = (10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50)  # `usual` chooses from these
COPIES = 1_000  # limit of generated images for metrics of single images
LARGEST = 2**31  # seed, so that latent numbers fit in 64 bits


@dataclass(frozen=True)
class Comparison:
    """The images and networks that a metric is computed from.

    Attributes:
        fake: generated images, or real ones that stand in for them.
        real: images of the split that they are compared with.
        reference: the data set, its classifier and its extractor.
        sampler: made the generated images; None if real ones stand in for them.
        k: number of neighbours, if the metric uses them.
        classes: classes with enough real and fake images, if the metric works within classes.
    """

    fake: "Images"
    real: "Images"
    reference: "Reference"
    sampler: "Sampler | None" = None
    k: int = 0
    classes: tuple[int, ...] = ()

    def features(self, of: "Features | None" = None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Features of the real and the fake images, float32 [N, D] and [M, D].

        They are `of` the chosen extractor by default.
        """
        of = of or self.reference.features
        return of.of(self.real, "real").features, self._of_fake(of).features

    def logits(self) -> NDArray[Any]:
        """The extractor's logits of the fake images, float32 [M, K]."""
        return self._of_fake(self.reference.features).logits

    def _of_fake(self, of: "Features") -> Any:
        return of.of(self.fake, "generated", keep=self.sampler is None)


@dataclass(frozen=True)
class Measured:
    """Values by name, the first of which is the metric itself, and a value for each class."""

    values: Mapping[str, float]
    by_class: Mapping[int, float] = field(default_factory=dict)


Measure = Callable[[Comparison], Measured]


@dataclass(frozen=True)
class Entry:
    """A metric without count, split and k: its function, its note in tables; see `register`."""

    pattern: str
    group: Group
    better: Better
    needs: Needs
    measure: Measure
    about: str
    split: str = "val"
    real: Literal["as many", "all", "none"] = "as many"
    least: int = 1
    in_class: int = 0
    k: int = 0

    def name(self, count: int) -> str:
        """The metric's name for `count` images, with the default split and k."""
        return self.pattern.format(count=short(count), split=self.split, k=f"k{self.k}")


ENTRIES: list[Entry] = []  # in the order of tables and measurements


def register(
    pattern: str,
    group: Group,
    better: Better,
    needs: Needs = frozenset(),
    **options: Any,
) -> Callable[[Measure], Measure]:
    """Register a metric: decorates the function that computes it; tables quote its docstring.

    Args:
        pattern: pattern of its names, from `{count}` of generated images, `{split}` and `{k}`.
        group: the table that lists it; `usual` names at most 1,000 images for `copying`.
        better: where its first value improves: `lower`, `higher`, or towards `one`.
        needs: any of `features`, `logits`, `gan`, `autoencoder`, `classifier`; by default pixels
            only.
        options: `split` ("val") of the real images, if the name does not give it; `real`: the
            split's first ones, "as many" as generated ones, or "all" or "none"; `least` (1): the
            minimum number of real and of fake images, at least k + 1; `in_class`: the same of each
            class, 0 if it ignores classes; `k`: default number of neighbours.

    Raises:
        ValueError: the pattern is taken, or the function has no docstring.
    """

    def add(measure: Measure) -> Measure:
        about = " ".join((measure.__doc__ or "").split()).rstrip(".")
        if not about or pattern in (entry.pattern for entry in ENTRIES):
            raise ValueError(f"The metric {pattern} needs a docstring and a pattern of its own.")
        ENTRIES.append(Entry(pattern, group, better, needs, measure, about, **options))
        return measure

    return add


# ---- names --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Metric:
    """A metric with its protocol.

    Attributes:
        name: today's name of this protocol, even if a former one was given.
        count: number of generated images; 0 if it uses none.
        k: number of neighbours; 0 if it uses none.
    """

    name: str
    entry: Entry
    count: int
    split: str
    k: int

    @property
    def least(self) -> int:
        """Minimum number of real and of fake images."""
        return max(self.entry.least, self.k + 1)

    @property
    def in_class(self) -> int:
        """Minimum number of real and of fake images per class; 0 if it ignores classes."""
        return max(self.entry.in_class, self.k + 1) if self.entry.in_class else 0


def metric(name: str) -> Metric:
    """The metric of a present or former name; InputError lists the metrics."""
    for entry in ENTRIES:
        if match := re.fullmatch(entry.pattern.format(**PARTS), todays(name)):
            part = {"count": "0", "split": entry.split, "k": "0"} | match.groupdict()
            count, split, k = int(part["count"].replace("k", "000")), part["split"], int(part["k"])
            known = entry.pattern.format(count=short(count), split=split, k=f"k{k}")
            return Metric(known, entry, count, split, k)
    names = [entry.name(10_000) for entry in ENTRIES]
    hint = meant(name, names)
    raise InputError(f"There is no metric {name!r}{hint}: use names such as {', '.join(names)}.")


def todays(name: str) -> str:
    """Present name of a metric or of one of its values."""
    stem, *numbers = re.split(r"_(?=\d)", name, maxsplit=1)
    return "_".join([RENAMED.get(stem, stem), *numbers])


def usual(train: int, val: int, validation: int, most: int = COUNTS[0]) -> list[str]:
    """A name of every metric, with a count that real images of the other split can stand in for.

    Args:
        train, val: number of images in each split.
        validation: number of training images that choose the width of Parzen windows, and so
            cannot stand in for generated ones.
        most: maximum number of generated images.
    """
    names = []
    for entry in ENTRIES:
        spare = min(most, max(1, train - validation if entry.split == "val" else val))
        count = next((n for n in COUNTS if n <= spare), spare)
        names.append(entry.name(min(count, COPIES) if entry.group == "copying" else count))
    return names


def short(count: int) -> str:
    """10,000 -> `10k`."""
    return f"{count // 1_000}k" if count % 1_000 == 0 else str(count)


def check_asked(metrics: Iterable[str], extractor: str = "") -> None:
    """Raise InputError for an unknown metric or a wrong SPEC of an extractor."""
    for name in metrics:
        metric(name)
    if extractor:
        check_extractor(extractor)


def check_seeds(seeds: Sequence[int]) -> None:
    """Raise InputError for a seed that is out of range."""
    if not seeds or not all(0 <= seed < LARGEST for seed in seeds):
        given = " ".join(map(str, seeds)) or "nothing"
        raise InputError(f"--seeds takes whole numbers from 0 to {LARGEST - 1:,}, not {given}.")
