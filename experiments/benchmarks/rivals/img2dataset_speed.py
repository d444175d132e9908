"""Compares our converter with img2dataset, on the same files and one core.

    python -m experiments.benchmarks.rivals.img2dataset_speed BIG_DIR --python I2D_VENV/bin/python

img2dataset downloads files, so they are listed as `file://` URLs.  Checksums and EXIF are disabled,
as ours does neither.  It takes the same time with one thread or sixteen, and with WebDataset or
single files; for TFRecords it would import TensorFlow at each start.  It stores no labels.
"""

import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median

import tyro

from experiments.benchmarks import measuring
from experiments.benchmarks.measuring import Command, Run, Times

THEIRS, OURS = "img2dataset", "ours"
SETTINGS = {
    "input_format": "txt",
    "output_format": "webdataset",
    "resize_mode": "keep_ratio",  # image_size is the short side (keep_ratio_largest: long)
    "encode_format": "jpg",
    "encode_quality": "95",
    "processes_count": "1",
    "thread_count": "1",
    "number_sample_per_shard": "1000",
    "compute_hash": "None",
    "extract_exif": "False",
}


@dataclass(frozen=True)
class Figures:
    """Results at one size.

    Args:
        runs: times of both on one core.
        start: times of both for one or two pictures.
        ratio: speed-up of ours over img2dataset.
        load: load of the machine at the end; the runs account for 1 of it.
    """

    runs: Times
    start: Times
    ratio: Run
    load: float


def main(
    big: tyro.conf.Positional[Path],
    *,
    python: Path,
    sizes: tuple[int, ...] = (64, 128, 256),
    runs: int = 3,
    scratch: Path | None = None,
    out: Path | None = None,
) -> None:
    """Measure and print a table.

    Args:
        big: class folders of pictures.
        python: interpreter of an environment with img2dataset.
        sizes: short sides to convert to.
        runs: runs of each.
        scratch: folder for the output; by default the system's temporary folder.
        out: a JSON file for all figures.
    """
    # One of its libraries checks for updates at each start, which is not part of the work.
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    paths = measuring.pictures(big)
    known = {"pictures": len(paths), "settings": SETTINGS, **measuring.machine()}
    found = {}
    for size in sizes:
        print(f"short side {size}", file=sys.stderr)
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            found[size] = measure(big, paths, size, runs, python, Path(folder))
        result = {**known, "sizes": {each: asdict(figures) for each, figures in found.items()}}
        measuring.save(result, out)
    report(found, len(paths))


def measure(
    big: Path, paths: list[Path], size: int, runs: int, python: Path, scratch: Path
) -> Figures:
    """All figures for one size."""
    all_urls, one_url = scratch / "all.txt", scratch / "one.txt"
    write_urls(paths, all_urls)
    write_urls(paths[:1], one_url)
    core = measuring.one_core()
    ours = measuring.converter(big, size)
    theirs = partial(img2dataset, python, all_urls, size)
    found = measuring.compete({OURS: ours, THEIRS: theirs}, runs, scratch, core)
    load = os.getloadavg()[0]
    check(scratch / THEIRS, len(paths))
    firsts: dict[str, Command] = {
        OURS: measuring.converter(big, size, limit=1),
        THEIRS: partial(img2dataset, python, one_url, size),
    }
    start = measuring.compete(firsts, 1, scratch, core)
    return Figures(found, start, measuring.ratio(found, THEIRS, OURS), load)


def write_urls(paths: list[Path], file: Path) -> None:
    """Write a list for img2dataset, which reads it as CSV, with commas escaped."""
    file.write_text("".join(f"{path.resolve().as_uri()}\n" for path in paths), encoding="utf-8")


def img2dataset(python: Path, urls: Path, size: int, place: Path) -> list[str]:
    """The command of img2dataset."""
    settings = {**SETTINGS, "image_size": str(size), "output_folder": str(place / "out")}
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return [str(python), "-m", "img2dataset.main", str(urls), *options]


def check(place: Path, count: int) -> None:
    """Check that no picture was skipped, which img2dataset reports only in its statistics."""
    stats = (json.loads(path.read_text()) for path in (place / "out").glob("*_stats.json"))
    done = sum(shard["successes"] for shard in stats)
    if done != count:
        raise SystemExit(f"img2dataset converted {done} of {count} pictures: compare nothing.")


def report(found: dict[int, Figures], count: int) -> None:
    """Print the results."""
    rows = [["", *(f"{size}" for size in found)]]
    for name in (OURS, THEIRS):
        rates = (measuring.rate(figures.runs, name, count) for figures in found.values())
        rows.append([f"images/s, {name}", *(f"{rate:.0f}" for rate in rates)])
        starts = (median(run.wall for run in f.start[name]) for f in found.values())
        rows.append([f"s to start {name}", *(f"{seconds:.1f}" for seconds in starts)])
    rows.append(["times faster", *(f"{f.ratio.wall:.2f}" for f in found.values())])
    rows.append(["  by CPU time alone", *(f"{f.ratio.cpu:.2f}" for f in found.values())])
    rows.append(["load", *(f"{f.load:.1f}" for f in found.values())])
    measuring.print_table(rows)


if __name__ == "__main__":
    tyro.cli(main)
