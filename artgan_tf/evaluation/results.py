"""Results with everything needed to compare them, as lines of JSON and as tables."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from artgan_tf import __version__
from artgan_tf.evaluation.registry import todays
from tfrecords_tools.common import files

REAL = "real images"
SPREAD = ("std", "standard_error", "sigma")  # values that tables leave out


@dataclass(frozen=True)
class Result:
    """The value of a metric for one set of images.

    Attributes:
        values: values by name, the first of which is the metric itself.
        model: source of the images, such as a run's directory; `REAL` in the reference row.
        generated, real: number of generated and real images compared.
        by_class: value of each class, by the class's name.
        weights: `ema` or `raw`; empty for real images, whose `step` and `seed` are 0.
        data, data_sha256: SPEC of the real images, and hash of their pixels and labels.
        extractor: name, protocol and sha256; empty if no features are used.
        version, commit: of this program.
    """

    metric: str
    values: Mapping[str, float]
    model: str
    generated: int
    real: int
    by_class: Mapping[str, float] = field(default_factory=dict)
    weights: str = ""
    step: int = 0
    seed: int = 0
    data: str = ""
    data_sha256: str = ""
    extractor: Mapping[str, str] = field(default_factory=dict)
    version: str = __version__
    commit: str = ""

    @property
    def column(self) -> tuple[Any, ...]:
        """Key of a column: two figures with equal keys may be compared."""
        extractor = (self.extractor.get(key) for key in ("extractor", "protocol", "sha256"))
        return self.metric, self.generated, self.real, self.data_sha256, *extractor

    @property
    def row(self) -> tuple[str, str, int]:
        """Key of a row: model, weights and step, but not the seed."""
        return self.model, self.weights, self.step


def append(file: Path, result: Result) -> None:
    """Append a line of JSON, on a new line even if a kill truncated the last one."""
    line = json.dumps(asdict(result), allow_nan=False) + "\n"
    cut_short = file.is_file() and file.read_bytes()[-1:] not in (b"", b"\n")
    files.append(file, ("\n" * cut_short + line).encode())


def read(file: Path) -> list[Result]:
    """All results of a file, under today's names; a line truncated by a kill is skipped."""
    if not file.is_file():
        return []
    lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
    return [from_json(row) for line in lines if (row := _row(line))]


def newest(results: Sequence[Result]) -> list[Result]:
    """The results without repeats: the last value of each measurement, in its first position."""
    return list({(result.column, result.row, result.seed): result for result in results}.values())


def from_json(row: Mapping[str, Any]) -> Result:
    """The result that `dataclasses.asdict` gave, under today's names."""
    values = {todays(name): value for name, value in row["values"].items()}
    return Result(**{**row, "metric": todays(row["metric"]), "values": values})


def _row(line: str) -> dict[str, Any] | None:
    try:
        return json.loads(line)
    except ValueError:
        return None


@dataclass(frozen=True)
class Column:
    """Figures that may be compared, and their heading."""

    metric: str
    value: str
    generated: int
    real: int
    extractor: str
    cells: Mapping[tuple[str, str, int], str]


def columns(results: Sequence[Result]) -> list[Column]:
    """A column for each value of each protocol, data and extractor, in the order they came.

    A cell is the newest result, or the mean and standard deviation over seeds.
    """
    found, results = [], newest(results)
    for key in dict.fromkeys(result.column for result in results):
        alike = [result for result in results if result.column == key]
        first, rows = alike[0], dict.fromkeys(result.row for result in alike)
        extractor = first.extractor.get("extractor", "")
        for value in (name for name in first.values if name not in SPREAD):
            cells = {row: _cell([r for r in alike if r.row == row], value) for row in rows}
            found.append(Column(first.metric, value, first.generated, first.real, extractor, cells))
    return found


def _cell(results: list[Result], value: str) -> str:
    figures = [result.values[value] for result in results]
    if len(figures) == 1:
        return _figure(figures[0])
    mean, spread = _figure(np.mean(figures)), _figure(np.std(figures, ddof=1))
    return f"{mean} ± {spread} ({len(figures)} seeds)"


def _figure(value: Any) -> str:
    """A number with four significant digits."""
    return f"{float(value):,.0f}" if abs(value) >= 1_000 else f"{float(value):.4g}"


def text_table(results: Sequence[Result]) -> str:
    """A table with a line per figure and a column per model, and below it what they mean."""
    from tabulate import tabulate

    rows = list(dict.fromkeys(result.row for result in results))
    lines = [
        [c.metric, c.value, c.extractor, f"{c.generated:,} / {c.real:,}"]
        + [c.cells.get(row, "") for row in rows]
        for c in columns(results)
    ]
    heads = ["metric", "value", "features", "generated / real", *map(title, rows)]
    return "\n".join([tabulate(lines, heads, disable_numparse=True), "", *_explained(results)])


def _explained(results: Sequence[Result]) -> list[str]:
    """A line of explanation for each column."""
    names = {result.extractor.get("extractor", "") for result in results}
    own = [f"; {name} is a small one, trained on the real images" for name in names if is_own(name)]
    there = {result.model for result in results} | {result.weights for result in results}
    lines = {
        "metric, value": "what was measured, and which figure of it (docs/evaluation.md)",
        "features": f"the network that looks at the pictures{''.join(own)}",
        "generated / real": "how many pictures were compared",
        REAL: "what other real ones get in the model's place",
        "ema": "weights averaged over the training",
        "raw": "weights of the last step",
    }
    left_out = {REAL, "ema", "raw"} - there
    return [f"{name:20}{what}" for name, what in lines.items() if name not in left_out]


def is_own(extractor: str) -> bool:
    """Whether the extractor is the classifier that an evaluation trains on the real images."""
    return extractor.startswith("classifier")


def title(row: tuple[str, str, int]) -> str:
    """Name of a row."""
    model, weights, step = row
    return f"{model}, {weights}, step {step:,}" if weights else model


@cache
def commit() -> str:
    """Commit of the source tree, with `+` if it has changes; empty outside a repository."""
    tree = Path(__file__).parents[2]
    if not (tree / ".git").exists():
        return ""
    git = ["git", "-C", str(tree)]
    try:
        head = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True)
        changes = subprocess.check_output([*git, "status", "--porcelain", "-uno"], text=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.strip() + "+" * bool(changes.strip())
