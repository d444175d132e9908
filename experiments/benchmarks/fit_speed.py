"""How much of the bare train step's speed `fit` keeps, with all its other work.

    python -m experiments.benchmarks.fit_speed PRESET=SPEC ... [--turns 6] [--steps 20]

The bare step is the same compiled step, repeated on one batch in memory.  In one process, `fit`
runs some steps, then the bare step runs as many on a separate GAN.  The work of `fit` between steps
is timed separately in every turn and weighted by the preset's intervals; with `--own` it happens
at these intervals.
"""

import tempfile
from dataclasses import replace
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

import tyro

from artgan_tf import cli
from artgan_tf.config import Config, Log, resolve
from artgan_tf.overrides import parse_overrides
from experiments.benchmarks import measuring

INTERVALS = {
    "history": "history_every",
    "validation": "validate_every",
    "samples": "sample_every",
    "checkpoint": "checkpoint_every",
}


def main(
    runs: tyro.conf.Positional[tuple[str, ...]],
    *,
    turns: int = 6,
    steps: int = 20,
    own: bool = False,
    set: tyro.conf.UseAppendAction[tuple[tuple[str, ...], ...]] = (),
    out: Path | None = None,
) -> None:
    """Measure and print the results.

    Args:
        runs: PRESET=SPEC, or PRESET for the preset's own data.
        turns: turns of each, after one to warm up.
        steps: steps per turn.
        own: do the work between steps at the preset's intervals, not in every turn.
        set: further settings, as section.key=value.
        out: a JSON file for all figures.
    """
    cli.start_tensorflow()
    known, figures = measuring.machine(), {}
    for run in runs:
        preset, _, spec = run.partition("=")
        given = parse_overrides(chain.from_iterable(set)) | ({"data.spec": spec} if spec else {})
        # The trick's one to five G steps depend on the losses, so two GANs would do different work.
        config = resolve(preset, given | {"train.cifar_trick": False})
        figures[run] = measure(config, turns, steps, own)
        print(f"\n{run}, batch {config.train.batch_size}")
        measuring.print_table(table(figures[run], config.log))
    measuring.save(known | figures, out)


def measure(config: Config, turns: int, steps: int, own: bool) -> dict[str, Any]:
    """The result of `shares`, for wall time and for CPU time."""
    from experiments.benchmarks.alternating import alternate

    log = config.log
    every: dict[str, Any] = dict.fromkeys(INTERVALS.values(), steps)
    run = replace(
        config,
        train=replace(config.train, steps=(turns + 1) * steps),
        log=log if own else replace(log, **every),
    )
    with tempfile.TemporaryDirectory(prefix="artgan-") as folder:
        spent = alternate(run, steps, Path(folder) / "run")
    kinds = {
        kind: {name: [getattr(run, kind) for run in runs] for name, runs in spent.items()}
        for kind in ("wall", "cpu")
    }
    return {kind: shares(times, steps, log) for kind, times in kinds.items()}


def shares(spent: dict[str, list[float]], steps: int, log: Log) -> dict[str, Any]:
    """Time of each part of a `fit` step, in bare steps, and the share of the bare step's speed.

    Args:
        spent: seconds of each turn of `bare` and `fit`, and of each activity between steps. The
            first of each, which traces and imports, does not count, except in `as_it_went`, which
            counts everything after the first turn.
        steps: steps per turn.
        log: the intervals of the activities.
    """
    turns = zip(spent["fit"][1:], spent["bare"][1:], strict=True)
    bare = median(spent["bare"][1:]) / steps
    done = {name: times for name, times in spent.items() if name in INTERVALS and times[1:]}
    once = {name: median(times[1:]) / bare for name, times in done.items()}
    parts = {"steps": median(fit / bare for fit, bare in turns)}
    parts |= {name: took / getattr(log, INTERVALS[name]) for name, took in once.items()}
    whole = sum(spent["fit"][1:]) + sum(sum(spent.get(name, [])) for name in INTERVALS)
    return {
        "bare": bare,
        "once": once,
        "first": {name: times[0] / bare for name, times in done.items()},
        "parts": parts,
        "share": 1.0 / sum(parts.values()),
        "as_it_went": sum(spent["bare"][1:]) / whole,
    }


def table(found: dict[str, Any], log: Log) -> list[list[str]]:
    """Rows of the table: seconds of a bare step, then the time of each part in bare steps."""
    wall, cpu = found["wall"], found["cpu"]
    rows = [["", "first", "once", "every", "a step", "of CPU time"]]
    rows += [["bare, s", "", "", "", f"{wall['bare']:.3f}", f"{cpu['bare']:.3f}"]]
    for name, part in wall["parts"].items():
        of = [f"{wall[key][name]:.2f}" if name in wall[key] else "" for key in ("first", "once")]
        every = str(getattr(log, INTERVALS[name])) if name in INTERVALS else ""
        rows.append([name, *of, every, f"{part:.4f}", f"{cpu['parts'][name]:.4f}"])
    for name in ("share", "as_it_went"):
        rows.append([name, "", "", "", f"{wall[name]:.1%}", f"{cpu[name]:.1%}"])
    return rows


if __name__ == "__main__":
    cli.main(main, "python -m experiments.benchmarks.fit_speed")
