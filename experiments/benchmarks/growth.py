"""How the time and memory of `fit` grow with the batch.

    python -m experiments.benchmarks.growth PRESET=SPEC ... [--batches 16 32 64 100]

Each batch size of each preset is trained in a separate process for a few steps.  The process is
then killed, so its peak memory is that of training alone, without sample grids and metrics;
`experiments.benchmarks.fifty_steps` measures `fit` on whole presets.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import tyro

from artgan_tf.runs.directory import RunDirectory
from experiments.benchmarks import measuring


def main(
    runs: tyro.conf.Positional[tuple[str, ...]],
    *,
    batches: tuple[int, ...] = (16, 32, 64, 100),
    steps: int = 5,
    set: tyro.conf.UseAppendAction[tuple[tuple[str, ...], ...]] = (),
    out: Path | None = None,
) -> None:
    """Measure and print the results.

    Args:
        runs: PRESET=SPEC, for example one of 64 and one of 128 pixels.
        batches: images per step.
        steps: steps to take the median of, after one to trace.
        set: further settings, as section.key=value.
        out: a JSON file for all figures.
    """
    known, settings = measuring.machine(), [setting for some in set for setting in some]
    found = [measure(run, batch, steps, settings) for run in runs for batch in batches]
    head = ["", "batch", "seconds a step", "images/s", "peak, GB"]
    measuring.print_table([head, *map(row, found)])
    measuring.save(known | {"runs": found}, out)


def measure(run: str, batch: int, steps: int, settings: list[str]) -> dict[str, Any]:
    """Median seconds per step, and peak memory in bytes."""
    preset, _, spec = run.partition("=")
    with tempfile.TemporaryDirectory(prefix="artgan-") as folder:
        directory = RunDirectory(Path(folder) / "run")
        command = [sys.executable, "-m", "artgan_tf.fit", preset, "--run-dir", str(directory.path)]
        command += [f"--batch-size={batch}", *(["--data", spec] if spec else [])]
        command += ["--set", "log.history_every=1", *settings]
        memory, rows = trained(command, directory, steps + 1)
    seconds = median(batch / row["images_per_second"] for row in rows[1:])
    return {"run": run, "batch": batch, "seconds": seconds, "memory": memory}


def trained(command: list[str], directory: RunDirectory, steps: int) -> tuple[int, list[Any]]:
    """Peak memory of a run that is killed after some steps, and its history."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while len(directory.history()) < steps and not os.waitid(
            os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT
        ):
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = -signal.SIGKILL
    rows = directory.history()
    if len(rows) < steps:
        raise SystemExit(f"{' '.join(command)} ended after {len(rows)} steps.")
    return 1024 * usage.ru_maxrss, rows[:steps]


def row(of: dict[str, Any]) -> list[str]:
    """A row of the table."""
    seconds, batch = of["seconds"], of["batch"]
    rate = f"{batch / seconds:.1f}"
    return [of["run"], str(batch), f"{seconds:.2f}", rate, f"{of['memory'] / 1e9:.2f}"]


if __name__ == "__main__":
    tyro.cli(main)
