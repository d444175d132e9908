"""Damaged newest checkpoint: `fit`, `sample`, `evaluate`, `export` take the one before.

Damages: truncated, a flipped bit, empty, an array missing or of another shape, NaN in an array, a
folder instead of the file; if all three are damaged, each verb ends with a sentence.
"""

import random
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np

from artgan_tf.runs.checkpoint_file import Unusable, read
from experiments.faults.processes import Done, call, ended, fit, refused
from experiments.faults.runs import STEPS, copied, trained
from experiments.faults.suite import Case, Lost

Damage = Callable[[Path], object]
BITS = 1000
NEWEST, BEFORE = f"step-{STEPS}.npz", f"step-{STEPS - 3}.npz"
KERNEL = "averaged/paints/0/kernel"  # kernel of the smallest RGB skip of the demo's G


def _flip(file: Path) -> None:
    """Flip a bit of a weight."""
    content = bytearray(file.read_bytes())
    with np.load(file) as found:
        start = content.index(found[KERNEL].tobytes())
    content[start + 2] ^= 1
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
    "a bit of a weight": _flip,
    "the list at its end": lambda file: file.write_bytes(file.read_bytes()[:-900] + bytes(900)),
    "an array missing": partial(_changed, lambda arrays: arrays.pop(KERNEL)),
    "another shape": partial(_changed, lambda a: a.update({KERNEL: a[KERNEL][..., :2]})),
    "NaN": partial(_changed, lambda arrays: arrays[KERNEL].fill(np.nan)),
    "a folder": _folder,
}
VERBS: dict[str, Callable[[Path], tuple[object, ...]]] = {
    "fit": lambda run: fit(run, STEPS + 1, "log.checkpoint_every=3", "log.sample_every=100"),
    "sample": lambda run: ("artgan_tf.sample", run, "--count", 1, "--out", run / "a.png"),
    "evaluate": lambda run: ("artgan_tf.evaluate", run, "--metrics", "pixel_diversity_1k"),
    "export": lambda run: ("artgan_tf.export", run),
}


def cases(work: Path) -> Iterable[Case]:
    for damage in DAMAGE:
        for verb in VERBS:
            yield Case(f"{damage}: {verb}", partial(_newest, work, damage, verb))
    for verb in VERBS:
        yield Case(f"all empty: {verb}", partial(_all, work, verb))
    yield Case(f"{BITS} single bits: read", partial(_bits, work), shown=True)


def _call(verb: str, run: Path) -> Done:
    module, *arguments = VERBS[verb](run)
    return call(str(module), *arguments)


def _newest(work: Path, damage: str, verb: str) -> str:
    run = copied(work, "harmed")
    DAMAGE[damage](run / "checkpoints" / NEWEST)
    done = ended(_call(verb, run), rf"{NEWEST} cannot be used.*Using {BEFORE} instead")
    if verb == "fit" and not (run / "checkpoints" / f"damaged-{STEPS}.npz").exists():
        raise Lost("the damaged file is gone")
    return next(line for line in done.err.splitlines() if "cannot be used" in line)[-250:]


def _bits(work: Path) -> str:
    """Each flip is noticed or changes nothing, as a ZIP file has dates and other unused fields."""
    file, chance, noticed = trained(work) / "checkpoints" / NEWEST, random.Random(0), 0
    good, content = read(file).arrays, file.read_bytes()
    for _ in range(BITS):
        spoilt, place = bytearray(content), chance.randrange(len(content))
        spoilt[place] ^= 1 << chance.randrange(8)
        (work / NEWEST).write_bytes(spoilt)
        try:
            found = read(work / NEWEST).arrays
        except Unusable:
            noticed += 1
            continue
        if found.keys() != good.keys() or any((found[k] != good[k]).any() for k in good):
            raise Lost(f"a bit of byte {place} changes the state, and nobody notices")
    return f"{noticed} noticed, {BITS - noticed} without effect"


def _all(work: Path, verb: str) -> None:
    run = copied(work, "harmed")
    for file in (run / "checkpoints").glob("*.npz"):
        file.write_bytes(b"")
    refused(_call(verb, run), 2, words="cannot be used")
