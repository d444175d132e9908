"""SIGKILL of `export`, `evaluate`, `study` and `convert`; the same command then comes to its end.

Nothing unfinished has the name of a finished file, and no partial file stays.
"""

import random
import shutil
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from PIL import Image

from artgan_tf.evaluation import results
from experiments.faults.processes import TINY, call, ended, struck
from experiments.faults.runs import copied
from experiments.faults.suite import Case, Failed, Lost

TRIES, LONGEST = 20, 14.0  # number of kills, and maximum seconds until each
VERBS = ("export", "evaluate", "study", "convert")


def cases(work: Path) -> Iterable[Case]:
    for verb in VERBS:
        for number in range(1, TRIES + 1):
            yield Case(f"{verb} {number:02}", partial(_kill, work, verb, number))
        yield Case(f"{verb} afterwards", partial(_afterwards, work, verb))


def _place(work: Path, verb: str) -> Path:
    place = work / verb
    if verb in ("export", "evaluate") and not place.exists():
        copied(work, verb)
    return place


def _command(work: Path, verb: str) -> tuple[str, ...]:
    place = str(_place(work, verb))
    return {
        "export": ("artgan_tf.export", place),
        "evaluate": ("artgan_tf.evaluate", place, "--metrics", "pixel_diversity_1k"),
        "study": (
            *("artgan_tf.study", "demo", "--metrics", "pixel_diversity_1k", "--out", place),
            *("--seeds", "0", "1", "--set", *TINY, "train.steps=30", "log.checkpoint_every=5"),
        ),
        "convert": ("tfrecords_tools.convert", str(_paintings(work)), "--out", place),
    }[verb]


def _paintings(work: Path) -> Path:
    folder = work / "paintings" / "one"
    if not folder.exists():
        made = Path(f"{folder.parent}.part") / "one"
        made.mkdir(parents=True)
        for number in range(4000):
            image = Image.effect_noise((96, 96), 40).convert("RGB")
            image.save(made / f"{number:04}.jpg", quality=90)
        made.parent.rename(folder.parent)
    return folder.parent


def _kill(work: Path, verb: str, number: int) -> str:
    delay = LONGEST * random.Random(f"{verb} {number}").random()
    before = _whole(work, verb)
    done = struck(_command(work, verb), lambda elapsed: elapsed > delay)
    ended(done._replace(code=0))
    if lost := before - _whole(work, verb):
        raise Lost(f"{', '.join(sorted(lost)[:3])} are gone")
    return f"after {delay:.1f} s" if done.code < 0 else f"it took less than {delay:.1f} s"


def _whole(work: Path, verb: str) -> set[str]:
    """The finished outputs: versions, results, checkpoints and exports, shards."""
    place = work / verb
    if verb == "evaluate":
        return {str(i) for i, _ in enumerate(results.read(place / "metrics.jsonl"))}
    pattern = {"export": "export/*/[0-9]*", "study": "runs/*/*/study.json", "convert": "*of-*"}
    return {str(path.relative_to(place)) for path in place.glob(pattern[verb])}


def _afterwards(work: Path, verb: str) -> str:
    """The command ends, its output is complete, and the kills leave no trace."""
    place = _place(work, verb)
    ended(call(*_command(work, verb)))
    left = [p.name for p in place.rglob("*") if p.name.startswith((".tmp-", "part-"))]
    if left:
        raise Failed(f"left behind: {', '.join(left)}")
    if verb == "export":
        for version in place.glob("export/*/[0-9]*"):
            ended(call("artgan_tf.sample", version, "--count", 1, "--out", work / "a.png"))
    if verb == "convert":
        ended(call("tfrecords_tools.verify", place))
        ended(call("tfrecords_tools.convert", _paintings(work), "--out", work / "undisturbed"))
        for shard in place.glob("*of-*"):
            other = work / "undisturbed" / shard.name.replace(place.name, "undisturbed", 1)
            if other.read_bytes() != shard.read_bytes():
                raise Lost(f"{shard.name} has other bytes than one that nobody disturbed")
        shutil.rmtree(work / "undisturbed")
    return f"{len(_whole(work, verb))} whole"
