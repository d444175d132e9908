"""After a kill at any moment, the same command writes the same bytes and leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.tfrecords_tools.conversions import (
    COMMAND,
    REPOSITORY,
    content,
    convert,
    converted,
    shards,
)
from tests.tfrecords_tools.processes import (
    FLAGS,
    Moment,
    Undisturbed,
    after,
    ended,
    needs_proc,
    once_done,
    once_there,
)

pytestmark = [pytest.mark.slow, needs_proc]
TIMED = 3  # moments that are shares of an undisturbed run


class Killed(NamedTuple):
    landed: bool  # it struck before the conversion ended
    group: int  # process group


# ---- moments ---------------------------------------------------------------------------------
def moments() -> Iterator[Moment]:
    """The moments: from start to end, after shards, and while the last files are written."""
    random = np.random.default_rng(2)
    yield from (
        after(share) for share in np.linspace(0.15, 0.75, TIMED) + random.uniform(0, 0.1, TIMED)
    )
    yield from (once_done(int(random.integers(1, 14)), random.uniform(0, 0.05)) for _ in range(2))
    yield from (once_done(14, pause) for pause in (0, 0.1))
    yield from map(once_there, ("features.json", "dataset_info.json", "report.json"))
    yield once_there(".convert/info/dataset_info.json")


# ---- processes -------------------------------------------------------------------------------
def killed(source: Path, out: Path, moment: Moment, *, whole_group: bool = False) -> Killed:
    """Start a conversion and kill it at a moment."""
    command = [*COMMAND, str(source), "--out", str(out), *FLAGS]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    begun = time.monotonic()
    try:
        while process.poll() is None and not moment(out, time.monotonic() - begun):
            time.sleep(0.0005)
        if landed := process.poll() is None:
            (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    return Killed(landed, process.pid)


# ---- kills -----------------------------------------------------------------------------------
def test_kills_at_any_moment_cost_nothing(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """The same command follows at once, while workers may not have ended yet."""
    landed, seconds = [], undisturbed.seconds
    for number, moment in enumerate(moments()):
        if number < TIMED:  # shares of an undisturbed run
            moment = scaled(moment, seconds)
        out = tmp_path / str(number) / "set"
        kill = killed(undisturbed.source, out, moment, whole_group=number % 3 == 1)
        done = convert(undisturbed.source, out, *FLAGS)
        assert done.returncode == 0, (number, done.stderr)
        assert ended(kill.group)
        assert content(out) == undisturbed.content, number
        landed.append(kill.landed)
        if not kill.landed:  # the machine is faster now than when a run was timed
            seconds /= 2
        shutil.rmtree(out.parent)
    assert sum(landed[: TIMED + 2]) >= TIMED
    assert sum(landed[TIMED + 2 :]) >= 2


def scaled(moment: Moment, seconds: float) -> Moment:
    return lambda out, elapsed: moment(out, elapsed / seconds)


def test_killed_again_and_again_it_gets_there(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """Each run completes another shard or two, and none undoes the work of the others."""
    out = tmp_path / "set"
    done: dict[str, int] = {}
    for count in (3, 8):
        moment = once_done(count, 0.0)
        kill = killed(undisturbed.source, out, moment, whole_group=count % 2 == 1)
        assert ended(kill.group)
        found = {path.name: path.stat().st_mtime_ns for path in shards(out)}
        noted = {path.stem for path in (out / ".convert").glob("[!.]*-of-*.json")}
        assert done.items() <= found.items()
        assert done.keys() <= noted
        done = {name: stamp for name, stamp in found.items() if name in noted}
        assert len(done) >= count
    assert convert(undisturbed.source, out, *FLAGS).returncode == 0
    assert done.items() <= {path.name: path.stat().st_mtime_ns for path in shards(out)}.items()
    assert content(out) == undisturbed.content


def test_a_killed_overwrite_leaves_nothing_of_the_old_set(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    out = tmp_path / "set"
    converted(undisturbed.source, out, *FLAGS, "--seed", 1, "--limit", 40)
    overwrite = [*COMMAND, str(undisturbed.source), "--out", str(out), *FLAGS, "--overwrite"]
    process = subprocess.Popen(overwrite, cwd=REPOSITORY, start_new_session=True)
    while process.poll() is None and (out / "report.json").exists():
        time.sleep(0.0005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert ended(process.pid)
    converted(undisturbed.source, out, *FLAGS, "--overwrite")
    assert content(out) == undisturbed.content
