"""What a run writes while it trains: history, TensorBoard, the losses plot, sample grids."""

from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from artgan_tf.painter import Painter
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.training.events import Events
from tfrecords_tools import files


class Records:
    """Writes into a run's directory.

    Args:
        run: the directory.
        painter: paints the sample grids.
        start: the step that the run goes on from.
    """

    def __init__(self, run: RunDirectory, painter: Painter, start: int):
        self.run, self.painter, self.start = run, painter, start

    @cached_property
    def events(self) -> Events:
        """TensorBoard's; of a cluster's workers only that makes one which writes."""
        return Events(self.run.tensorboard, self.start)

    @property
    def painted(self) -> bool:
        """Whether there is a grid of this run."""
        return any(self.run.samples.glob("step_*.png"))

    def scalars(self, row: dict[str, float]) -> None:
        """One history row (`step` and named values), to the history and TensorBoard.

        Raises NotWritten; it is kept, and written with the next one.
        """
        for name, value in row.items():
            if name != "step":
                self.events.scalar(name.replace("_", "/", 1), value, int(row["step"]))
        try:
            self.run.append_history(row)
        finally:
            self.events.flush()

    def samples(self, step: int) -> str:
        """Paint the grid (and the magnified one) of this step; gives the picture's path."""
        self.painter.refresh()
        path = self.run.samples / f"step_{step:06d}.png"
        grid = self.painter.grid()
        _save(grid, path)
        if self.painter.gan.config.model.magnify:
            _save(self.painter.grid(magnified=True), path.with_stem(path.stem + "_magnified"))
        self.events.image("samples", np.asarray(grid), step)
        self.plot_losses()
        self.events.flush()
        return str(path)

    def plot_losses(self) -> None:
        """`losses.png`: both losses and their terms over the steps, held-out figures below."""
        from matplotlib.figure import Figure  # without pyplot: no display, no global state

        rows = self.run.history()
        if not rows:
            return
        figure = Figure(figsize=(9, 9))
        # Fixed, because a layout found by matplotlib takes as long as the drawing.
        figure.subplots_adjust(left=0.09, right=0.98, bottom=0.06, top=0.98, hspace=0.08)
        for axes, prefix in zip(figure.subplots(3, sharex=True), ("d_", "g_", "val_"), strict=True):
            for name in dict.fromkeys(n for row in rows for n in row if n.startswith(prefix)):
                points = [(row["step"], row[name]) for row in rows if name in row]
                width = 2.0 if name.endswith("_loss") else 1.0
                axes.plot(*zip(*points, strict=True), label=name, linewidth=width)
            axes.set_ylabel({"d_": "D", "g_": "G", "val_": "held out"}[prefix])
            axes.grid(alpha=0.3)
            if axes.lines:
                axes.legend(loc="upper right", fontsize="small")
        axes.set_xlabel("step")
        with files.written(self.run.losses_plot) as part:
            figure.savefig(part, format="png", dpi=100)


def _save(grid: Image.Image, path: Path) -> None:
    with files.written(path) as part:
        grid.save(part, format="png")
