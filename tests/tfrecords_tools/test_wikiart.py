"""The official WikiArt lists with thousands of paintings, compared with independent counts."""

import io
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from tests.tfrecords_tools.conversions import REPOSITORY, converted, records, shards
from tfrecords_tools.convert import collect
from tfrecords_tools.lists import wikiart_lists
from tfrecords_tools.options import Options

SHARED = Path(os.environ.get("ARTGAN_DATA", REPOSITORY.parent / "shared" / "data"))
LISTS, IMAGES = SHARED / "wikiart" / "lists", SHARED / "wikiart" / "images"
SUFFIXES = {"genre": ".csv", "artist": ""}  # genre's have all that style's have
needs_lists = pytest.mark.skipif(
    not (LISTS.is_dir() and IMAGES.is_dir()),
    reason="no wikiart/lists and wikiart/images in ../shared/data: set ARTGAN_DATA",
)
pytestmark = [pytest.mark.data, pytest.mark.slow, needs_lists]


class Row(NamedTuple):
    split: str
    path: str
    label: int


@dataclass
class Truth:
    """The contents of lists and files, found by simple means."""

    rows: list[Row]
    files: dict[str, str]  # row's path -> file below the images
    twice: dict[str, set[int]]  # path -> labels, if it has several
    missing: list[tuple[str, str]]

    def examples(self) -> list[tuple[str, str, int]]:
        """Return split, file and label of each image that must become a record."""
        kept = [row for row in self.rows if row.path in self.files and row.path not in self.twice]
        return [(row.split, self.files[row.path], row.label) for row in kept]


def plain_rows(task: str, split: str) -> list[Row]:
    rows = []
    for line in (LISTS / f"{task}_{split}{SUFFIXES[task]}").read_bytes().split(b"\n"):
        path, _, label = line.decode().rstrip("\r").rpartition(",")
        if label.isdecimal():
            rows.append(Row(split, path.rstrip(","), int(label)))
    return rows


def bare(name: str) -> str:
    """Return the characters that no wrong decoding changes."""
    return name.encode("ascii", "ignore").decode()


def truth_of(task: str) -> Truth:
    rows = [row for split in ("train", "val") for row in plain_rows(task, split)]
    stored = {
        (style, bare(name)): name
        for style in os.listdir(IMAGES)
        for name in os.listdir(IMAGES / style)
    }
    labels: dict[str, set[int]] = {}
    keys: dict[tuple[str, str], str] = {}
    files = {}
    for row in rows:
        labels.setdefault(row.path, set()).add(row.label)
        style, _, name = row.path.partition("/")
        key = style, bare(name)
        assert keys.setdefault(key, row.path) == row.path  # or this oracle would be ambiguous
        if key in stored:
            files[row.path] = f"{style}/{stored[key]}"
    assert len(stored) == sum(len(os.listdir(IMAGES / style)) for style in os.listdir(IMAGES))
    twice = {path: each for path, each in labels.items() if len(each) > 1}
    missing = [(r.split, r.path) for r in rows if r.path not in files and r.path not in twice]
    return Truth(rows, files, twice, missing)


def test_the_lists_of_styles_are_there() -> None:
    lists, classes = wikiart_lists(LISTS, "style")
    assert all(path.is_file() for path in (*lists.values(), classes) if path)


@pytest.mark.parametrize("task", SUFFIXES)
def test_every_row_becomes_a_record_of_its_label_or_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: Any
) -> None:
    out, truth = tmp_path / task, truth_of(task)
    found = collect(Options(IMAGES, out, wikiart_lists=LISTS, task=task))
    assert len(truth.examples()) > 1000
    assert Counter(found.examples) == Counter(truth.examples())
    lines = (LISTS / f"{task}_class").read_text().split("\n")
    assert list(found.class_names) == [x.split(" ", 1)[1].strip() for x in lines if x.strip()]

    monkeypatch.setattr("tfrecords_tools.convert.collect", lambda options: found)  # once is enough
    flags = ("--size", 8, "--encoding", "png", "--max-missing-fraction", 1, "--limit", 150)
    made = converted(IMAGES, out, "--wikiart-lists", LISTS, "--task", task, *flags)
    check_listing(made["listing"], truth)
    labels = {(split, path): label for split, path, label in truth.examples()}
    for split, counts in made["splits"].items():
        stored = records(shards(out, split))
        check_pictures(stored)
        assert all(labels[split, path] == label for path, label, _ in stored)
        assert counts["images"] == counts["records"] == len(stored) == 150
        of_class = Counter(found.class_names[label] for _, label, _ in stored)
        assert counts["classes"] == {name: of_class[name] for name in found.class_names}
        assert counts["bytes"] == sum(path.stat().st_size for path in shards(out, split))
    told = (out / "report.txt").read_text(encoding="utf-8")
    for path, both in truth.twice.items():
        assert f"{path}: labels {' and '.join(map(str, sorted(both)))}" in told


def check_listing(listing: dict[str, Any], truth: Truth) -> None:
    assert listing["rows"] == Counter(row.split for row in truth.rows)
    assert sorted(map(tuple, listing["missing"])) == sorted(truth.missing)
    assert {path: {*map(int, each)} for path, each in listing["dropped"].items()} == truth.twice
    assert listing["dropped_rows"] == Counter(r.split for r in truth.rows if r.path in truth.twice)
    paths = Counter(row.path for row in truth.rows if row.path not in truth.twice)
    assert len(listing["repeated"]) == sum(count - 1 for count in paths.values())
    renamed = {path: file for path, file in truth.files.items() if path != file}
    assert listing["renamed"] == renamed
    assert listing["matched"]["exact"] == len(truth.files) - len(renamed)
    assert sum(listing["matched"].values()) == len(truth.files)


def check_pictures(stored: list[tuple[str, int, bytes]]) -> None:
    """Each picture is close to its own file, and closer than to any other."""
    pictures = [np.asarray(Image.open(io.BytesIO(data)), float) for _, _, data in stored]
    files = [Image.open(IMAGES / path).convert("RGB") for path, _, _ in stored]
    small = [np.asarray(file.resize((8, 8), Image.Resampling.LANCZOS), float) for file in files]
    distances = np.abs(np.stack(pictures)[:, None] - np.stack(small)[None]).mean((2, 3, 4))
    assert (distances.argmin(1) == np.arange(len(stored))).all()
    assert distances.diagonal().max() < 4
