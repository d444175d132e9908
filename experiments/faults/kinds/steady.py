"""Memory, files and threads of 3,000 steps with every interval on: flat after the first 500."""

import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from experiments.faults.processes import ended, fit, megabytes, struck
from experiments.faults.suite import Case, Failed

STEPS, WARM, GROWTH = 3000, 500, 0.05
EVERY = (
    "log.history_every=10", "log.checkpoint_every=50", "log.sample_every=100",
    "log.validate_every=250",
)  # fmt: skip


def cases(work: Path) -> Iterable[Case]:
    yield Case(f"{STEPS} steps", partial(_train, work), shown=True)


def _train(work: Path) -> str:
    run, seen = work / "run", []  # type: tuple[Path, list[tuple[int, int, int, int]]]

    def watch(elapsed: float) -> bool:
        step = _step(run)
        if step and (not seen or step >= seen[-1][0] + 50):
            seen.append((step, *_resources(run)))
        return False

    settings = [setting for setting in EVERY if setting]
    ended(struck(fit(run, STEPS, *settings), watch))
    first = next(row for row in seen if row[0] >= WARM)
    told = ", ".join(
        f"{name} {a:,} to {b:,}"
        for name, a, b in zip(("MB", "files", "threads"), first[1:], seen[-1][1:], strict=True)
    )
    told = f"step {first[0]:,} to {seen[-1][0]:,}: {told}"
    if seen[-1][1] > first[1] * (1 + GROWTH) or seen[-1][2:] > first[2:]:
        raise Failed(told)
    return told


def _step(run: Path) -> int:
    file = run / "history.jsonl"
    lines = file.read_text().splitlines()[-1:] if file.is_file() else []
    return int(json.loads(lines[0])["step"]) if lines else 0


def _resources(run: Path) -> tuple[int, int, int]:
    """Resident megabytes, open files and threads of the training process."""
    pid = int((run / ".lock-holder").read_text().split()[1])
    process = Path("/proc") / str(pid)
    threads = len(list((process / "task").iterdir()))
    return megabytes(pid), len(list((process / "fd").iterdir())), threads
