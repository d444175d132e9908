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

SHARED = Path(os.environ.get("ARTGAN_DATA", REPOSITORY.parent / "shared" / "data"))
LISTS, IMAGES = SHARED / "wikiart" / "lists", SHARED / "wikiart" / "images"
SUFFIXES = {"genre": ".csv", "style": ".csv", "artist": ""}
CLASSES = {"genre": "genre_class", "style": "style_class.txt", "artist": "artist_class"}
FLAGS = ("--size", 8, "--encoding", "png", "--max-missing-fraction", 1, "--shards", 3)

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

    def found(self) -> list[tuple[str, str, int]]:
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


class Made(NamedTuple):
    task: str
    out: Path
    report: dict[str, Any]
    truth: Truth


@pytest.fixture(scope="module", params=SUFFIXES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    task = request.param
    out = tmp_path_factory.mktemp(task) / task
    flags = ("--wikiart-lists", LISTS, "--task", task, *FLAGS)
    return Made(task, out, converted(IMAGES, out, *flags), truth_of(task))


def test_every_listed_image_becomes_one_record_of_its_label(made: Made) -> None:
    for split in ("train", "val"):
        expected = [(path, label) for of, path, label in made.truth.found() if of == split]
        found = records(shards(made.out, split))
        assert len(expected) > 500
        assert sorted((path, label) for path, label, _ in found) == sorted(expected)


def test_the_records_are_pictures_of_their_files(made: Made) -> None:
    """Each image is close to its own file, and closer than to any other."""
    sample = records(shards(made.out, "val"))[::19]
    stored = np.stack([np.asarray(Image.open(io.BytesIO(data)), float) for _, _, data in sample])
    files = [Image.open(IMAGES / path).convert("RGB") for path, _, _ in sample]
    small = [np.asarray(file.resize((8, 8), Image.Resampling.LANCZOS), float) for file in files]
    distances = np.abs(stored[:, None] - np.stack(small)[None]).mean((2, 3, 4))
    assert (distances.argmin(1) == np.arange(len(sample))).all()
    assert distances.diagonal().max() < 4


def test_the_report_counts_images_and_classes(made: Made) -> None:
    lines = (LISTS / CLASSES[made.task]).read_text().split("\n")
    names = [line.split(" ", 1)[1].strip() for line in lines if line.strip()]
    assert made.report["classes"] == names
    for split, counts in made.report["splits"].items():
        labels = Counter(label for of, _, label in made.truth.found() if of == split)
        assert counts["images"] == counts["records"] == labels.total()
        assert counts["skipped"] == 0
        assert counts["classes"] == {name: labels[index] for index, name in enumerate(names)}
        assert counts["bytes"] == sum(path.stat().st_size for path in shards(made.out, split))


def test_the_report_tells_what_happened_to_each_row(made: Made) -> None:
    listing, truth = made.report["listing"], made.truth
    assert listing["rows"] == Counter(row.split for row in truth.rows)
    assert sorted(map(tuple, listing["missing"])) == sorted(truth.missing)
    assert {path: sorted(map(int, each)) for path, each in listing["dropped"].items()} == {
        path: sorted(each) for path, each in truth.twice.items()
    }
    assert listing["dropped_rows"] == Counter(r.split for r in truth.rows if r.path in truth.twice)
    paths = Counter(row.path for row in truth.rows if row.path not in truth.twice)
    assert len(listing["repeated"]) == sum(count - 1 for count in paths.values())
    renamed = {path: file for path, file in truth.files.items() if path != file}
    assert listing["renamed"] == renamed
    assert listing["matched"]["exact"] == len(truth.files) - len(renamed)
    assert sum(listing["matched"].values()) == len(truth.files)
    assert made.task == "artist" or any(bare(path) != path for path in renamed)
    for path, labels in truth.twice.items():
        told = f"{path}: labels {' and '.join(map(str, sorted(labels)))}"
        assert told in (made.out / "report.txt").read_text(encoding="utf-8")
