"""Curves of a run's history: losses, held-out figures, and metrics watched during training."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from artgan_tf.evaluation.registry import todays
from tfrecords_tools.common.lettering import families

LOSSES = {"d_": "discriminator's loss and its terms", "g_": "generator's loss and its terms"}
FIGURES = {"val_": "held out: ", "metric_": ""}
GREY = "#808890"  # legible on white and on black
COLOURS = ("#3d85c6", "#d9822b", "#4c9f70", "#c75b63", "#8f78c9", "#8a7550")
STYLES = ("-", "--", ":", "-.")  # the next style begins once all colours are used
INCHES, DPI = (3.3, 2.5), 180
LEGENDS = {
    "below": {"loc": "upper left", "bbox_to_anchor": (-0.02, -0.12), "ncols": 2},
    "right": {"loc": "upper left", "bbox_to_anchor": (1.02, 1.04), "ncols": 1},
}


@dataclass
class Panel:
    """One pair of axes: its title, and steps and values of each line by name."""

    title: str
    lines: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    @property
    def once(self) -> str:
        """The values in words if they are all of one step and make no curve; else empty."""
        if any(len(points) > 1 for points in self.lines.values()):
            return ""
        (step, value), *_ = next(iter(self.lines.values()))
        values = f"{value:.3g}"
        if len(self.lines) > 1:
            values = ", ".join(f"{name} {row[0][1]:.3g}" for name, row in self.lines.items())
        return f"{self.title} {values} at step {step:,}"


def panels(history: Iterable[Mapping[str, Any]]) -> list[Panel]:
    """A panel for each network's losses, each held-out figure and each metric."""
    found: dict[str, Panel] = {}
    for row in history:
        for key, value in row.items():
            if place := _place(key):
                title, name = place
                panel = found.setdefault(title, Panel(title))
                panel.lines.setdefault(name, []).append((row["step"], value))
    return list(found.values())


def _place(key: str) -> tuple[str, str] | None:
    """Panel title and line name for a key of the history; None if it is not drawn."""
    for prefix, title in LOSSES.items():
        if key.startswith(prefix):
            return title, key.removeprefix(prefix)
    for prefix, title in FIGURES.items():
        if key.startswith(prefix):
            metric, _, value = key.removeprefix(prefix).partition(".")
            return title + todays(metric), value or _first_value(todays(metric))
    return None


def _first_value(metric: str) -> str:
    """`kid_1k_val` -> `kid`; `precision_recall_1k_k3` -> `precision`, whose second is `recall`."""
    stem = re.split(r"_(?=\d)", metric, maxsplit=1)[0]
    return stem.removesuffix("_recall").removesuffix("_coverage")


def draw(
    shown: Sequence[Panel], inches: tuple[float, float] = INCHES, legend: str = "below"
) -> Any:
    """A matplotlib Figure of panels of a width and height in inches, one below the other.

    The legend is `below` the axes, for a few lines with short names, or to the `right`.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure  # without pyplot: no display, no global state

    width, height = inches
    figure = Figure(figsize=(width, height * len(shown)), dpi=DPI, layout="constrained")
    words = "".join(word for panel in shown for word in (panel.title, *panel.lines))
    with rc_context({"font.family": families(words), "text.parse_math": False}):
        for panel, axes in zip(shown, figure.subplots(len(shown), squeeze=False).flat, strict=True):
            _draw(panel, axes, LEGENDS[legend])
    return figure


def _draw(panel: Panel, axes: Any, legend: Mapping[str, Any]) -> None:
    from matplotlib.rcsetup import cycler
    from matplotlib.ticker import EngFormatter

    axes.set_prop_cycle(cycler(linestyle=STYLES) * cycler(color=COLOURS))
    for name, points in panel.lines.items():
        few = len(points) < 20
        width = 2.0 if name == "loss" or len(panel.lines) == 1 else 1.0
        axes.plot(*zip(*points, strict=True), label=name, linewidth=width, marker="." * few)
    axes.set_title(panel.title, loc="left", fontsize="medium", color=GREY)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))  # 20k
    axes.tick_params(colors=GREY)
    axes.grid(color=GREY, alpha=0.25)
    axes.spines[:].set_visible(False)
    axes.patch.set_visible(False)
    if len(panel.lines) > 1:
        axes.legend(**legend, fontsize="small", labelcolor=GREY, framealpha=0)
