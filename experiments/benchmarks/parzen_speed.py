"""Compares our Parzen windows with a plain loop over images.

    python -m experiments.benchmarks.parzen_speed

The loop is timed on some of the images, half of them before ours and half after it, and its time is
scaled up, as all images would take an hour.  Both compute in float64 with one sigma; the time of
ours with all ten sigmas of the protocol, a little longer, is printed too.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import tyro

from artgan_tf.metrics.parzen import SIGMAS, log_likelihoods
from experiments.benchmarks import measuring
from experiments.benchmarks.measuring import Run

SIGMA = 0.2
AIM = 20.0  # speed relative to the loop
CLOSE = 1e-6  # relative difference of a log-likelihood


@dataclass(frozen=True)
class Figures:
    """The results.

    Attributes:
        loop, ours, ours_all: seconds per image of the loop, and of ours with one sigma and all.
        ratio: speed-up of ours over the loop.
        difference: largest relative difference of a log-likelihood.
    """

    loop: Run
    ours: Run
    ours_all: Run
    ratio: Run
    difference: float


def main(
    *,
    samples: int = 10_000,
    images: int = 10_000,
    size: int = 3_072,
    plain: int = 200,
    out: Path | None = None,
) -> None:
    """Measure and print the results.

    Args:
        samples: number of kernels.
        images: number of images to score.
        size: values per image.
        plain: number of images that the loop scores.
        out: a JSON file for all figures.
    """
    known = {"samples": samples, "images": images, "size": size, "plain": plain}
    known |= measuring.machine()
    figures = measure(*data(samples, images, size), plain)
    measuring.save({**known, **asdict(figures)}, out)
    rows = [
        ["", "wall, s", "CPU, s"],
        *(row(name, run, images) for name, run in timed(figures)),
        ["times faster", f"{figures.ratio.wall:.0f}", f"{figures.ratio.cpu:.0f}"],
    ]
    measuring.print_table(rows)
    print(f"largest relative difference {figures.difference:.1e}; wanted: {AIM:.0f}x, {CLOSE:.0e}")


def timed(figures: Figures) -> list[tuple[str, Run]]:
    """The timed computations with their names."""
    return [
        ("loop, scaled to all images", figures.loop),
        ("ours", figures.ours),
        (f"ours, {len(SIGMAS)} sigmas at once", figures.ours_all),
    ]


def row(name: str, run: Run, images: int) -> list[str]:
    """A row of the table: seconds for all images."""
    return [name, f"{run.wall * images:.1f}", f"{run.cpu * images:.1f}"]


def data(samples: int, images: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Smooth pictures with noise, from 0 to 1, whose distances vary like those of images."""
    rng = np.random.default_rng(0)
    patterns = rng.normal(size=(8, size)).cumsum(axis=1) / math.sqrt(size)
    counts = (samples, images)
    pictures = [0.5 + 0.2 * rng.normal(size=(n, 8)) @ patterns for n in counts]
    noisy = [picture + rng.normal(0, 0.05, picture.shape) for picture in pictures]
    first, second = (np.clip(picture, 0.0, 1.0) for picture in noisy)
    return first, second


def measure(samples: np.ndarray, images: np.ndarray, plain: int) -> Figures:
    """Time ours between two halves of the loop, and compare."""
    half = plain // 2
    before, first = clocked(lambda: loop(images[:half], samples, SIGMA))
    ours, found = clocked(lambda: log_likelihoods(images, samples, (SIGMA,))[0])
    after, second = clocked(lambda: loop(images[half:plain], samples, SIGMA))
    ours_all, _ = clocked(lambda: log_likelihoods(images, samples, SIGMAS))
    each_loop = Run((before.wall + after.wall) / plain, (before.cpu + after.cpu) / plain)
    each, each_all = (Run(t.wall / len(images), t.cpu / len(images)) for t in (ours, ours_all))
    expected = np.concatenate([first, second])
    difference = float(np.abs(found[:plain] / expected - 1.0).max())
    ratio = Run(each_loop.wall / each.wall, each_loop.cpu / each.cpu)
    return Figures(each_loop, each, each_all, ratio, difference)


def loop(images: np.ndarray, samples: np.ndarray, sigma: float) -> np.ndarray:
    """Log-likelihoods, computed one image at a time."""
    found = []
    for image in images:
        exponents = -((image - samples) ** 2).sum(axis=1) / (2.0 * sigma**2)
        top = exponents.max()
        found.append(top + np.log(np.exp(exponents - top).mean()))
    return np.array(found) - images.shape[1] * math.log(sigma * math.sqrt(2.0 * math.pi))


def clocked(work: Callable[[], np.ndarray]) -> tuple[Run, np.ndarray]:
    """Wall time and CPU time in seconds, and the result."""
    begun, spent = time.perf_counter(), time.process_time()
    found = work()
    return Run(time.perf_counter() - begun, time.process_time() - spent), found


if __name__ == "__main__":
    tyro.cli(main)
