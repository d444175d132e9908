"""Writes a run's records while it trains: history, TensorBoard, losses plot, sample grids."""

import io
import socket
import time
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image
from tensorboardX import summary
from tensorboardX.proto.event_pb2 import Event, SessionLog

from artgan_tf.runs.directory import RunDirectory
from artgan_tf.sampler import Sampler
from artgan_tf.training import plot
from tfrecords_tools.common import files
from tfrecords_tools.records import write_record


class Events:
    """Collects points and images, and writes them to a TensorBoard file in `folder` on `flush`.

    The run resumes from step `start`; TensorBoard then drops later steps of older files.
    tensorboardX's own writer has a thread, which dies for good on a full disk and loses events when
    the process is killed.
    """

    def __init__(self, folder: Path, start: int):
        # Without the step, two starts within a second would share a file.
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{start:08d}"
        self.file, self._waiting = folder / name, b""
        self._add(Event(file_version="brain.Event:2"))
        self._add(Event(session_log=SessionLog(status=SessionLog.START)), start + 1)

    def scalar(self, name: str, value: float, step: int) -> None:
        """Add a point to a curve."""
        self._add(Event(summary=summary.scalar(name, value)), step)

    def image(self, name: str, pixels: np.ndarray, step: int) -> None:
        """Add an image, uint8 [H, W, 3]."""
        self._add(Event(summary=summary.image(name, pixels, dataformats="HWC")), step)

    def flush(self) -> None:
        """Write what has been collected; on NotWritten the next call tries again."""
        with files.telling(self.file):
            self.file.parent.mkdir(exist_ok=True)
        files.append(self.file, self._waiting)
        self._waiting = b""

    def _add(self, event: Event, step: int = 0) -> None:
        event.wall_time, event.step = time.time(), step
        stream = io.BytesIO()
        write_record(stream, event.SerializeToString())
        self._waiting += stream.getvalue()


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

    def picture(self, step: int) -> Path:
        """The file of a step's grid."""
        return self.run.samples / f"step_{step:06d}.png"

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
        path = self.picture(step)
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
        shown = plot.plots(self.run.history(), sampler.gan.config, len(sampler.class_names))
        if shown:
            with files.written(self.run.losses_plot) as part:
                plot.draw(shown).savefig(part, format="png", dpi=100)


def _save(grid: Image.Image, path: Path) -> None:
    with files.written(path) as part:
        grid.save(part, format="png")
