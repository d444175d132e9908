"""A training loop that alternates with the bare step and times both."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from artgan_tf.config import Config
from artgan_tf.papers import build_gan
from artgan_tf.training.engine import open_engine
from artgan_tf.training.loop import Loop
from artgan_tf.training.train import train
from experiments.benchmarks.measuring import Run

Spent = dict[str, list[Run]]  # by activity

METHODS = {
    "history": "_record",
    "validation": "_validate",
    "samples": "_sample",
    "checkpoint": "_save",
}


def clock() -> Run:
    """The present wall time and CPU time of this process."""
    return Run(time.perf_counter(), time.process_time())


def since(begun: Run) -> Run:
    """Time since a `clock()`."""
    now = clock()
    return Run(now.wall - begun.wall, now.cpu - begun.cpu)


def alternate(config: Config, turn: int, run_dir: Path) -> Spent:
    """Train, with turns of `fit` and of the bare step alternating.

    Returns:
        Times of each turn, as `fit` and `bare`, and of each activity between steps.
    """
    spent: Spent = defaultdict(list)
    with patch("artgan_tf.training.train.Loop", partial(Alternating, turn=turn, spent=spent)):
        train(config, run_dir)
    return spent


@dataclass
class Alternating(Loop):
    """A loop that runs as many bare steps after each `turn` steps.

    Args:
        turn: number of steps in a turn.
        spent: collects the times.
    """

    turn: int = 20
    spent: Spent = field(default_factory=dict)

    def run(self) -> None:
        """Train to the end."""
        self._bare = self._bare_step()
        for name, method in METHODS.items():
            setattr(self, method, partial(self._clocked, name, getattr(self, method)))
        self._in_turn, self._mark = Run(0.0, 0.0), clock()
        super().run()

    def _bare_step(self) -> Callable[[], Any]:
        """The step of a separate GAN on the run's first batch, which is in memory."""
        gan = build_gan(self.config, self.gan.num_classes)
        gan.compile()
        engine = open_engine(self.config)
        engine.compile(gan)
        return partial(engine.train, next(self.batches))

    def _between_steps(self, step: int, last: bool) -> None:
        passed = since(self._mark)
        self._in_turn = Run(self._in_turn.wall + passed.wall, self._in_turn.cpu + passed.cpu)
        super()._between_steps(step, last)
        if step % self.turn == 0:
            self.spent["fit"].append(self._in_turn)
            self._in_turn = Run(0.0, 0.0)
            self._clocked("bare", self._bare_turn)
        self._mark = clock()

    def _bare_turn(self) -> None:
        for _ in range(self.turn):
            self._bare()

    def _clocked(self, name: str, action: Callable[..., Any], *arguments: Any) -> None:
        begun = clock()
        action(*arguments)
        self.spent[name].append(since(begun))
