"""`tfrecords:DIR`: batches from shards written by `tfrecords_tools.convert`."""

import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from artgan_tf.config import Config, Data, InputError
from artgan_tf.data.failures import Reading
from artgan_tf.data.pipeline import Part, held_out_batches, training_batches
from artgan_tf.data.source import DamagedData, Source
from artgan_tf.data.spec import open_source
from artgan_tf.training.summary import about_data
from tests.data.streams import assert_same
from tests.tfrecords_tools.conversions import converted

SIDE, TRAIN, VAL, CLASSES = 16, 36, 12, ("blue", "green", "red")
HOW = [("raw", "center"), ("raw", "none"), ("png", "none"), ("jpeg", "center")]


def painting(split: str, index: int) -> np.ndarray:
    """Distinct, asymmetric paintings, wide and tall in turn; the strongest channel is the class."""
    height, width = [(SIDE, SIDE + 6), (SIDE + 9, SIDE)][index % 2]
    rows, columns = np.mgrid[:height, :width]
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = 2 * index + (split == "val")
    pixels[..., 1], pixels[..., 2] = 3 * rows, 4 * columns
    return pixels


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("source")
    for split, count in (("train", TRAIN), ("val", VAL)):
        for index in range(count):
            path = root / split / CLASSES[index % 3] / f"{index:02d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(painting(split, index)).save(path)
    return root


@pytest.fixture(scope="module")
def sets(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple, Path]:
    """The same paintings in each encoding, with three shards for `train`."""
    root = tmp_path_factory.mktemp("made")
    for encoding, crop in HOW:
        flags = ["--encoding", encoding, "--crop", crop, "--size", SIDE, "--shards", 3]
        flags += ["--quality", 100] if encoding == "jpeg" else []
        converted(folder, root / f"{encoding}-{crop}", *flags)
    return {how: root / "-".join(how) for how in HOW}


def opened(folder: Path, **changes: Any) -> tuple[Source, Data]:
    settings: dict[str, Any] = {"spec": f"tfrecords:{folder}", "image_size": SIDE, "cache_mb": 0}
    data = Data(**settings | changes)
    return open_source(data), data


def batches_of(folder: Path, steps: int, start: int = 0, **changes: Any) -> list:
    source, data = opened(folder, **changes)
    stream = training_batches(source.train, data, 9, seed=3, start_step=start)
    return list(stream.take(steps).as_numpy_iterator())


def places(image: np.ndarray, split: str = "train") -> tuple[int, int, int, bool]:
    """The painting in a crop: its index, the crop's corner, and whether it is mirrored."""
    mirrored = int(image[0, 0, 2]) > int(image[0, -1, 2])
    upright = image[:, ::-1] if mirrored else image
    index = (int(image[0, 0, 0]) - (split == "val")) // 2
    return index, int(upright[0, 0, 1]) // 3, int(upright[0, 0, 2]) // 4, mirrored


@pytest.mark.parametrize(("how", "cache_mb"), [*((how, 0) for how in HOW[:3]), (HOW[2], 64)])
def test_an_epoch_has_each_painting_once_cut_exactly(sets: dict, how: tuple, cache_mb: int) -> None:
    whole, seen = batches_of(sets[how], 9, cache_mb=cache_mb), []
    for images, labels in whole:
        for image, label in zip(images, labels, strict=True):
            index, top, left, mirrored = places(image)
            cut = painting("train", index)[top : top + SIDE, left : left + SIDE]
            np.testing.assert_array_equal(image, cut[:, ::-1] if mirrored else cut)
            assert label == index % 3
            seen.append((index, top, left, mirrored))
    first, second = ([index for index, *_ in seen[at : at + TRAIN]] for at in (0, TRAIN))
    assert sorted(first) == sorted(second) == list(range(TRAIN))
    assert first != second
    assert {mirrored for *_, mirrored in seen} == {True, False}
    corners = {(top, left) for _, top, left, _ in seen}
    assert len(corners) > 8 if how[1] == "none" else corners == {(0, 3), (4, 0)}
    tf.random.set_seed(99)  # what comes depends on seed and step alone
    assert_same(batches_of(sets[how], 4, 5, cache_mb=cache_mb), whole[5:])


@pytest.mark.slow
def test_workers_read_files_of_their_own(sets: dict) -> None:
    source, data = opened(sets["png", "none"])
    seen = []
    for index in range(3):
        stream = training_batches(source.train, data, 9, 3, part=Part(index, 3))
        for images, _ in stream.take(4).as_numpy_iterator():
            seen += [places(image)[0] for image in images]
    assert sorted(seen) == list(range(TRAIN))
    with pytest.raises(InputError, match="has 3 files for 4 workers: convert with --shards 4"):
        training_batches(source.train, data, 8, 3, part=Part(0, 4))


