"""Real images in random order, generated ones by seed, labels in the data's proportions."""

import hashlib
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from artgan_tf.config import Data, RunError
from artgan_tf.data.source import Indexed, Split
from artgan_tf.data.spec import open_source
from artgan_tf.evaluation.images import (
    Images,
    generated_images,
    on_disk,
    proportional_labels,
    real_images,
)
from artgan_tf.runs.load import load
from tests.evaluation.material import images, peak
from tfrecords_tools.convert import convert
from tfrecords_tools.images import UnreadableImage
from tfrecords_tools.options import Options

SIZE = 8


# ---- labels -------------------------------------------------------------------------------------
@pytest.mark.parametrize("shares", [(1,), (3, 1), (1, 1, 1), (0, 5, 0, 2), (900, 90, 9, 1)])
def test_labels_follow_the_shares_at_every_count(shares):
    labels = proportional_labels(shares, 500)
    assert labels.dtype == np.int32
    wanted = np.array(shares) / sum(shares)
    for count in range(1, 501):
        given = np.bincount(labels[:count], minlength=len(shares))
        assert np.abs(given - wanted * count).max() < 1 + 1e-9
    assert set(labels.tolist()) == set(np.flatnonzero(shares).tolist())


def test_fewer_labels_are_the_first_ones():
    assert proportional_labels([3, 1], 8).tolist() == [0, 0, 1, 0, 0, 0, 1, 0]
    some = proportional_labels([7, 0, 3, 11, 2], 99)
    np.testing.assert_array_equal(some, proportional_labels([7, 0, 3, 11, 2], 300)[:99])


# ---- real images --------------------------------------------------------------------------------
def painting(index: int) -> np.ndarray:
    """Distinct paintings that a centre crop leaves unchanged."""
    return np.full((SIZE, SIZE + 2 * (index % 2), 3), (index, 255 - index, index % 3), np.uint8)


def write_folder(root: Path, count: int) -> Path:
    for index in range(count):
        path = root / ("train" if index % 4 else "val") / f"class {index % 3}" / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(painting(index)).save(path)
    return root


def taken(split: Split, file: Path) -> Images:
    return real_images(split, Data(image_size=SIZE), file, "images")


def numbers(found: Images) -> list[int]:
    """Number of the painting in each image, after checking its label."""
    assert found.pixels.shape == (found.count, SIZE, SIZE, 3)
    assert found.pixels.dtype == np.uint8
    for image, label in zip(found.pixels, found.labels, strict=True):
        index = int(image[0, 0, 0])
        np.testing.assert_array_equal(image, painting(index)[:, :SIZE])
        assert index % 3 == label
    return found.pixels[:, 0, 0, 0].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["folder", "tfrecords"])
def test_real_images_are_all_of_the_split_in_an_order_that_stays(kind, tmp_path):
    folder = write_folder(tmp_path / "folder", 140)
    if kind == "tfrecords":
        out = tmp_path / "shards"
        convert(Options(folder, out, size=SIZE, shards=3, workers=1, encoding="raw"))
        folder = out
    source = open_source(Data(spec=f"{kind}:{folder}", image_size=SIZE))
    first = numbers(taken(source.train, tmp_path / "a.npy"))
    assert sorted(first) == [index for index in range(140) if index % 4]
    assert first == numbers(taken(source.train, tmp_path / "b.npy"))
    assert 10 < Counter(index % 3 for index in first[:60])[0] < 30  # the source is sorted by class
    assert sorted(numbers(taken(source.val, tmp_path / "c.npy"))) == list(range(0, 140, 4))


def test_unreadable_images_are_left_out_and_labels_stay_with_their_pixels(tmp_path):
    bad = {0, 3, 4, 120, 229}

    def read(index: int) -> np.ndarray:
        if index in bad:
            raise UnreadableImage("it is broken")
        return painting(index)

    split = Indexed((np.arange(230) % 3).astype(np.int32), read)
    with pytest.warns(UserWarning, match=r"^5 unreadable images are skipped\.$") as told:
        found = taken(split, tmp_path / "some.npy")
    assert len(told) == 1
    assert sorted(numbers(found)) == [index for index in range(230) if index not in bad]
    assert isinstance(found.pixels, np.memmap)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*skipped")
