"""Draws `losses.png`: a run's curves, each with its healthy range and how to read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from artgan_tf.config import Config
from artgan_tf.training import signs

INCHES, LEFT, RIGHT, ABOVE, BELOW = (10.0, 2.6), 0.8, 1.9, 0.5, 0.3  # of a plot, in inches
HEALTHY = "#4c9f70"
Points = list[tuple[int, float]]


@dataclass(frozen=True)
class Plot:
    """A plot: title, how to read it, points (step, value) by curve, range of healthy runs."""

    title: str
    reading: str
    lines: Mapping[str, Points]
    healthy: tuple[float, float] | None = None


def plots(rows: Sequence[Mapping[str, float]], config: Config, classes: int) -> list[Plot]:
    """Plots of a history's figures: D's balance, both losses, and held-out figures."""
    balances = ((int(row["step"]), signs.balance(row, config)) for row in rows)
    balance = [(step, found) for step, found in balances if found is not None]
    (low, high), won = signs.BALANCED, signs.WON
    shown = [
        Plot(
            "D against G",
            f"1: D guesses; 0: D is never wrong. Below {won:g} D wins and teaches G nothing.",
            {"balance": balance} if balance else {},
            (low, high),
        ),
        Plot(
            "D's loss and its terms",
            "They fall at first, then change little, as G learns too; d_class keeps falling.",
            _of(rows, "d_"),
        ),
        Plot("G's loss and its terms", "They need not fall, as D learns too.", _of(rows, "g_")),
        Plot(
            "Held-out images that D gives their class",
            f"It rises, from {1 / classes:.0%} by guessing. If it falls, D overfits.",
            _of(rows, "val_accuracy") if classes > 1 else {},
            (1 / classes, 1.0),
        ),
        Plot(
            "Overfitting of D",
            "0: held-out images are like training images to D; 1: they are like fakes.",
            _of(rows, "val_overfitting"),
            (0.0, signs.OVERFITTING),
        ),
        Plot("Held-out reconstruction", "It falls.", _of(rows, "val_reconstruction")),
    ]
    return [plot for plot in shown if plot.lines]


def _of(rows: Sequence[Mapping[str, float]], prefix: str) -> dict[str, Points]:
    names = dict.fromkeys(name for row in rows for name in row if name.startswith(prefix))
    return {n: [(int(row["step"]), row[n]) for row in rows if n in row] for n in names}


def draw(shown: Sequence[Plot]) -> Any:
    """Draw one or more plots below each other; returns a matplotlib Figure."""
    from matplotlib.figure import Figure  # without pyplot: no display, no global state

    width, height = INCHES[0], INCHES[1] * len(shown) + BELOW
    figure = Figure(figsize=(width, height))
    last = max(x for plot in shown for points in plot.lines.values() for x, _ in points) + 1
    # The layout is fixed because matplotlib's own takes as long as the drawing.
    for number, plot in enumerate(shown):
        bottom = BELOW + INCHES[1] * (len(shown) - 1 - number) + 0.3
        inner = width - LEFT - RIGHT, INCHES[1] - ABOVE - 0.3
        place = LEFT / width, bottom / height, inner[0] / width, inner[1] / height
        axes = figure.add_axes(place)
        _draw(plot, axes)
        axes.set_xlim(0, last)
    axes.set_xlabel("step")
    return figure


def _draw(plot: Plot, axes: Any) -> None:
    few = max(map(len, plot.lines.values())) < 20
    for name, points in plot.lines.items():
        thick = name.endswith("_loss") or len(plot.lines) == 1
        axes.plot(*zip(*points, strict=True), label=name, lw=1 + thick, marker="." * few)
    if plot.healthy:
        axes.axhspan(*plot.healthy, color=HEALTHY, alpha=0.15, lw=0, label="healthy runs")
        axes.set_ylim(-0.03, max(1.0, *plot.healthy))
    axes.set_title(plot.title, loc="left", fontsize="medium", fontweight="bold", y=1.1)
    axes.text(0, 1.04, plot.reading, transform=axes.transAxes, fontsize="small", color="#555")
    axes.grid(alpha=0.3)
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize="small", borderaxespad=0
    )
