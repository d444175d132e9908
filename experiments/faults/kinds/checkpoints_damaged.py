"""Damaged newest checkpoint: `fit`, `sample`, `evaluate`, `export` take the one before.

Truncated, a bit flipped, empty, an array missing or of another shape, NaN in one, a folder in its
place; with all three damaged each verb ends with a sentence.
"""

import random
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np

from experiments.faults.processes import Done, call, ended, fit, refused
from experiments.faults.runs import STEPS, copied
from experiments.faults.suite import Case, Lost

Damage = Callable[[Path], object]
NEWEST, BEFORE = f"step-{STEPS}.npz", f"step-{STEPS - 3}.npz"
KERNEL = "averaged/paint/kernel"


def _flip(place: float, file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[int(place * len(content))] ^= 1 << random.Random(place).randrange(8)
    file.write_bytes(content)


def _changed(change: Callable[[dict[str, np.ndarray]], object], file: Path) -> None:
    with np.load(file) as found:
        arrays = dict(found)
    change(arrays)
    with file.open("wb") as stream:
        np.savez(stream, **arrays)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGE: dict[str, Damage] = {
    "cut by 100 bytes": lambda file: file.write_bytes(file.read_bytes()[:-100]),
    "cut to a half": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "empty": lambda file: file.write_bytes(b""),
    "a bit, early": partial(_flip, 0.2),
    "a bit, late": partial(_flip, 0.7),
    "an array missing": partial(_changed, lambda arrays: arrays.pop(KERNEL)),
    "another shape": partial(_changed, lambda a: a.update({KERNEL: a[KERNEL][..., :2]})),
    "NaN": partial(_changed, lambda arrays: arrays[KERNEL].fill(np.nan)),
    "a folder": _folder,
}
VERBS: dict[str, Callable[[Path], tuple[object, ...]]] = {
    "fit": lambda run: fit(run, STEPS + 1, "log.checkpoint_every=3", "log.sample_every=100"),
    "sample": lambda run: ("artgan_tf.sample", run, "--count", 1, "--out", run / "a.png"),
    "evaluate": lambda run: ("artgan_tf.evaluate", run, "--metrics", "deviation_1k"),
    "export": lambda run: ("artgan_tf.export", run),
}


def cases(work: Path) -> Iterable[Case]:
    for damage in DAMAGE:
        for verb in VERBS:
            yield Case(f"{damage}: {verb}", partial(_newest, work, damage, verb))
    for verb in VERBS:
        yield Case(f"all empty: {verb}", partial(_all, work, verb))


def _call(verb: str, run: Path) -> Done:
    module, *arguments = VERBS[verb](run)
    return call(str(module), *arguments)


def _newest(work: Path, damage: str, verb: str) -> str:
    run = copied(work, "harmed")
    DAMAGE[damage](run / "checkpoints" / NEWEST)
    done = ended(_call(verb, run), rf"{NEWEST} cannot be used.*{BEFORE} is taken")
    if verb == "fit" and not (run / "checkpoints" / f"damaged-{STEPS}.npz").exists():
        raise Lost("the damaged file is gone")
    return next(line for line in done.err.splitlines() if "cannot be used" in line)[-250:]


def _all(work: Path, verb: str) -> None:
    run = copied(work, "harmed")
    for file in (run / "checkpoints").glob("*.npz"):
        file.write_bytes(b"")
    refused(_call(verb, run), 2, words="cannot be used")
