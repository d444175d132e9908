"""Runs unchanged presets for a few steps, and reports images/s and memory.

    python -m experiments.benchmarks.fifty_steps PRESET=SPEC ... --out DIR

For example `improved/wikiart-genre=tfrecords:data/wikiart-genre`.  A finished preset is not run
again, an interrupted one resumes; the table has a row for each finished preset.
"""

import json
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import tyro


def main(
    runs: tyro.conf.Positional[tuple[str, ...]],
    *,
    out: Path,
    steps: int = 50,
    set: tuple[str, ...] = (),
) -> None:
    """Run each preset on its data, and print a table.

    Args:
        runs: PRESET=SPEC, or PRESET for the preset's own data.
        out: folder for the run directories and `figures.json`.
        steps: steps of each run.
        set: further settings, as section.key=value.
    """
    out.mkdir(parents=True, exist_ok=True)
    file = out / "figures.json"
    figures: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    for run in runs:
        preset, _, spec = run.partition("=")
        if preset not in figures:
            figures[preset] = measure(preset, spec, out / preset.replace("/", "-"), steps, set)
            file.write_text(json.dumps(figures, indent=1) + "\n")
    print("| preset | images/s | seconds a step | memory, GB | D loss | G loss |")
    print("| --- | --- | --- | --- | --- | --- |")
    for preset, of in figures.items():
        print(
            f"| `{preset}` | {of['images_per_second']:.1f} | {of['seconds_a_step']:.1f} "
            f"| {of['memory'] / 1e9:.1f} | {of['d_loss']:.2f} | {of['g_loss']:.2f} |"
        )


def measure(
    preset: str, spec: str, run_dir: Path, steps: int, settings: tuple[str, ...]
) -> dict[str, float]:
    """Train a preset in a separate process; the rate is that of the second half of the steps."""
    every = max(steps // 2, 1)
    intervals = [f"log.history_every={every}", f"log.checkpoint_every={max(steps // 5, 1)}"]
    command = [sys.executable, "-m", "artgan_tf.fit", preset, "--run-dir", str(run_dir)]
    command += [f"--steps={steps}", *(["--data", spec] if spec else [])]
    print("+", *command, file=sys.stderr)
    process = subprocess.Popen([*command, "--set", *intervals, *settings])
    memory = [0]
    Thread(target=_watch, args=(process, memory), daemon=True).start()
    if process.wait():
        raise SystemExit(f"{preset} failed, see above.")
    rows = [json.loads(line) for line in (run_dir / "history.jsonl").read_text().splitlines()]
    last = [row for row in rows if "images_per_second" in row][-1]
    return {
        "images_per_second": last["images_per_second"],
        "seconds_a_step": _batch_size(run_dir) / last["images_per_second"],
        "memory": memory[0],
        "d_loss": last["d_loss"],
        "g_loss": last["g_loss"],
    }


def _batch_size(run_dir: Path) -> int:
    return tomllib.loads((run_dir / "config.toml").read_text())["train"]["batch_size"]


def _watch(process: subprocess.Popen, peak: list[int]) -> None:
    """Record the peak resident memory of a running process, in bytes."""
    while process.poll() is None:
        with suppress(OSError):
            status = Path(f"/proc/{process.pid}/status").read_text()
            rows = [row.split()[1] for row in status.splitlines() if "VmHWM" in row]
            peak[:] = [1024 * int(size) for size in rows] or peak  # a zombie has no memory
        time.sleep(1)


if __name__ == "__main__":
    tyro.cli(main)
