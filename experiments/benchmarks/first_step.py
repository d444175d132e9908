"""Times what `fit` does before its first step, in a separate process, for `start_time`.

    python -m experiments.benchmarks.first_step PRESET=SPEC SECONDS_SINCE_1970

The last line it prints is JSON: wall time and CPU time of each stage, in seconds.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any
from unittest.mock import patch

from artgan_tf import cli
from artgan_tf.config import resolve
from experiments.benchmarks.measuring import Run

STAGES = ("import", "data", "build", "first batch", "trace", "first step")


class Enough(Exception):
    """Raised after the first step."""


class Stages(dict[str, Run]):
    """Seconds by stage; a stage may run several times."""

    def add(self, name: str, wall: float, cpu: float) -> None:
        """Add seconds to a stage; they may be negative."""
        before = self.get(name, Run(0.0, 0.0))
        self[name] = Run(before.wall + wall, before.cpu + cpu)

    def clocked(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function and add its time to a stage; returns its result."""
        wall, cpu = time.time(), time.process_time()
        try:
            return function(*arguments)
        finally:
            self.add(name, time.time() - wall, time.process_time() - cpu)


def main(run: str, spawned: float) -> None:
    """Train for one step and print the times."""
    stages, (preset, _, spec) = Stages(), run.partition("=")
    cli.start_tensorflow()
    from artgan_tf.training import tensorflow_engine, train

    stages.add("import", time.time() - spawned, time.process_time())
    config = resolve(preset, {"data.spec": spec, "data.classes": 0} if spec else {})
    opened = partial(stages.clocked, "data", train.open_source)
    kept = partial(stages.clocked, "data", tensorflow_engine.in_memory)
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.multiple(train, Loop=partial(one_step, stages), open_source=opened),
        patch.object(tensorflow_engine, "in_memory", kept),
        suppress(Enough),
    ):
        stages.clocked("build", train.train, config, f"{folder}/run")
    print(json.dumps(apart(stages)))


def one_step(stages: Stages, **parts: Any) -> Any:
    """A loop that raises `Enough` after one step."""
    from artgan_tf.training.loop import Loop

    class Clocked(Loop):
        def run(self) -> None:
            engine: Any = self.engine
            batch = stages.clocked("first batch", next, self.batches)
            stages.clocked("trace", engine._train.get_concrete_function, batch)
            stages.clocked("first step", engine.train, batch)
            raise Enough

    return Clocked(**parts)


def apart(stages: Stages) -> Stages:
    """Each stage without its nested stages: all but the import are nested in the building."""
    for name in set(stages) - {"import", "build"}:
        stages.add("build", -stages[name].wall, -stages[name].cpu)
    return stages


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
