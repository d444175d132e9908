"""Writes a run's records while it trains: history, TensorBoard, losses plot, sample grids."""

from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from artgan_tf.runs.directory import RunDirectory
from artgan_tf.sampler import Sampler
from artgan_tf.training import plot
from artgan_tf.training.events import Events
from tfrecords_tools.common import files


class RunLogger:
    """Writes a run's records into its directory; the run resumes from step `start`."""

    def __init__(self, run: RunDirectory, sampler: Sampler, start: int):
        self.run, self.sampler, self.start = run, sampler, start

    @cached_property
    def events(self) -> Events:
        """TensorBoard's file, created on first use, and so only by the worker that writes."""
        return Events(self.run.tensorboard, self.start)

    @property
    def has_grid(self) -> bool:
        """Whether the run has a sample grid already."""
        return any(self.run.samples.glob("step_*.png"))

    def scalars(self, row: dict[str, float]) -> None:
        """Write a row (`step` and named values); on NotWritten it is written with the next one."""
        for name, value in row.items():
            if name != "step":
                self.events.scalar(name.replace("_", "/", 1), value, int(row["step"]))
        try:
            self.run.append_history(row)
        finally:
            self.events.flush()

    def samples(self, step: int) -> np.ndarray:
        """Draw and save a step's grids; returns the pictures, uint8 [classes, seeds, H, W, 3].

        Raises NotWritten if the disk is full.
        """
        self.sampler.refresh()
        path = self.run.samples / f"step_{step:06d}.png"
        pictures = self.sampler.grid_pictures()
        grid = self.sampler.named(pictures)
        _save(grid, path)
        if self.sampler.gan.config.model.magnify:
            _save(self.sampler.grid(magnified=True), path.with_stem(path.stem + "_magnified"))
        self.events.image("samples", np.asarray(grid), step)
        self.plot_losses()
        self.events.flush()
        return pictures

    def plot_losses(self) -> None:
        """Write `losses.png`: the history's curves, and how to read them."""
        sampler = self.sampler
        shown = plot.panels(self.run.history(), sampler.gan.config, len(sampler.class_names))
        if shown:
            with files.written(self.run.losses_plot) as part:
                plot.draw(shown).savefig(part, format="png", dpi=100)


def _save(grid: Image.Image, path: Path) -> None:
    with files.written(path) as part:
        grid.save(part, format="png")