def test_jpegs_are_decoded_as_pillow_does(sets: dict) -> None:
    for images, _ in batches_of(sets["jpeg", "center"], 4, flip=False):
        for image in images.astype(int):
            index = round(float(np.median(image[..., 0])) / 2)
            full = painting("train", index).astype(int)
            top, left = (full.shape[0] - SIDE) // 2, (full.shape[1] - SIDE) // 2
            cut = full[top : top + SIDE, left : left + SIDE]
            assert np.abs(image - cut).max() <= 4  # quality 100 rounds, and colours are converted


@pytest.mark.parametrize("how", HOW[:3])
def test_held_out_paintings_come_once_cut_from_the_middle(sets: dict, how: tuple) -> None:
    source, data = opened(sets[how])
    batches = held_out_batches(source.val, data, 5)
    images = np.concatenate([images for images, _ in batches.as_numpy_iterator()])
    found = {places(image, "val")[0]: places(image, "val")[1:] for image in images}
    assert len(images) == VAL
    assert found == {i: [(0, 3, False), (4, 0, False)][i % 2] for i in range(VAL)}


def test_another_size_is_resized_and_enlarging_is_told(sets: dict) -> None:
    for side, told in ((8, False), (32, True)):
        ((images, _),) = batches_of(sets["png", "none"], 1, image_size=side)
        assert images.shape == (9, side, side, 3)
        source, data = opened(sets["png", "none"], image_size=side)
        line = about_data(Config(data=data), source)
        assert line.endswith("enlarged to 32 (convert them with --size 32)") == told


# ---- splits ----------------------------------------------------------------------------------
def test_parts_of_splits_and_a_set_without_a_held_out_split(folder: Path, tmp_path: Path) -> None:
    flags = ("--encoding", "png", "--val-fraction", 0, "--size", SIDE)
    converted(folder / "train", tmp_path / "one", *flags)
    for split in ("val_split", "train_split"):
        with pytest.raises(InputError, match=r"'valid'.*has train"):
            opened(tmp_path / "one", **{split: "valid"})
    with warnings.catch_warnings(action="error", category=UserWarning):
        source, _ = opened(tmp_path / "one", train_split="train[:10]", val_split="train[30:]")
    assert (source.train.count, source.val.count) == (10, 6)
    whole, data = opened(tmp_path / "one", val_fraction=0.25)
    assert (whole.train.count, whole.val.count) == (27, 9)
    with pytest.warns(UserWarning, match="^4 of the 8 held-out images of tfrecords:"):
        opened(tmp_path / "one", train_split="train[:32]", val_split="train[28:]")
    part, _ = opened(tmp_path / "one", train_split="train[4:24]", val_fraction=0.25)
    assert (part.train.count, part.val.count) == (15, 5)

    def shown(split: Any) -> list[int]:
        batches = held_out_batches(split, data, 5).as_numpy_iterator()
        return [places(image)[0] for images, _ in batches for image in images]

    order = shown(whole.train) + shown(whole.val)
    assert sorted(order) == list(range(TRAIN))
    assert (shown(part.train), shown(part.val)) == (order[4:19], order[19:24])


def test_a_bare_path_to_a_set_of_another_tool_is_read_too(sets: dict, tmp_path: Path) -> None:
    foreign = Path(shutil.copytree(sets["png", "none"], tmp_path / "foreign"))
    (foreign / "report.json").unlink()
    source, _ = opened(foreign, spec=str(foreign))
    assert source.class_names == CLASSES
    assert source.spec.startswith("tfrecords:")
    assert_same(batches_of(foreign, 4, spec=str(foreign)), batches_of(sets["png", "none"], 4))


# ---- mistakes --------------------------------------------------------------------------------
def test_a_damaged_record_is_told_or_left_out(sets: dict, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(sets[HOW[0]], tmp_path / "damaged"))
    (shard,) = copy.glob("*-train.tfrecord-00001-of-00003")
    content = bytearray(shard.read_bytes())
    content[len(content) // 4 + 40] ^= 1  # in the fourth record
    shard.write_bytes(content)
    source, data = opened(copy)
    with pytest.raises(DamagedData, match=rf"{shard.name} \(record 4 .*data.on_corrupt=skip"):
        list(Reading(training_batches(source.train, data, 9, seed=0).take(4), source.train))
    with pytest.warns(UserWarning, match=f"1 of {TRAIN} records of train .*: 1 in {shard.name}"):
        source, data = opened(copy, on_corrupt="skip")
    assert source.train.count == TRAIN - 1
    stream = training_batches(source.train, data, TRAIN - 1, seed=0)
    for images, _ in stream.take(2).as_numpy_iterator():
        assert len({places(image)[0] for image in images}) == TRAIN - 1


def test_what_is_no_data_set_is_refused(sets: dict, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a TFRecord data set"):
        opened(folder)
    copy = Path(shutil.copytree(sets[HOW[0]], tmp_path / "copy"))
    next(copy.glob("*-train*00001*")).unlink()
    with pytest.raises(InputError, match="00001-of-00003 is missing"):
        opened(copy)
    (copy / ".convert").mkdir()
    (copy / ".convert" / "plan.json").touch()
    with pytest.raises(InputError, match="is not finished"):
        opened(copy)
