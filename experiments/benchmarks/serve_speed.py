"""Compares `serve` with the same SavedModel in the client's process.

    python -m experiments.benchmarks.serve_speed runs/mine/export/mine

The server is a separate process on the client's machine.  Turns of the server and of the SavedModel
alternate; figures are medians over turns.
"""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

import numpy as np
import tensorflow as tf
import tyro

from artgan_tf.serving.model_dir import find_model
from experiments.benchmarks import measuring

AIM = 0.7  # share of the SavedModel's pictures per second
BATCH = 16


@dataclass
class Load:
    """Clients that send requests without pause, and their measurements.

    Attributes:
        clients: number of concurrent clients.
        pictures: pictures per request.
        rates: pictures per second, by turn.
        seconds: time of each request.
    """

    clients: int
    pictures: int
    rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def main(
    model: tyro.conf.Positional[Path],
    *,
    turns: int = 5,
    seconds: float = 5.0,
    clients: tuple[int, ...] = (1, 4, 16),
    pictures: tuple[int, ...] = (1, 16),
    out: Path | None = None,
) -> None:
    """Measure and print the results.

    Args:
        model: an export's folder NAME, which holds its versions.
        turns: turns of the server and of the SavedModel.
        seconds: length of each turn.
        clients: number of concurrent clients.
        pictures: pictures per request.
        out: a JSON file for all figures.
    """
    known = measuring.machine()
    source = find_model(model)
    loads = [Load(c, p) for p in pictures for c in clients]
    with serving(model) as port:
        paint = in_process(source.versions()[max(source.versions())])
        warm_up(port, source.name, paint)
        inside = list[float]()
        for _ in range(turns):
            for load in loads:
                run(load, port, source.name, seconds)
            inside.append(rate(paint, seconds))
    print_figures(loads, inside)
    figures = {"in_process": inside, "loads": [asdict(load) for load in loads]}
    measuring.save({**known, **figures}, out)


@contextmanager
def serving(model: Path) -> Iterator[int]:
    """Start a server; gives its port."""
    command = [sys.executable, "-m", "artgan_tf.serve", str(model), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        found = (re.search(r"health .*:(\d+)/healthz", line) for line in process.stdout)
        yield next(int(match[1]) for match in found if match)
    finally:
        process.terminate()
        process.wait()


def in_process(version: Path) -> Callable[[int], None]:
    """A function that generates a batch, starting from a seed."""
    loaded = tf.saved_model.load(str(version))
    signature = loaded.signatures["serving_default"]

    def paint(seed: int) -> None:
        label = tf.zeros(BATCH, tf.int32)
        seeds = tf.range(seed, seed + BATCH, dtype=tf.int64)
        signature(label=label, seed=seeds)["image_bytes"].numpy()
        loaded.signatures  # noqa: B018  # its functions fail if it is garbage-collected

    return paint


def warm_up(port: int, name: str, paint: Callable[[int], None]) -> None:
    """Run both once, as first runs are slower."""
    run(Load(BATCH, 1), port, name, 1.0)
    rate(paint, 1.0)


def rate(paint: Callable[[int], None], seconds: float) -> float:
    """Pictures per second."""
    begun, painted = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        paint(painted)
        painted += BATCH
    return painted / (time.perf_counter() - begun)


def run(load: Load, port: int, name: str, seconds: float) -> None:
    """Run one turn: all clients send requests until time is up."""
    begun, found = time.perf_counter(), list[float]()
    end = begun + seconds
    work = [
        threading.Thread(target=ask, args=(load.pictures, port, name, end, client, found))
        for client in range(load.clients)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    load.rates.append(len(found) * load.pictures / (time.perf_counter() - begun))
    load.seconds += found


def ask(pictures: int, port: int, name: str, end: float, client: int, found: list[float]) -> None:
    """Run one client."""
    connection, seed = HTTPConnection("127.0.0.1", port), client * 10**6
    while (begun := time.perf_counter()) < end:
        rows = [{"label": 0, "seed": seed + i} for i in range(pictures)]
        connection.request("POST", f"/v1/models/{name}:predict", json.dumps({"instances": rows}))
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"The server answers {response.status}: {body[:200]!r}")
        found.append(time.perf_counter() - begun)
        seed += pictures


def print_figures(loads: list[Load], inside: list[float]) -> None:
    """Print a table."""
    rows = [["", "pictures/s", "of in-process", "p50, ms", "p99, ms"]]
    rows.append([f"in-process, batches of {BATCH}", f"{median(inside):.1f}", "", "", ""])
    for load in loads:
        share = median(r / i for r, i in zip(load.rates, inside, strict=True))
        name = f"{load.clients} clients, {load.pictures} each"
        p50, p99 = (1000 * np.percentile(load.seconds, q) for q in (50, 99))
        rows.append([name, f"{median(load.rates):.1f}", f"{share:.2f}", f"{p50:.0f}", f"{p99:.0f}"])
    measuring.print_table(rows)
    print(f"wanted: {AIM:.2f} at 16 clients, 1 each")


if __name__ == "__main__":
    tyro.cli(main)
