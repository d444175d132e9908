"""Compares our train step with others, with the same networks, losses and initial weights.

    python -m experiments.benchmarks.train_step [PRESET ...] [--batch 32] [--python TORCH/python]
    python -m experiments.benchmarks.train_step [PRESET ...] [--batch 32] --levers

*plain Keras* upsamples with `UpSampling2D` before each 3x3 convolution and uses Keras's own batch
norm and convolutions; *sessions* uses those layers in the structure of the public ArtGAN code.
`--python` names the interpreter of an environment with PyTorch, whose step is timed in several
layouts, each in a separate process.  All use the same batch and alternate, as does a large matrix
product, which gives the peak; a step is one D step and one G step.  Figures are medians.  With
`--levers` the contestants are ours with one optimization disabled at a time.

First, all compute the losses of a step from the same draws, without dropout and noise.  L_G is the
one after D's update.  If losses differ by more than a thousandth, the benchmark ends.
"""

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import tyro

from artgan_tf import cli
from artgan_tf.config import Config, resolve
from experiments.benchmarks import costs, measuring, peak
from experiments.benchmarks.contestants import Contestant, batch_of, fresh_gan, keras_step, quiet
from experiments.benchmarks.levers import without_each
from experiments.benchmarks.measuring import Times
from experiments.benchmarks.rivals.plain_keras import plain_layers
from experiments.benchmarks.rivals.session_step import session_step
from experiments.benchmarks.rivals.torch_rival import LAYOUTS, hand_over, torch_step

PRESETS = ("improved/cifar10", "improved/wikiart-genre", "artgan/cifar10")
MOST = 1e-3  # maximum relative difference of losses
OURS = "ours"


def main(
    presets: tyro.conf.Positional[tuple[str, ...]] = PRESETS,
    *,
    width: float = 1.0,
    batch: int = 0,
    precision: str = "float32",
    turns: int = 5,
    python: Path | None = None,
    layouts: tuple[str, ...] = LAYOUTS,
    levers: bool = False,
    out: Path | None = None,
) -> None:
    """Measure and print the results.

    Args:
        presets: presets to compare.
        width: width of the networks; 1 is the papers'.
        batch: images per step; 0 takes each preset's own.
        precision: float32 or mixed_bfloat16.
        turns: steps of each, after one to compile.
        python: interpreter of an environment with PyTorch.
        layouts: memory layouts for PyTorch.
        levers: compare ours with one optimization disabled at a time, instead of the others.
        out: a JSON file for all figures.
    """
    cli.start_tensorflow()
    known = measuring.machine() | versions() | {"width": width, "precision": precision}
    figures = {}
    for preset in presets:
        config = configuration(preset, width, batch, precision)
        figures[preset] = measure(config, turns, python, layouts, levers)
        measuring.print_table(rows(preset, figures[preset]))
        print(of_peak(figures[preset]), flush=True)
        measuring.save(known | figures, out)


def configuration(preset: str, width: float, batch: int, precision: str) -> Config:
    """A preset with one G step per D step, and with the given sizes."""
    changes = {"model.width": width, "train.precision": precision, "train.cifar_trick": False}
    return resolve(preset, changes | ({"train.batch_size": batch} if batch else {}))


def measure(
    config: Config, turns: int, python: Path | None, layouts: tuple[str, ...], levers: bool
) -> dict[str, Any]:
    """All figures for a preset."""
    with ExitStack() as stack:
        field = contestants(config, python, layouts, levers, stack)
        differences = compare(field)
        takes = {name: one.take for name, one in field.items()}
        takes |= {dtype: peak.product(dtype) for dtype in peak.TYPES}
        times: Times = {name: [] for name in takes}
        for turn in range(-1, turns):  # one extra turn, as starting a contestant empties caches
            for name, take in takes.items():
                run = take()
                times[name] += [run] if turn >= 0 else []
    count = config.train.batch_size
    graph = costs.step_graph(fresh_gan(config), count)
    return {
        "batch": count,
        "multiplications": costs.multiplications(graph) / count,
        "share": shares(times, costs.multiplications(graph), config.train.precision),
        "load_after": round(os.getloadavg()[0], 1),
        "differences": differences,
        "times": times,
    }


def contestants(
    config: Config, python: Path | None, layouts: tuple[str, ...], levers: bool, stack: ExitStack
) -> dict[str, Contestant]:
    """All contestants, started; PyTorch's processes live as long as the stack."""
    batch = batch_of(config)
    field = {OURS: keras_step(config, batch)}
    if levers:
        return field | without_each(config, batch)
    with plain_layers():
        field["plain Keras"] = keras_step(config, batch)
        field["sessions"] = session_step(config, batch)
    if python:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        hand_over(folder, config, fresh_gan(quiet(config)), batch)
        for layout in layouts:
            rival = torch_step(python, folder, layout, config.train.precision)
            field[f"PyTorch, {layout}"] = stack.enter_context(rival)
    return field


def compare(field: Mapping[str, Contestant]) -> dict[str, float]:
    """Relative difference of each contestant's losses from ours, the larger of both losses."""
    ours = field[OURS].losses
    differences = {
        name: max(abs(a / b - 1.0) for a, b in zip(one.losses, ours, strict=True))
        for name, one in field.items()
    }
    for name, difference in differences.items():
        if not difference <= MOST:
            raise SystemExit(f"{name}: losses differ by {difference:.0e}: compare nothing.")
    return differences


def shares(times: Times, multiplications: float, precision: str) -> list[float]:
    """Our speed relative to the precision's peak, by wall time and by CPU time."""
    dtype = precision.removeprefix("mixed_")
    taken = measuring.ratio(times, dtype, OURS)
    return [multiplications / peak.MULTIPLICATIONS * ratio for ratio in taken]


def rows(preset: str, found: Mapping[str, Any]) -> list[list[str]]:
    """Rows of a preset's table."""
    head = [f"{preset}, batch {found['batch']}", "images/s", "CPU ms an image"]
    table = [[*head, "ours times faster", "by CPU time", "losses differ by"]]
    times, count = found["times"], found["batch"]
    for name, difference in found["differences"].items():
        cpu = 1e3 * median(run.cpu for run in times[name]) / count
        ratios = [f"{ratio:.2f}" for ratio in measuring.ratio(times, name, OURS)]
        rate = f"{measuring.rate(times, name, count):.1f}"
        table.append([name, rate, f"{cpu:.0f}", *ratios, f"{difference:.0e}"])
    return table


def of_peak(found: Mapping[str, Any]) -> str:
    """A line with the share of the peak."""
    by_clock, by_cpu = (f"{100 * share:.0f} %" for share in found["share"])
    speeds = []
    for dtype in peak.TYPES:
        cpu = median(run.cpu for run in found["times"][dtype])
        speeds.append(f"{dtype} {2e-9 * peak.MULTIPLICATIONS / cpu:.0f}")
    return (
        f"{found['multiplications'] / 1e6:,.0f} million multiplications an image; ours at "
        f"{by_clock} of the peak, by CPU time {by_cpu}.  Peak, thousand million operations a CPU "
        f"second: {', '.join(speeds)}.  Load after: {found['load_after']}.\n"
    )


def versions() -> dict[str, Any]:
    """Versions of the libraries, and the GPUs they may use."""
    import keras
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # it warns of many functions, one per contestant
    gpus = [
        tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    return {"tensorflow": tf.__version__, "keras": keras.__version__, "gpus": gpus}


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    cli.main(main, "python -m experiments.benchmarks.train_step")