def test_real_images_pass_through_little_memory(tmp_path):
    """24 MB of images, of which one is unreadable."""

    def read(index: int) -> np.ndarray:
        if index == 17:
            raise UnreadableImage("it is broken")
        return np.full((64, 64, 3), index % 256, np.uint8)

    split, data = Indexed(np.zeros(2000, np.int32), read), Data(image_size=64)
    assert peak(lambda: real_images(split, data, tmp_path / "all.npy", "images")) < 8e6


# ---- generated images ---------------------------------------------------------------------------
def painted(sampler: Any, count: int, seed: int, folder: Path) -> Images:
    labels = proportional_labels([2, 1, 1], count)
    return generated_images(sampler, labels, seed, folder / f"{count}-{seed}.npy", "generated")


def test_generated_image_is_a_function_of_its_place_label_and_seed(sampler, tmp_path):
    found = painted(sampler, 130, 3, tmp_path)
    for index in (0, 99, 100, 129):
        alone = sampler.generate([int(found.labels[index])], [3 * 10**9 + index])
        np.testing.assert_array_equal(found.pixels[index], alone[0])
    fewer = painted(sampler, 57, 3, tmp_path)
    np.testing.assert_array_equal(fewer.pixels, found.pixels[:57])
    np.testing.assert_array_equal(fewer.labels, found.labels[:57])


def fake_sampler(paint: Any, size: int = SIZE) -> Any:
    gan = SimpleNamespace(config=SimpleNamespace(data=SimpleNamespace(image_size=size)))
    generator = SimpleNamespace(weights=[])
    return SimpleNamespace(gan=gan, generator=generator, generate=paint)


def test_one_and_the_same_image_over_and_over_is_a_failed_run(tmp_path):
    def paint(labels: list[int], seeds: range, last: int = 7) -> np.ndarray:
        return np.stack([np.full((SIZE, SIZE, 3), last if s == 149 else 7) for s in seeds])

    with pytest.raises(RunError, match="All 150 generated images are one and the same"):
        painted(fake_sampler(paint), 150, 0, tmp_path)
    assert painted(fake_sampler(paint), 1, 0, tmp_path).count == 1
    varied = fake_sampler(lambda labels, seeds: paint(labels, seeds, 8))
    assert painted(varied, 150, 0, tmp_path).count == 150


@pytest.mark.slow
def test_weights_that_give_no_numbers_are_a_failed_run(improved, tmp_path):
    sampler = load(improved)
    for bad in (np.nan, np.inf, 3e38):  # the last one is finite, but its results are not
        for weight in sampler.trained.weights:
            weight.assign(np.full(weight.shape, bad))
        sampler.refresh()
        with pytest.raises(RunError, match=r"holds NaN or infinity: use another checkpoint\.$"):
            painted(sampler, 10, 0, tmp_path)


def test_generated_images_pass_through_little_memory(tmp_path):
    def paint(labels: list[int], seeds: range) -> np.ndarray:
        return np.stack([np.full((64, 64, 3), s % 5 == 4, np.uint8) for s in seeds])

    sampler = fake_sampler(paint, 64)
    assert peak(lambda: painted(sampler, 2000, 0, tmp_path)) < 8e6  # they take 24 MB


# ---- hashes -------------------------------------------------------------------------------------
def test_sha256_is_of_the_content_wherever_it_lies(tmp_path):
    one = images(120)
    copy = on_disk(tmp_path / "copy.npy", np.uint8, one.pixels.shape)
    copy[:] = one.pixels
    content = str(copy.shape).encode() + copy.tobytes() + one.labels.astype("<i4").tobytes()
    assert one.sha256 == hashlib.sha256(content).hexdigest()
    assert Images(copy, one.labels.astype(np.int64)).sha256 == one.sha256


def test_first_of_them():
    some = images(10)
    np.testing.assert_array_equal(some.first(4).pixels, some.pixels[:4])
    np.testing.assert_array_equal(some.first(4).labels, some.labels[:4])
    assert some.first(10) is some
    assert some.first(99).count == 10


def test_a_full_disk_is_a_failed_run_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=999))
    with pytest.raises(RunError, match=r"set TMPDIR to a roomier folder\.$"):
        on_disk(tmp_path / "large.npy", np.float32, (250,))
    assert not list(tmp_path.iterdir())
    assert on_disk(tmp_path / "small.npy", np.float32, (249,)).shape == (249,)
