"""Runs conversions, and reads their output without the converter's code."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from PIL import Image

from artgan_tf.data.demo_paintings import CLASS_NAMES
from tests.demo import gallery
from tfrecords_tools import convert as verb
from tfrecords_tools import writing
from tfrecords_tools.common import cli
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.options import Options

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "tfrecords_tools.convert"]
Done = subprocess.CompletedProcess[str]


def convert(source: Path, out: Path, *flags: object) -> Done:
    """Run `convert` in this process; no workers start, unless `flags` name their number."""
    said, told = io.StringIO(), io.StringIO()
    runner = writing.RUNNERS["local"] if "--workers" in flags else _without_workers
    words = [str(source), "--out", str(out), *map(str, flags)]
    with (
        patch.dict(writing.RUNNERS, local=runner),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(told),
        pytest.raises(SystemExit) as exit_,
    ):
        cli.main(verb.convert, "convert", words, Options)
    return Done(words, int(exit_.value.code or 0), said.getvalue(), told.getvalue())


def _without_workers(work: Any, shards: Any, workspace: Any, *_: object) -> Iterator[list]:
    for shard in shards:
        yield [work(shard, notes=workspace.notes(shard), advance=lambda size, skipped: None)]


def convert_apart(source: Path, out: Path, *flags: object, **env: str) -> Done:
    """Run `convert` in a separate process; upper-case keywords set environment variables."""
    return subprocess.run(
        [*COMMAND, str(source), "--out", str(out), *map(str, flags)],
        cwd=REPOSITORY, env=os.environ | env, capture_output=True, text=True, timeout=200,
    )  # fmt: skip


def converted(source: Path, out: Path, *flags: object) -> dict[str, Any]:
    """Return the report of a conversion that must succeed."""
    done = convert(source, out, *flags)
    assert done.returncode == 0, done.stderr
    return report(out)


def report(out: Path) -> dict[str, Any]:
    return json.loads((out / "report.json").read_text(encoding="utf-8"))


def refused(source: Path, out: Path, *flags: object) -> str:
    """Return the single error message of a conversion that must be refused."""
    return sentence(convert(source, out, *flags))


def sentence(done: Done, code: int = 2) -> str:
    """Return the single error message of a conversion that failed."""
    return the_error(done.returncode, done.stderr, code)


def refusal(call: Callable[..., object], *arguments: Any) -> str:
    """Return the sentence with which a call refuses its arguments."""
    with pytest.raises(InputError) as caught:
        call(*arguments)
    said = str(caught.value)
    assert "\n" not in said
    assert said.endswith(".")
    return said


def the_error(found: int | str | None, printed: str, code: int = 2) -> str:
    assert "Traceback" not in printed, printed
    assert found == code, printed
    lines = printed.splitlines()
    (error,) = (line for line in lines if line.startswith("error: "))
    assert error == lines[-1]  # one line, and nothing after it
    assert error[-1] in ".?"
    return error


# ---- sources ---------------------------------------------------------------------------------
def paintings(root: Path, count: int, size: int = 20, classes: int = 3) -> Path:
    """Write class folders with `count` PNGs of paintings in all, each cropped to another shape."""
    images, labels = gallery(0, 0, -(-count // classes) * len(CLASS_NAMES), size)
    chosen = [pair for pair in zip(images, labels, strict=True) if pair[1] < classes][:count]
    for index, (image, label) in enumerate(chosen):
        path = root / CLASS_NAMES[label] / f"{index:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cut = image[: size - 3 * (index % 4), : size - 2 * (index % 3)] if size > 19 else image
        Image.fromarray(cut).save(path, compress_level=1)
    return root


def pictures(root: Path, *names: str) -> Path:
    """Write small pictures, red as their number is, to these paths below a folder; return it."""
    for index, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (12, 10), (index, 0, 0)).save(root / name)
    return root


def below(root: Path) -> list[str]:
    """Return the paths of all files below a folder."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


# ---- results ---------------------------------------------------------------------------------
def content(folder: Path) -> dict[str, bytes]:
    """Return everything in a folder, including hidden files and subfolders."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"folder"
        for path in folder.rglob("*")
    }


def shards(out: Path, split: str = "*") -> list[Path]:
    return sorted(out.glob(f"*-{split}.tfrecord-*"))


def records(files: Sequence[Path]) -> list[tuple[str, int, bytes]]:
    """Return path, label and image of each record, as TensorFlow reads them."""
    import tensorflow as tf

    found = []
    for data in tf.data.TFRecordDataset([str(file) for file in files]).as_numpy_iterator():
        feature = tf.train.Example.FromString(data).features.feature
        image = feature["image" if "image" in feature else "image/value"].bytes_list.value[0]
        path = feature["path"].bytes_list.value[0].decode()
        found.append((path, feature["label"].int64_list.value[0], image))
    return found
