"""Ctrl-C, SIGTERM and a lost worker give one error and leave no process; the command resumes."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import content, convert
from tests.tfrecords_tools.processes import (
    FLAGS,
    PATIENCE,
    Undisturbed,
    alive,
    needs_proc,
    once_done,
    once_there,
    struck,
)
from tfrecords_tools.workers import interrupts_wait

pytestmark = needs_proc


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_interrupted_it_ends_and_goes_on(
    undisturbed: Undisturbed, tmp_path: Path, number: signal.Signals
) -> None:
    """The signal goes to the whole process group, as a terminal sends it."""
    out = tmp_path / "set"
    found = struck(undisturbed.source, out, once_done(5, 0.0), lambda g: os.killpg(g, number))
    assert "Traceback" not in found.printed
    assert found.code == (1 if number == signal.SIGINT else -signal.SIGTERM)
    if number == signal.SIGINT:
        assert found.printed.splitlines()[-1] == "error: interrupted."
        assert list(out.glob(".*.tmp")) == []
    assert convert(undisturbed.source, out, *FLAGS).returncode == 0
    assert content(out) == undisturbed.content


@pytest.mark.slow
def test_interrupted_while_workers_start_it_says_one_sentence(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    for number, pause in enumerate((0.05, 0.2, 0.4)):
        out = tmp_path / str(number) / "set"
        moment = once_there(".convert/plan.json", pause)
        found = struck(undisturbed.source, out, moment, lambda g: os.killpg(g, signal.SIGINT))
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
        for worker in workers(group):
            os.kill(worker, signal.SIGKILL)

    found = struck(undisturbed.source, out, once_done(1, 0.0), kill_workers)
    assert found.code == 1
    assert "Traceback" not in found.printed
    assert "--workers" in found.printed.splitlines()[-1]
    assert convert(undisturbed.source, out, *FLAGS).returncode == 0
    assert content(out) == undisturbed.content


def workers(group: int) -> list[int]:
    """Return the worker processes of a group that multiprocessing started."""
    lines = {number: Path(f"/proc/{number}/cmdline").read_text() for number in alive(group)}
    return [int(number) for number, line in lines.items() if "spawn_main" in line]
