"""Kills, Ctrl-C, SIGTERM and lost workers: one error, no process stays, and the command resumes."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import content, converted
from tests.tfrecords_tools.processes import (
    FLAGS,
    PATIENCE,
    SETTINGS,
    Moment,
    Struck,
    Undisturbed,
    alive,
    ended,
    needs_proc,
    once_done,
    once_there,
    struck,
)
from tfrecords_tools.workers import interrupts_wait

pytestmark = needs_proc
MOMENTS = [  # from start to end, and while the last files are written
    *map(once_there, (".convert/plan.json", ".convert/info/dataset_info.json")),
    *map(once_there, ("dataset_info.json", "report.json")),
    *map(once_done, (1, 6, 14)),
]


def resumes(undisturbed: Undisturbed, out: Path) -> bool:
    converted(undisturbed.source, out, *SETTINGS)
    return content(out) == undisturbed.content


def killed(group: int) -> None:
    os.kill(group, signal.SIGKILL)


def all_killed(group: int) -> None:
    os.killpg(group, signal.SIGKILL)


# ---- kills -----------------------------------------------------------------------------------
@pytest.mark.slow
def test_kills_at_any_moment_cost_nothing(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """The same command follows at once, while workers may not have ended yet."""
    landed = 0
    for number, moment in enumerate(MOMENTS):
        out = tmp_path / str(number) / "set"
        kill = killed if number % 2 else all_killed  # the launcher alone, or its workers too
        found = struck(undisturbed.source, out, moment, kill)
        assert resumes(undisturbed, out), number
        assert ended(found.group)
        landed += found.landed
    assert landed > len(MOMENTS) / 2


@pytest.mark.slow
def test_a_killed_overwrite_leaves_nothing_of_the_old_set(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    out = tmp_path / "set"
    converted(undisturbed.source, out, *SETTINGS, "--seed", 1, "--limit", 40)
    flags = (*FLAGS, "--overwrite")
    struck(
        undisturbed.source, out, lambda out: not (out / "report.json").exists(), all_killed, flags
    )
    converted(undisturbed.source, out, *SETTINGS, "--overwrite")
    assert content(out) == undisturbed.content


# ---- interrupts ------------------------------------------------------------------------------
def interrupted(
    undisturbed: Undisturbed, out: Path, moment: Moment, number: int, pause: float = 0
) -> Struck:
    """Send a signal to the whole process group, as a terminal does."""
    found = struck(undisturbed.source, out, moment, lambda g: os.killpg(g, number), pause=pause)
    assert ended(found.group)
    assert "Traceback" not in found.printed
    if not found.landed:
        pytest.skip("this machine was too busy to strike in time")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_interrupted_it_ends_and_goes_on(
    undisturbed: Undisturbed, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "set"
    found = interrupted(undisturbed, out, once_done(5), number)
    assert found.code == (1 if number == signal.SIGINT else -signal.SIGTERM)
    if number == signal.SIGINT:
        assert found.printed.splitlines()[-1] == "error: interrupted."
        assert list(out.glob(".*.tmp")) == []
    assert resumes(undisturbed, out)


@pytest.mark.slow
def test_interrupted_while_workers_start_it_says_one_sentence(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    for pause in (0.05, 0.3):
        out, moment = tmp_path / str(pause) / "set", once_there(".convert/plan.json")
        found = interrupted(undisturbed, out, moment, signal.SIGINT, pause)
        *progress, last = found.printed.splitlines()
        assert (found.code, last) == (1, "error: interrupted.")
        assert all("images/s" in line for line in progress)


@pytest.mark.parametrize("threads", [0, 1])  # any thread may receive the signal
def test_an_interrupt_while_workers_start_counts_afterwards(
    threads: int, request: pytest.FixtureRequest
) -> None:
    # A shell starts programs in the background with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    done = threading.Event()
    for _ in range(threads):
        threading.Thread(target=done.wait, daemon=True).start()
    reached = []

    def start() -> None:
        with interrupts_wait():
            os.kill(os.getpid(), signal.SIGINT)
            reached.append("the end")

    with pytest.raises(KeyboardInterrupt):
        start()
    done.set()
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_processes_that_start_meanwhile_leave_interrupts_to_their_parent() -> None:
    struck_itself = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('goes on')"
    with interrupts_wait():
        process = subprocess.Popen([sys.executable, "-c", struck_itself], stdout=subprocess.PIPE)
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, b"goes on\n")


@pytest.mark.slow
def test_a_worker_that_is_killed_is_reported(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """The system kills a worker like this if the memory is full."""
    out = tmp_path / "set"

    def kill_workers(group: int) -> None:
        for number in alive(group):
            with suppress(OSError):  # the pool itself ends the others, once the first is dead
                if "spawn_main" in Path(f"/proc/{number}/cmdline").read_text():
                    os.kill(int(number), signal.SIGKILL)

    found = struck(undisturbed.source, out, once_done(1), kill_workers)
    assert (found.code, "Traceback" in found.printed) == (1, False)
    assert "--workers" in found.printed.splitlines()[-1]
    assert resumes(undisturbed, out)
