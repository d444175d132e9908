"""The training loop: steps, what happens between them, and signals that ask it to stop."""

import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from tqdm import tqdm

from artgan_tf.config import Config, RunError
from artgan_tf.data.source import DamagedData
from artgan_tf.gan import GAN
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.runs.steps import latest_step
from artgan_tf.training.engine import Engine
from artgan_tf.training.expectation import Clock, Expectation
from artgan_tf.training.health import Health
from artgan_tf.training.logger import RunLogger
from artgan_tf.training.overfitting import Overfitting
from artgan_tf.training.summary import line
from artgan_tf.training.watch import Watch, figures
from tfrecords_tools.common.files import NotWritten

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SAID = b"\nsaving ... after the step in hand (Ctrl-C again ends at once)\n"
FIRST = 40.0  # seconds of training before the first picture, if none is due sooner


class Interruption:
    """A context in which the first signal sets `requested`; a second Ctrl-C ends at once.

    `by_hand` tells whether the first one was Ctrl-C.
    """

    def __init__(self) -> None:
        self.requested = self.by_hand = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._take) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self.requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not self.requested:
            os.write(2, SAID)  # print() is not safe here: a print may be under way
            self.by_hand = number == signal.SIGINT
        self.requested = True


@dataclass
class Loop:
    """Runs a GAN from one step to another; every interval is counted in absolute steps.

    `batches` begin with the first step to do, `steps` is the last one, and `tell` prints a line
    without breaking the progress bar.
    """

    config: Config
    gan: GAN
    engine: Engine
    batches: Iterator[Any]
    held_out: Iterable[Any]
    checkpoints: Checkpoints
    logger: RunLogger
    watch: Watch
    overfitting: Overfitting
    health: Health
    interruption: Interruption
    steps: int
    clock: Clock
    tell: Callable[[str], None]

    def run(self) -> None:
        """Train to the end, or until a signal asks to stop; the state is saved either way.

        Raises RunError if a loss is not finite, D has collapsed or the last files cannot be
        written, DamagedData if an image cannot be read, and what `Engine.train` raises.
        """
        start = self.gan.steps_done
        self._untold: tuple[int, Any] | None = None  # step and sums of a row yet to be recorded
        self._recorded = start, self.clock.seconds
        wait = 0.0 if self.logger.has_grid else FIRST
        # Training time at which the first picture is due; drawing it does not affect training.
        self._first = math.inf
        self._pictured = 0  # the step of the newest grid
        expectation = Expectation(self.steps, wait, self.tell)
        self.clock.start()
        with bar(start, self.steps) as self._bar:
            for step in range(start + 1, self.steps + 1):
                try:
                    self._step(step)
                except DamagedData:
                    self._pause(self._save)  # a damaged shard must not cost the training so far
                    raise
                if self.engine.agree(self.interruption.requested):
                    self._pause(self._save, self._sample)
                    break
                expectation.update(step)
                if wait and step == start + 1:  # the step is compiled now
                    self._first = self.clock.seconds + wait

    def _step(self, step: int) -> None:
        self.engine.train(next(self.batches))
        advance(self._bar)
        if self.engine.writes:
            self._between_steps(step, last=step == self.steps)

    # ---- between steps ------------------------------------------------------------------------
    def _between_steps(self, step: int, last: bool) -> None:
        self._do(self._record, step=step)  # while the next step is being computed
        every = self.config.log
        due = {
            self._validate: every.validate_every,
            self._sample: every.sample_every,
            self._save: every.checkpoint_every,
        }
        if self.watch.metrics:
            due[self._measure] = every.metrics_every
        now = [action for action, interval in due.items() if last or step % interval == 0]
        if self.clock.seconds >= self._first and self._sample not in now:
            now.append(self._sample)
        if told := last or step % every.history_every == 0:
            self._untold = step, self.engine.take_sums()
        if now or (told and not self.engine.ahead):
            self._pause(*now, last=last)

    def _record(self, _: int) -> None:
        """Record the figures of the last due step, unless that has been done."""
        if not self._untold:
            return
        (step, sums), self._untold = self._untold, None
        means = self.gan.train_means.result(sums)
        done, before = self._recorded
        elapsed = max(self.clock.seconds - before, 1e-9)
        rate = (step - done) * self.config.train.batch_size / elapsed
        self._recorded = step, self.clock.seconds
        row = {"step": step} | means
        row |= {"images_per_second": round(rate, 1)} | self._times()
        self._bar.set_postfix_str(
            f"D {means['d_loss']:.3f} G {means['g_loss']:.3f} {rate:.0f} images/s"
        )
        self.health.of_losses(step, means)
        self.logger.scalars(row)

    def _validate(self, step: int) -> None:
        self.gan.held_out_means.reset()
        self.engine.test(self.held_out)
        # Adapt at regular validations only, so that a longer run would do the same.
        due = step % self.config.log.validate_every == 0
        means = self.gan.held_out_means.result() | self.overfitting.measure(adapt=due)
        self.logger.scalars({"step": step} | {f"val_{name}": x for name, x in means.items()})
        self.health.of_validation(step, means)

    def _sample(self, step: int) -> None:
        self._first = math.inf
        if not self.engine.writes or step == self._pictured:
            return
        before, self._pictured = self.logger.has_grid, step
        self.health.of_grid(step, self.logger.samples(step))
        due = step - step % self.config.log.sample_every + self.config.log.sample_every
        if not before and step < self.steps:
            told = f"{self.logger.picture(step)}; the next at step {min(due, self.steps):,}"
            self.tell(line("picture", told))

    def _measure(self, step: int) -> None:
        results = self.watch.measure(self.logger.sampler)
        try:
            self.watch.save_best(results, self.checkpoints)
        finally:  # a full disk must not cost the figures
            self.logger.scalars({"step": step} | figures(results))

    def _save(self, step: int) -> None:
        if not self.engine.writes:
            return
        if self._recorded[0] != step:  # a resumed run counts on from this time
            self.logger.scalars({"step": step} | self._times())
        self.checkpoints.save()

    def _times(self) -> dict[str, float]:
        return {name: round(total, 1) for name, total in self.clock.totals.items()}

    def _pause(self, *actions: Callable[[int], None], last: bool = True) -> None:
        """Do actions between steps, which do not count as training time."""
        self.engine.settle()
        step = self.gan.steps_done  # waits for steps that are still being computed
        self.clock.stop()
        self._do(self._record, *actions, step=step, last=last)
        self.clock.start()

    def _do(self, *actions: Callable[[int], None], step: int, last: bool = False) -> None:
        """Do actions; if the disk is full, warn and go on, because stopping would lose the training
        since the last checkpoint. In the `last` pause, raise RunError instead."""
        faults = []
        for action in actions:
            try:
                action(step)
            except NotWritten as fault:
                faults.append(fault)
        if faults and last:
            kept = latest_step(self.checkpoints.folder)
            raise RunError(f"{faults[0]} The same command goes on from step {kept}.")
        if faults:
            told = f"warning: {faults[0]} It is tried again at the next interval."
            tqdm.write(told, file=sys.stderr)


def bar(start: int, steps: int) -> tqdm:
    """The progress bar of steps after `start`; it moves slowly, so as not to flood a log file."""
    return tqdm(
        desc="compiling the first step, a minute or two", total=steps, initial=start, unit="step",
        dynamic_ncols=True, mininterval=0.5, maxinterval=30,
    )  # fmt: skip


def advance(bar: tqdm) -> None:
    """Advance the bar by one step; the first step's time includes compiling and is ignored."""
    if not bar.desc:
        bar.update()
        return
    bar.n += 1
    bar.initial = bar.last_print_n = bar.n
    bar.unpause()
    bar.set_description()
