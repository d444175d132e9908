"""Runs commands of the program, kills them at a given moment, and checks their output."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from experiments.faults.suite import Failed

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 900  # time limit of a command, in seconds
# Improved ArtGAN on the embedded paintings, with the smallest networks that rounding allows.
TINY = (
    "model.width=0.03", "model.z_size=4", "model.magnify=false", "train.batch_size=10",
    "log.history_every=1", "log.validate_every=100000",
)  # fmt: skip
Moment = Callable[[float], bool]  # seconds since the start -> whether to strike


class Done(NamedTuple):
    """Result of a command: its exit code (negative: the signal) and its output."""

    code: int
    out: str
    err: str


def fit(run: Path, steps: int, *settings: str) -> tuple[str, ...]:
    """The command that trains tiny networks."""
    given = ("--run-dir", str(run), "--steps", str(steps), "--set", *TINY, *settings)
    return ("artgan_tf.fit", "demo", *given)


def call(module: str, *arguments: object, **environment: str) -> Done:
    """Run a command to its end; Failed if it does not end."""
    return struck((module, *map(str, arguments)), lambda elapsed: False, environment=environment)


def struck(
    command: tuple[str, ...],
    moment: Moment,
    number: int = signal.SIGKILL,
    environment: Mapping[str, str] | None = None,
) -> Done:
    """Run a command, and send a signal to its whole process group at a given moment.

    Args:
        command: a module and its arguments.
        moment: called every few milliseconds.
        number: number of the signal.
    """
    with TemporaryFile() as out, TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=out, stderr=err, cwd=REPOSITORY,
            env=os.environ | dict(environment or {}), start_new_session=True,
        )  # fmt: skip
        begun, struck = time.monotonic(), False
        while process.poll() is None:
            elapsed = time.monotonic() - begun
            if not struck and moment(elapsed):
                os.killpg(process.pid, number)
                struck = True
            if elapsed > PATIENCE:
                _end(process)
                raise Failed(f"{' '.join(command)[:200]} did not end in {PATIENCE} seconds")
            time.sleep(0.002)
        out.seek(0)
        err.seek(0)
        said = (file.read().decode("utf-8", "replace") for file in (out, err))
        return Done(process.returncode, *said)


def megabytes(pid: int) -> int:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") // 2**20


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def ended(done: Done, words: str = "") -> Done:
    """Check that a command succeeded and printed `words` (a pattern); Failed if not."""
    return _said(done, (0,), words)


def refused(done: Done, *codes: int, words: str = "") -> Done:
    """Check that a command ended with one sentence and one of these codes; Failed if not."""
    sentences = [line for line in done.err.splitlines() if line.startswith("error: ")]
    if done.code in codes and len(sentences) != 1:
        raise Failed(f"it said {done.err.strip()[-300:]!r}")
    return _said(done, codes, words)


def _said(done: Done, codes: tuple[int, ...], words: str) -> Done:
    last = (done.err.strip().splitlines() or [""])[-1][:300]
    if "Traceback" in done.err or done.code not in codes:
        raise Failed(f"exit code {done.code}: {last}")
    if not re.search(words, done.err + done.out):
        raise Failed(f"not a word of {words!r}: {last}")
    return done
