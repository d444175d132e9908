"""The registry of metrics, each named with its protocol: `fid_10k_val`, `precision_recall_1k_k3`.

A name says what is computed, of how many generated images, against which split, and with which k.
A figure is that of its name only for as many images and the same extractor and data, so that
results keep all of these (`results.py`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from artgan_tf.config import InputError
from artgan_tf.evaluation.kinds import KINDS, Kind, short
from artgan_tf.metrics.extractor_specs import check_extractor
from tfrecords_tools.common.errors import meant

PARTS = {
    "count": r"(?P<count>[1-9]\d*k?)",
    "split": "(?P<split>train|val)",
    "k": r"k(?P<k>[1-9]\d*)",
}
COUNTS = (10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50)  # what `usual` chooses from
LARGEST = 2**31  # of seeds, so that the latents' numbers fit 64 bits
COPIES = 1_000  # generated images that are looked at one by one


@dataclass(frozen=True)
class Metric:
    """A metric with its protocol.

    Attributes:
        name: the one of this protocol, however it was asked for.
        kind: what it computes.
        count: generated images; 0 where none are looked at.
        split: of the real images.
        k: of neighbours; 0 where it has none.
    """

    name: str
    kind: Kind
    count: int
    split: str
    k: int

    @property
    def least(self) -> int:
        """Images of either kind that it needs."""
        return max(self.kind.least, self.k + 1)

    @property
    def in_class(self) -> int:
        """Images of either kind that a class needs; 0 where it does not look at each class."""
        return max(self.kind.in_class, self.k + 1) if self.kind.in_class else 0


def metric(name: str) -> Metric:
    """The metric of a name; InputError names the patterns there are."""
    for kind in KINDS:
        if match := re.fullmatch(kind.pattern.format(**PARTS), name):
            part = {"count": "0", "split": kind.split, "k": "0"} | match.groupdict()
            count, split, k = number(part["count"]), part["split"], int(part["k"])
            known = kind.pattern.format(count=short(count), split=split, k=f"k{k}")
            return Metric(known, kind, count, split, k)
    usual_names = [kind.name(10_000) for kind in KINDS]
    hint = meant(name, usual_names)
    raise InputError(
        f"There is no metric {name!r}{hint}: take names such as {', '.join(usual_names)}."
    )


def usual(train: int, val: int, validation: int, most: int = COUNTS[0]) -> list[str]:
    """Every kind of metric, of as many images as real ones of the other split can stand in for.

    Args:
        most: generated images.
        train, val: images of either split.
        validation: training images that choose the width of Parzen windows and stand in for none.
    """
    names = []
    for kind in KINDS:
        spare = min(most, max(1, train - validation if kind.split == "val" else val))
        count = next((n for n in COUNTS if n <= spare), spare)
        names.append(kind.name(min(count, COPIES) if kind.group == "copying" else count))
    return names


def number(text: str) -> int:
    """`10k` -> 10,000."""
    return int(text.removesuffix("k")) * (1_000 if text.endswith("k") else 1)


def check_asked(metrics: Iterable[str], extractor: str = "") -> None:
    """Raises InputError for names of metrics, or an extractor's SPEC, that are none."""
    for name in metrics:
        metric(name)
    if extractor:
        check_extractor(extractor)


def check_seeds(seeds: Sequence[int]) -> None:
    """Raises InputError for seeds that latents cannot have."""
    if not seeds or not all(0 <= seed < LARGEST for seed in seeds):
        given = " ".join(map(str, seeds)) or "nothing"
        raise InputError(f"--seeds takes whole numbers from 0 to {LARGEST - 1:,}, not {given}.")
