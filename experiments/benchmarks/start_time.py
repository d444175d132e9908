"""Time from the command to the first step of `fit`, by stage, and the time of `--help`.

    python -m experiments.benchmarks.start_time [PRESET=SPEC ...] [--turns 5]

Every run is a separate process. They alternate, after one turn that reads the files into memory;
figures are medians.  CPU time is summed over all cores.
"""

import json
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import tyro

from experiments.benchmarks import measuring
from experiments.benchmarks.first_step import STAGES
from experiments.benchmarks.measuring import Run, Times

VERBS = [
    *[f"artgan_tf.{verb}" for verb in ("fit", "sample", "evaluate", "export", "serve", "study")],
    "artgan_tf.data.benchmark",
    *[f"tfrecords_tools.{verb}" for verb in ("convert", "verify", "preview")],
]


def main(
    runs: tyro.conf.Positional[tuple[str, ...]] = ("demo",),
    *,
    turns: int = 5,
    out: Path | None = None,
) -> None:
    """Measure and print the results.

    Args:
        runs: PRESET=SPEC, or PRESET for the preset's own data.
        turns: number of runs of each.
        out: a JSON file for all figures.
    """
    known = measuring.machine()
    found: dict[str, Times] = {name: defaultdict(list) for name in (*runs, "--help")}
    for turn in range(turns + 1):
        for run in runs:
            for stage, took in first_step(run).items():
                found[run][stage] += [took] if turn else []
        for verb in VERBS:
            command = [sys.executable, "-m", verb, "--help"]
            took = measuring.clocked(command, measuring.all_cores())
            found["--help"][verb] += [took] if turn else []
    for name, times in found.items():
        print(f"\n{name}")
        measuring.print_table([["", "seconds", "of computing"], *map(row, times.items())])
    measuring.save(known | found, out)


def first_step(run: str) -> dict[str, Run]:
    """Times of the stages of `fit` in a separate process, and their total."""
    command = [sys.executable, "-m", "experiments.benchmarks.first_step", run, str(time.time())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{run} failed:\n{done.stderr[-2000:]}")
    stages = {name: Run(*took) for name, took in json.loads(done.stdout.splitlines()[-1]).items()}
    whole = Run(
        sum(took.wall for took in stages.values()), sum(took.cpu for took in stages.values())
    )
    return {name: stages[name] for name in STAGES} | {"all": whole}


def row(of: tuple[str, list[Run]]) -> list[str]:
    """A row of the table: name and medians."""
    name, runs = of
    return [name, *(f"{median(getattr(run, kind) for run in runs):.2f}" for kind in Run._fields)]


if __name__ == "__main__":
    tyro.cli(main)
