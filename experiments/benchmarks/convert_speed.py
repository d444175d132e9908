"""Compares our converter with a plain one, end to end: wall time of whole processes.

    python -m experiments.benchmarks.convert_speed BIG_DIR --sizes 64 128 256 --runs 3

First on one core: ours with one worker and `rivals.baseline` alternate, each storing JPEGs and PNGs
(our PNGs are compressed, the baseline's are not), and their pictures are compared. Then ours alone
runs on all cores with increasing numbers of workers.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import tyro

from experiments.benchmarks import measuring
from experiments.benchmarks.measuring import Command, Run, Times
from experiments.benchmarks.psnr import median_psnr

AIMS = {64: 7.0, 128: 7.0, 256: 4.0}  # speed relative to the baseline on one core, by size
LIKE, SCALED = 40.0, 1.6  # PSNR in dB; speed of two workers relative to one
DEFAULTS, SAME = "our JPEGs, its PNGs", "our JPEGs, its JPEGs"
COMPARED = 500  # pictures, enough for a median within 0.1 dB


@dataclass(frozen=True)
class Figures:
    """Results at one size.

    Args:
        pinned: times on one core, by contestant.
        workers: times on all cores, by number of workers.
        start: our time for one picture per split: imports, listing, starting a worker.
        ratios: our speed-up over the baseline, or over the fewest workers.
        psnr: median PSNR in dB, by encoding.
        load: load of the machine after the runs on one core, which account for 1 of it.
    """

    pinned: Times
    workers: Times
    start: Run
    ratios: dict[str, Run]
    psnr: dict[str, float]
    load: float


def main(
    big: tyro.conf.Positional[Path],
    *,
    sizes: tuple[int, ...] = (64, 128, 256),
    runs: int = 3,
    workers: tuple[int, ...] = (1, 2),
    scratch: Path | None = None,
    out: Path | None = None,
) -> None:
    """Measure and print a table.

    Args:
        big: class folders of pictures in a realistic size.
        sizes: short sides to convert to.
        runs: runs of each contestant; ratios are medians.
        workers: numbers of workers to compare.
        scratch: folder for the converters' output; by default the system's temporary folder.
        out: a JSON file for all figures.
    """
    count = len(measuring.pictures(big))
    known = {"pictures": count, "compared": min(COMPARED, count), **measuring.machine()}
    found = {}
    for size in sizes:
        print(f"short side {size}", file=sys.stderr)
        found[size] = measure(big, size, runs, workers, scratch)
        result = {**known, "sizes": {each: asdict(figures) for each, figures in found.items()}}
        measuring.save(result, out)  # after each size, as the whole takes long
    report(found, count, known)


def measure(
    big: Path, size: int, runs: int, workers: tuple[int, ...], scratch: Path | None
) -> Figures:
    """All figures for one size."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        place = Path(folder)
        core = measuring.one_core()
        pinned = measuring.compete(contestants(big, size), runs, place, core)
        load = os.getloadavg()[0]
        psnr = {
            encoding: median_psnr(
                place / f"ours {encoding}" / "paintings",
                place / f"baseline {encoding}" / "pictures.zip",
                COMPARED,
            )
            for encoding in ("png", "jpeg")
        }
        first = {"first": measuring.converter(big, size, limit=1)}
        start = measuring.compete(first, 1, place, core)["first"][0]
        crews = {str(n): measuring.converter(big, size, workers=n) for n in workers}
        scaling = measuring.compete(crews, runs, place, measuring.all_cores()) if workers else {}
    return Figures(pinned, scaling, start, ratios(pinned, scaling), psnr, load)


def contestants(big: Path, size: int) -> dict[str, Command]:
    """Both converters with both encodings."""
    return {
        "ours jpeg": measuring.converter(big, size, encoding="jpeg"),
        "baseline png": partial(baseline, big, size, "png"),
        "baseline jpeg": partial(baseline, big, size, "jpeg"),
        "ours png": measuring.converter(big, size, encoding="png"),
    }


def baseline(big: Path, size: int, encoding: str, place: Path) -> list[str]:
    """The command of the plain converter."""
    start = [sys.executable, "-m", "experiments.benchmarks.rivals.baseline", str(big)]
    options = ["--out", place / "pictures.zip", "--size", size, "--encoding", encoding]
    return [*start, *map(str, options)]


def ratios(pinned: Times, scaling: Times) -> dict[str, Run]:
    """Our speed-up over the baseline, with default and equal encodings, and of more workers."""
    found = {
        DEFAULTS: measuring.ratio(pinned, "baseline png", "ours jpeg"),
        SAME: measuring.ratio(pinned, "baseline jpeg", "ours jpeg"),
        "our PNGs, its PNGs": measuring.ratio(pinned, "baseline png", "ours png"),
    }
    fewest, *others = scaling or [""]
    return found | {f"{n} workers": measuring.ratio(scaling, fewest, n) for n in others}


def report(found: Mapping[int, Figures], count: int, known: Mapping[str, object]) -> None:
    """Print the results and the missed aims."""
    print(f"{count:,} pictures, {known}")
    rows = [["", *(f"{size}" for size in found)]]
    first = next(iter(found.values()))
    for name in first.pinned:
        rates = (measuring.rate(figures.pinned, name, count) for figures in found.values())
        rows.append([f"images/s, {name}, one core", *(f"{rate:.0f}" for rate in rates)])
    for name in first.workers:
        rates = (measuring.rate(figures.workers, name, count) for figures in found.values())
        rows.append([f"images/s, ours jpeg, {name} workers", *(f"{rate:.0f}" for rate in rates)])
    rows.append(["s to start ours, one core", *(f"{f.start.wall:.1f}" for f in found.values())])
    for name in first.ratios:
        pairs = [figures.ratios[name] for figures in found.values()]
        rows.append([f"times faster, {name}", *(f"{pair.wall:.2f}" for pair in pairs)])
        if "workers" not in name:  # workers spend the same CPU time in parallel
            rows.append(["  by CPU time alone", *(f"{pair.cpu:.2f}" for pair in pairs)])
    for name in first.psnr:
        rows.append([f"PSNR in dB, {name}", *(f"{f.psnr[name]:.1f}" for f in found.values())])
    rows.append(["load", *(f"{f.load:.1f}" for f in found.values())])
    measuring.print_table(rows)
    print("\n".join(missed(found)) or "Every aim is met.")


def missed(found: Mapping[int, Figures]) -> list[str]:
    """A line for each missed aim."""
    lines = []
    for size, figures in found.items():
        aims = {DEFAULTS: AIMS.get(size, 0.0), SAME: AIMS.get(size, 0.0), "2 workers": SCALED}
        for name, aim in aims.items():
            got = figures.ratios[name].wall if name in figures.ratios else aim
            if got < aim:
                lines.append(f"missed at {size}: {name}: {got:.2f} < {aim:g} times")
        if figures.psnr["png"] < LIKE:
            lines.append(f"missed at {size}: PSNR {figures.psnr['png']:.1f} < {LIKE:g} dB")
    return lines


if __name__ == "__main__":
    tyro.cli(main)
