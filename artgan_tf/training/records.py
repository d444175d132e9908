"""What a run writes while it trains: history, TensorBoard, the losses plot, sample grids."""

from functools import cached_property

import numpy as np
from tensorboardX import SummaryWriter

from artgan_tf.painter import Painter
from artgan_tf.runs.directory import RunDirectory


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
    def writer(self) -> SummaryWriter:
        """TensorBoard's; of a cluster's workers only that makes one which writes.

        What a killed run told of later steps is purged, as from the history.
        """
        suffix = f".{self.start:08d}"  # two starts within a second would share a file
        folder = str(self.run.tensorboard)
        return SummaryWriter(folder, purge_step=self.start + 1, filename_suffix=suffix)

    def scalars(self, row: dict[str, float]) -> None:
        """One history row (`step` and named values), to the history and TensorBoard."""
        self.run.append_history(row)
        for name, value in row.items():
            if name != "step":
                self.writer.add_scalar(name.replace("_", "/", 1), value, int(row["step"]))
        self.writer.flush()  # a kill takes nothing that the history has

    def samples(self, step: int) -> str:
        """Paint the grid (and the magnified one) of this step; gives the picture's path."""
        self.painter.refresh()
        path = self.run.samples / f"step_{step:06d}.png"
        grid = self.painter.grid()
        grid.save(path)
        if self.painter.gan.config.model.magnify:
            self.painter.grid(magnified=True).save(path.with_stem(path.stem + "_magnified"))
        self.writer.add_image("samples", np.asarray(grid), step, dataformats="HWC")
        self.plot_losses()
        self.writer.flush()
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
        figure.savefig(self.run.losses_plot, dpi=100)
