"""Half an hour of `serve` with 16 clients, others that are slow or broken, and new versions."""

import random
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np

from experiments.faults.processes import REPOSITORY, call, ended, megabytes
from experiments.faults.runs import trained
from experiments.faults.suite import Case, Failed

MINUTES, CLIENTS, EVERY = 30, 16, 20  # EVERY: seconds between changes of versions
WARM, GROWTH = 0.2, 1.2  # after the share WARM of the time, memory may grow by this factor
BROKEN = (b"", b"{", b'{"instances": [{"label": 1e999}]}', b"\x1f\x8bno gzip", b"[" * 10_000)


def cases(work: Path) -> Iterable[Case]:
    yield Case(f"{MINUTES} minutes", partial(_load, work), shown=True)


def _load(work: Path) -> str:
    model = _exported(work)
    with _server(model) as (process, url):
        load = Load(url, time.monotonic() + 60 * MINUTES)
        tasks: list[Callable[[], None]] = [load.ask] * CLIENTS
        tasks += [load.hold, load.confuse, partial(load.change, model)]
        threads = [threading.Thread(target=task) for task in tasks]
        for thread in threads:
            thread.start()
        memory = [megabytes(process.pid) for _ in load.seconds_left()]
        for thread in threads:
            thread.join()
    return load.verdict(memory)


class Load:
    """The clients' work until a given moment, and their results.

    Args:
        url: the model's URL.
        end: the moment to stop.
    """

    def __init__(self, url: str, end: float):
        self.url, self.end = url, end
        self.waited: list[float] = []
        self.failed: list[str] = []
        self.refused = self.changes = 0

    def seconds_left(self, pause: float = 1.0) -> Iterator[float]:
        while (left := self.end - time.monotonic()) > 0:
            yield left
            time.sleep(pause)

    def ask(self) -> None:
        """Request pictures repeatedly."""
        with httpx.Client(timeout=120) as client:
            for left in self.seconds_left(0):
                row = {"label": int(left) % 10, "seed": int(left * 1000)}
                begun = time.monotonic()
                answer = client.post(f"{self.url}:predict", json={"instances": [row]})
                self.waited.append(time.monotonic() - begun)
                if answer.status_code != 200:
                    self.failed.append(f"{answer.status_code}: {answer.text[:100]}")

    def hold(self) -> None:
        """Start requests and never finish them, twenty at a time."""
        place = urlsplit(self.url)
        for _ in self.seconds_left(5):
            lines = [socket.create_connection((place.hostname, place.port)) for _ in range(20)]
            for line in lines:
                line.sendall(b"POST / HTTP/1.1\r\nContent-Le")
            time.sleep(5)
            for line in lines:
                line.close()

    def confuse(self) -> None:
        """Send invalid requests."""
        with httpx.Client(timeout=120) as client:
            for _ in self.seconds_left(0.5):
                answer = client.post(f"{self.url}:predict", content=random.choice(BROKEN))
                self.refused += answer.status_code == 400
                if answer.status_code != 400:
                    self.failed.append(f"broken: {answer.status_code}: {answer.text[:100]}")

    def change(self, model: Path) -> None:
        """Alternately add the next version and remove the oldest."""
        for _ in self.seconds_left(EVERY):
            versions = sorted(int(path.name) for path in model.iterdir() if path.name.isdecimal())
            self.changes += 1
            if len(versions) > 1:
                shutil.rmtree(model / str(versions[0]))
                continue
            new = shutil.copytree(model / str(versions[-1]), model / "part")
            new.rename(model / str(versions[-1] + 1))

    def verdict(self, memory: list[int]) -> str:
        warm = memory[int(WARM * len(memory))]
        half, most = (1000 * np.percentile(self.waited, q) for q in (50, 99))
        told = (
            f"{len(self.waited):,} pictures, {len(self.failed)} failed, {self.refused:,} broken "
            f"requests refused, {self.changes} changes of versions; p50 {half:.0f} ms, "
            f"p99 {most:.0f} ms; {warm:,} MB after {WARM:.0%} of it, {memory[-1]:,} at the end"
        )
        if self.failed or memory[-1] > GROWTH * warm:
            raise Failed(f"{told}; {self.failed[:3]}")
        return told


def _exported(work: Path) -> Path:
    """An export folder with one version."""
    folder = work / "models"
    shutil.rmtree(folder, ignore_errors=True)
    ended(call("artgan_tf.export", trained(work), "--out", folder, "--name", "load"))
    return folder / "load"


@contextmanager
def _server(model: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "artgan_tf.serve", str(model), "--port", "0", "--poll", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=REPOSITORY
    ) as process:
        try:
            assert process.stdout
            told = next(filter(None, (re.search(r"http://[^/\s]+", x) for x in process.stdout)))[0]
            _wait(told)
            yield process, f"{told}/v1/models/{model.name}"
        finally:
            process.kill()


def _wait(url: str) -> None:
    for _ in range(240):
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        time.sleep(0.5)
    raise Failed("the server does not come up")
