"""Ctrl-C, SIGTERM and a lost worker: a sentence, no process left, and on with the same command."""

import os
import signal
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import content, convert
from tests.tfrecords_tools.processes import (
    FLAGS,
    Undisturbed,
    alive,
    needs_proc,
    once_done,
    once_there,
    struck,
)

pytestmark = needs_proc


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_interrupted_it_ends_and_goes_on(
    undisturbed: Undisturbed, tmp_path: Path, number: signal.Signals
) -> None:
    """To the whole group, as a terminal does it."""
    out = tmp_path / "set"
    found = struck(undisturbed.source, out, once_done(5, 0.0), lambda g: os.killpg(g, number))
    assert "Traceback" not in found.printed
    assert found.code == (1 if number == signal.SIGINT else -signal.SIGTERM)
    if number == signal.SIGINT:
        assert found.printed.splitlines()[-1] == "error: interrupted."
        assert list(out.glob(".*.tmp")) == []
    assert convert(undisturbed.source, out, *FLAGS).returncode == 0
    assert content(out) == undisturbed.content


def test_interrupted_while_workers_start_it_says_one_sentence(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    for number, pause in enumerate((0.05, 0.1, 0.2, 0.3, 0.4)):
        out = tmp_path / str(number) / "set"
        moment = once_there(".convert/plan.json", pause)
        found = struck(undisturbed.source, out, moment, lambda g: os.killpg(g, signal.SIGINT))
        assert (found.code, found.printed) == (1, "error: interrupted.\n")


def test_a_worker_that_is_killed_is_reported(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """As the system does it when the memory is full."""
    out = tmp_path / "set"

    def kill_workers(group: int) -> None:
        for worker in workers(group):
            os.kill(worker, signal.SIGKILL)

    found = struck(undisturbed.source, out, once_done(1, 0.0), kill_workers)
    assert found.code == 1
    assert "Traceback" not in found.printed
    assert "--workers" in found.printed.splitlines()[-1]
    assert convert(undisturbed.source, out, *FLAGS).returncode == 0
    assert content(out) == undisturbed.content


def workers(group: int) -> list[int]:
    """Those of a group that multiprocessing started to work."""
    lines = {number: Path(f"/proc/{number}/cmdline").read_text() for number in alive(group)}
    return [int(number) for number, line in lines.items() if "spawn_main" in line]
