"""Compares the speed of an exported generator with PyTorch and ONNX Runtime.

    python -m experiments.benchmarks.sampling [PRESET ...] [--batch 16] [--python TORCH/python]

The contestants are the SavedModel's signature `generate`, its `generator.onnx` in ONNX Runtime, and
the same generator in eager PyTorch, in a separate process with the interpreter `--python`. All map
the same latents to uint8 pictures with the same weights and statistics; if pictures differ by more
than a grey level, the benchmark ends. They alternate, with several calls per turn; figures are
medians.
"""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tyro

from artgan_tf import cli
from artgan_tf.config import Config, resolve
from experiments.benchmarks import measuring
from experiments.benchmarks.contestants import CLASSES, clocked, fresh_gan
from experiments.benchmarks.measuring import Run, Times
from experiments.benchmarks.rivals.torch_rival import spec, torch_process
from experiments.benchmarks.train_step import PRESETS, versions

LAYOUTS = ("contiguous", "channels-last")
LEVELS = 1  # maximum difference of pictures, in grey levels
OURS = "SavedModel"


class Contestant(NamedTuple):
    """A function that times a turn, and the pictures of the shared latents."""

    take: Callable[[], Run]
    pictures: np.ndarray


def main(
    presets: tyro.conf.Positional[tuple[str, ...]] = PRESETS,
    *,
    width: float = 1.0,
    batch: int = 16,
    calls: int = 10,
    turns: int = 7,
    python: Path | None = None,
    out: Path | None = None,
) -> None:
    """Measure and print the results.

    Args:
        presets: presets of the generators, which get random weights.
        width: width of the generators; 1 is the papers'.
        batch: pictures per call.
        calls: calls per turn.
        turns: turns of each contestant.
        python: interpreter of an environment with PyTorch.
        out: a JSON file for all figures.
    """
    cli.start_tensorflow()
    known = measuring.machine() | versions() | {"width": width, "batch": batch, "calls": calls}
    figures = {}
    for preset in presets:
        config = resolve(preset, {"model.width": width})
        times = measure(config, batch, calls, turns, python)
        figures[preset] = {"times": times, "load_after": round(os.getloadavg()[0], 1)}
        measuring.print_table(rows(preset, times, batch * calls))
        print(f"Load after: {figures[preset]['load_after']}.\n", flush=True)
        measuring.save(known | figures, out)


def measure(config: Config, batch: int, calls: int, turns: int, python: Path | None) -> Times:
    """All times for a preset."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        field = contestants(config, batch, calls, python, folder, stack)
        compare(field)
        times: Times = {name: [] for name in field}
        for turn in range(-1, turns):  # the first turn warms caches
            for name, sampler in field.items():
                run = sampler.take()
                times[name] += [run] if turn >= 0 else []
    return times


def contestants(
    config: Config, batch: int, calls: int, python: Path | None, folder: Path, stack: ExitStack
) -> dict[str, Contestant]:
    """All contestants, started; PyTorch's processes live as long as the stack."""
    from artgan_tf.sampler import Sampler
    from artgan_tf.serving.saved_model import ExportOptions, write

    sampler = Sampler(fresh_gan(config), [f"class {index}" for index in range(CLASSES)])
    write(sampler, folder / "1", ExportOptions(onnx=True))
    z, labels = np.array(sampler.latents(range(batch))), np.arange(batch, dtype=np.int32) % CLASSES
    field = {
        OURS: repeated(saved_model(folder / "1", z, labels), calls),
        "ONNX Runtime": repeated(onnx_runtime(folder / "1", z, labels), calls),
    }
    if python:
        hand_over(folder, config, sampler, z, labels)
        for layout in LAYOUTS:
            process = torch_process(python, "torch_sampling", str(folder), layout, str(calls))
            _, take = stack.enter_context(process)
            field[f"PyTorch, {layout}"] = Contestant(take, np.load(folder / f"{layout}.npy"))
    return field


def saved_model(folder: Path, z: Any, labels: Any) -> Callable[[], np.ndarray]:
    """The SavedModel's function, as TensorFlow Serving calls it."""
    import tensorflow as tf

    generate = tf.saved_model.load(str(folder)).signatures["generate"]
    inputs = {"z": tf.constant(z), "label": tf.constant(labels)}
    return lambda: generate(**inputs)["images"].numpy()


def onnx_runtime(folder: Path, z: Any, labels: Any) -> Callable[[], np.ndarray]:
    """ONNX Runtime on all cores, its default."""
    import onnxruntime

    from artgan_tf.serving.saved_model import EXTRA, ONNX

    file = folder / EXTRA / ONNX
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    inputs = {"z": z, "label": labels}
    return lambda: session.run(["images"], inputs)[0]


def hand_over(folder: Path, config: Config, sampler: Any, z: Any, labels: Any) -> None:
    """Write PyTorch's inputs: the configuration, weights, statistics and latents."""
    arrays = {"z": z, "labels": labels.astype(np.int64)}
    generator = sampler.generator
    for key, variables in (
        ("g", generator.trainable_variables),
        (
            "s",
            [
                v
                for norm in sampler.standing.norms
                for v in (norm.moving_mean, norm.moving_variance)
            ],
        ),
    ):
        arrays |= {f"{key}_{i:03d}": variable.numpy() for i, variable in enumerate(variables)}
    (folder / "spec.json").write_text(json.dumps(spec(config)), encoding="utf-8")
    np.savez(folder / "arrays.npz", **arrays)


def repeated(paint: Callable[[], np.ndarray], calls: int) -> Contestant:
    """A contestant in this process, after its first call."""

    def turn() -> None:
        for _ in range(calls):
            paint()

    return Contestant(lambda: clocked(turn), paint())


def compare(field: Mapping[str, Contestant]) -> None:
    """Check that all contestants give our pictures."""
    ours = field[OURS].pictures.astype(int)
    for name, sampler in field.items():
        apart = int(np.abs(sampler.pictures.astype(int) - ours).max())
        if apart > LEVELS:
            raise SystemExit(f"{name}: pictures differ by {apart} grey levels: compare nothing.")


def rows(preset: str, times: Times, count: int) -> list[list[str]]:
    """Rows of a preset's table."""
    table = [[preset, "pictures/s", "CPU ms a picture", "ours times faster", "by CPU time"]]
    for name in times:
        cpu = 1e3 * float(np.median([run.cpu for run in times[name]])) / count
        ratios = [f"{ratio:.2f}" for ratio in measuring.ratio(times, name, OURS)]
        table.append([name, f"{measuring.rate(times, name, count):.0f}", f"{cpu:.1f}", *ratios])
    return table


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    cli.main(main, "python -m experiments.benchmarks.sampling")
