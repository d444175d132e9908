"""Kills, Ctrl-C, SIGTERM and lost workers: one error, no process stays, and the command resumes."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import content, converted
from tests.tfrecords_tools.processes import (
    FLAGS,
    PATIENCE,
    SETTINGS,
    Moment,
    Undisturbed,
    alive,
    ended,
    needs_proc,
    once_done,
    once_gone,
    once_there,
    struck,
)
from tfrecords_tools.workers import interrupts_wait

pytestmark = needs_proc


def resumes(undisturbed: Undisturbed, out: Path) -> bool:
    converted(undisturbed.source, out, *SETTINGS)
    return content(out) == undisturbed.content


def killed(group: int) -> None:
    """Kill the launcher alone, not its workers."""
    os.kill(group, signal.SIGKILL)


def all_killed(group: int) -> None:
    os.killpg(group, signal.SIGKILL)


def all_terminated(group: int) -> None:
    os.killpg(group, signal.SIGTERM)


def all_interrupted(group: int) -> None:
    """Do as a terminal does."""
    os.killpg(group, signal.SIGINT)


# ---- kills -----------------------------------------------------------------------------------
@pytest.mark.slow
def test_kills_at_any_moment_cost_nothing(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """The same command follows at once, while workers may not have ended yet."""
    moments = {
        once_there(".convert/plan.json"): all_killed,
        once_done(1): killed,
        once_done(8): all_terminated,
        once_there("dataset_info.json"): killed,
    }
    landed = 0
    for number, (moment, kill) in enumerate(moments.items()):
        out = tmp_path / str(number) / "set"
        found = struck(undisturbed.source, out, moment, kill)
        assert resumes(undisturbed, out), number
        assert ended(found.group)
        assert "Traceback" not in found.printed
        landed += found.landed
    assert landed > 1


def test_a_killed_overwrite_leaves_nothing_old(undisturbed: Undisturbed, tmp_path: Path) -> None:
    out, flags = tmp_path / "set", (*FLAGS, "--overwrite")
    converted(undisturbed.source, out, *SETTINGS, "--seed", 1, "--limit", 40)
    struck(undisturbed.source, out, once_gone("report.json"), all_killed, flags)
    converted(undisturbed.source, out, *SETTINGS, "--overwrite")
    assert content(out) == undisturbed.content


# ---- interrupts ------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "pause"),
    [(once_there(".convert/plan.json"), 0.2), (once_done(5), 0)],
    ids=["while workers start", "later"],
)
def test_interrupted_it_says_one_sentence_and_goes_on(
    undisturbed: Undisturbed, tmp_path: Path, moment: Moment, pause: float
) -> None:
    out = tmp_path / "set"
    found = struck(undisturbed.source, out, moment, all_interrupted, pause=pause)
    assert ended(found.group)
    if not found.landed:
        pytest.skip("this machine was too busy to strike in time")
    *progress, last = found.printed.splitlines()
    assert (found.code, last) == (1, "error: interrupted.")
    assert all("images/s" in line for line in progress)
    assert list(out.glob(".*.tmp")) == []
    assert resumes(undisturbed, out)


INTERRUPTED = """
import os, select, signal, socket, sys, threading
from tfrecords_tools.workers import interrupts_wait

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` has it ignored
received, sent = socket.socketpair()
sent.setblocking(False)
signal.set_wakeup_fd(sent.fileno())  # a byte comes once any thread has received the signal
threads = int(sys.argv[1])
for _ in range(threads):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
try:
    with interrupts_wait():
        os.kill(os.getpid(), signal.SIGINT)
        if threads:
            assert select.select([received], [], [], 60)[0]
        print("the end")
except KeyboardInterrupt:
    print("interrupted")
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
"""


@pytest.mark.parametrize("threads", [0, 1])  # any thread may receive the signal
def test_interrupts_wait_while_workers_start(threads: int) -> None:
    """In a process of its own, whose other threads are known."""
    command = [sys.executable, "-c", INTERRUPTED, str(threads)]
    alone = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # NumPy's threads
    done = subprocess.run(command, env=alone, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (0, "the end\ninterrupted\n"), done.stderr


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
