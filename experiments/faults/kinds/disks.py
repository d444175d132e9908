"""Full and read-only disks under `fit`, `sample`, `evaluate`, `export`, `study`, `convert`.

Expects a sentence and exit code 1, no partial file, and existing files still readable.
"""

import shutil
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from artgan_tf.runs.checkpoints import latest_step
from artgan_tf.runs.directory import RunDirectory
from experiments.faults.places import disk, fill, read_only
from experiments.faults.processes import TINY, call, ended, fit, refused, struck
from experiments.faults.runs import STEPS, trained
from experiments.faults.suite import Case, Failed, Lost

SIZE, PAGE, LONG = 2**25, 4096, 1500
EVERY = ("log.checkpoint_every=3", "log.sample_every=4")
SELDOM = ("log.checkpoint_every=3", "log.sample_every=500")  # so that pictures do not fill the disk
FREE = {"no page": 0, "a page": PAGE, "most of a checkpoint": 2**18}


def cases(work: Path) -> Iterable[Case]:
    for verb in ("fit", "sample", "evaluate", "export", "study"):
        for room, free in FREE.items():
            yield Case(f"{verb}, {room} free", partial(_full, work, verb, free))
        yield Case(f"{verb}, read-only", partial(_read_only, work, verb))
    yield Case("fit, full for a while", partial(_while_it_trains, work, 2.0), shown=True)
    yield Case("fit, full to the end", partial(_while_it_trains, work, 1e9), shown=True)
    yield Case("sample of a run on a read-only disk", partial(_reading, work))


def _command(verb: str, place: Path) -> tuple[object, ...]:
    run = place / "run"
    tiny = ("--set", *TINY, "train.steps=2")
    return {
        "fit": fit(run, STEPS + 9, *EVERY),
        "sample": ("artgan_tf.sample", run, "--count", 20, "--out", place / "a.png"),
        "evaluate": ("artgan_tf.evaluate", run, "--metrics", "pixel_diversity_1k"),
        "export": ("artgan_tf.export", run),
        "study": ("artgan_tf.study", "demo", "--out", place / "study", *tiny),
    }[verb]


def _prepared(work: Path, place: Path) -> list[bytes]:
    shutil.copytree(trained(work), place / "run")
    return _checkpoints(place)


def _checkpoints(place: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted((place / "run/checkpoints").glob("*.npz"))]


def _full(work: Path, verb: str, free: int) -> str:
    with disk(work / "disk", SIZE) as place:
        before = _prepared(work, place)
        fill(place, free)
        module, *arguments = _command(verb, place)
        done = call(str(module), *arguments)
        if done.code:
            refused(done, 1, words="the disk is full|No space")
        _nothing_left(place)
        if (
            _checkpoints(place)[: len(before)] != before
            and latest_step(place / "run/checkpoints") == STEPS
        ):
            raise Lost("the checkpoints are others")
        (place / "others").unlink()
        ended(call(str(module), *arguments))
    return done.err.strip().splitlines()[-1][-250:] if done.code else "there was room"


def _read_only(work: Path, verb: str) -> str:
    with disk(work / "disk", SIZE) as place:
        before = _prepared(work, place)
        read_only(place)
        module, *arguments = _command(verb, place)
        done = refused(call(str(module), *arguments), 1, words="ead-only")
        if _checkpoints(place) != before:
            raise Lost("the checkpoints are others")
    return done.err.strip().splitlines()[-1][-250:]


def _while_it_trains(work: Path, seconds: float) -> str:
    """The disk is full from some step on, for a while or for good; no training is lost."""
    with disk(work / "disk", SIZE) as place:
        _prepared(work, place)
        history, full = place / "run/history.jsonl", list[float]()

        def watch(elapsed: float) -> bool:
            if not full and history.read_bytes().count(b"d_loss") >= STEPS + 20:
                fill(place, 0)
                full.append(elapsed)
            if full and elapsed > full[0] + seconds:
                (place / "others").unlink(missing_ok=True)
            return False

        done = struck(fit(place / "run", LONG, *SELDOM), watch)
        said = "It is tried again at the next interval"
        if seconds < 100:
            ended(done, said)
        else:
            refused(done, 1, words=f"{said}(.|\n)*the disk is full. The same command goes on")
            _nothing_left(place)
            (place / "others").unlink()
            ended(call(*fit(place / "run", LONG, *SELDOM)))
        steps = [row["step"] for row in RunDirectory(place / "run").history() if "d_loss" in row]
        if steps != list(range(1, LONG + 1)):
            raise Lost(f"the history has {len(steps)} steps of {LONG}")
    return "the history has every step"


def _reading(work: Path) -> None:
    with disk(work / "disk", SIZE) as place:
        _prepared(work, place)
        read_only(place)
        ended(call("artgan_tf.sample", place / "run", "--count", 1, "--out", work / "a.png"))


def _nothing_left(place: Path) -> None:
    left = [path.name for path in place.rglob("*") if path.name.startswith((".tmp-", "part-"))]
    if left:
        raise Failed(f"left behind: {', '.join(left)}")
