"""`tfrecords:DIR`: batches from shards written by `tfrecords_tools.convert`."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from artgan_tf import cli
from artgan_tf.config import Config, Data, InputError, RunError
from artgan_tf.data.pipeline import Part, held_out_batches, training_batches
from artgan_tf.data.source import Source
from artgan_tf.data.spec import open_source
from artgan_tf.fit import fit
from artgan_tf.training.summary import about_data
from artgan_tf.training.train import train
from tests.conftest import tiny_overrides
from tfrecords_tools.convert import convert
from tfrecords_tools.options import Options

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
def converted(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple, Path]:
    """The same paintings in each encoding, with three shards for `train`."""
    made = {}
    for encoding, crop in HOW:
        made[encoding, crop] = tmp_path_factory.mktemp("made") / f"{encoding}-{crop}"
        options: dict[str, Any] = {"encoding": encoding, "crop": crop}
        options |= {"quality": 100} if encoding == "jpeg" else {}
        out = made[encoding, crop]
        convert(Options(folder, out, size=SIDE, shards=3, workers=1, **options))
    return made


def opened(folder: Path, **changes: Any) -> tuple[Source, Data]:
    settings: dict[str, Any] = {"spec": f"tfrecords:{folder}", "image_size": SIDE}
    data = Data(**settings | {"cache_mb": 0} | changes)
    return open_source(data), data


def batches_of(folder: Path, steps: int, start: int = 0, batch: int = 9, **changes: Any) -> list:
    source, data = opened(folder, **changes)
    stream = training_batches(source.train, data, batch, seed=3, start_step=start)
    return [(images, labels) for images, labels in stream.take(steps).as_numpy_iterator()]


def places(image: np.ndarray, split: str = "train") -> tuple[int, int, int, bool]:
    """The painting in a crop: its index, the crop's corner, and whether it is mirrored."""
    mirrored = int(image[0, 0, 2]) > int(image[0, -1, 2])
    upright = image[:, ::-1] if mirrored else image
    index = (int(image[0, 0, 0]) - (split == "val")) // 2
    return index, int(upright[0, 0, 1]) // 3, int(upright[0, 0, 2]) // 4, mirrored


@pytest.mark.slow
@pytest.mark.parametrize("how", HOW[:3])
@pytest.mark.parametrize("cache_mb", [0, 64])
def test_an_epoch_shows_every_painting_once_cut_out_of_it_exactly(
    converted: dict, how: tuple, cache_mb: int
) -> None:
    seen = []
    for images, labels in batches_of(converted[how], TRAIN // 9, cache_mb=cache_mb):
        for image, label in zip(images, labels, strict=True):
            index, top, left, mirrored = places(image)
            cut = painting("train", index)[top : top + SIDE, left : left + SIDE]
            np.testing.assert_array_equal(image, cut[:, ::-1] if mirrored else cut)
            assert label == index % 3
            seen.append((index, top, left, mirrored))
    assert sorted(index for index, *_ in seen) == list(range(TRAIN))
    assert {mirrored for *_, mirrored in seen} == {True, False}
    corners = {(top, left) for _, top, left, _ in seen}
    assert len(corners) > 8 if how[1] == "none" else corners == {(0, 3), (4, 0)}


@pytest.mark.slow
def test_workers_read_files_of_their_own(converted: dict) -> None:
    source, data = opened(converted["png", "none"])
    parts = [Part(index, 3) for index in range(3)]
    streams = [training_batches(source.train, data, 9, 3, part=part).take(40) for part in parts]
    seen = [{places(x)[0] for images, _ in s.as_numpy_iterator() for x in images} for s in streams]
    assert sorted(index for part in seen for index in part) == list(range(TRAIN))
    with pytest.raises(InputError, match="has 3 files for 4 workers: convert with --shards 4"):
        training_batches(source.train, data, 8, 3, part=Part(0, 4))


@pytest.mark.slow
def test_jpegs_are_decoded_as_pillow_does(converted: dict) -> None:
    for images, _ in batches_of(converted["jpeg", "center"], 4, flip=False):
        for image in images.astype(int):
            index = round(float(np.median(image[..., 0])) / 2)
            full = painting("train", index).astype(int)
            top, left = (full.shape[0] - SIDE) // 2, (full.shape[1] - SIDE) // 2
            cut = full[top : top + SIDE, left : left + SIDE]
            assert np.abs(image - cut).max() <= 4  # quality 100 rounds, and colours are converted


@pytest.mark.slow
@pytest.mark.parametrize("how", [HOW[0], HOW[2]])  # by batches, and record by record
def test_the_batch_at_a_step_depends_on_seed_and_step_alone(converted: dict, how: tuple) -> None:
    whole = batches_of(converted[how], 11)
    tf.random.set_seed(99)
    for start in (1, 4, 7):  # in the first epoch, at its end, in the second
        for ours, theirs in zip(batches_of(converted[how], 4, start), whole[start:], strict=False):
            np.testing.assert_array_equal(ours[0], theirs[0])
            np.testing.assert_array_equal(ours[1], theirs[1])


def test_epochs_and_seeds_have_orders_of_their_own(converted: dict) -> None:
    orders = [
        places(image)[0] for images, _ in batches_of(converted[HOW[0]], 8) for image in images
    ]
    assert orders[:TRAIN] != orders[TRAIN:]
    assert Counter(orders) == Counter(list(range(TRAIN)) * 2)


@pytest.mark.parametrize("how", HOW[:3])
def test_held_out_paintings_come_once_cut_from_the_middle(converted: dict, how: tuple) -> None:
    source, data = opened(converted[how])
    batches = held_out_batches(source.val, data, 5)
    images = np.concatenate([images for images, _ in batches.as_numpy_iterator()])
    found = {places(image, "val")[0]: places(image, "val")[1:] for image in images}
    assert found == {i: [(0, 3, False), (4, 0, False)][i % 2] for i in range(VAL)}


def test_another_size_is_resized_and_enlarging_is_told(converted: dict) -> None:
    for side, told in ((8, False), (32, True)):
        ((images, _),) = batches_of(converted["png", "none"], 1, image_size=side)
        assert images.shape == (9, side, side, 3)
        source, data = opened(converted["png", "none"], image_size=side)
        line = about_data(Config(data=data), source)
        assert line.endswith("enlarged to 32 (convert them with --size 32)") == told


# ---- splits ----------------------------------------------------------------------------------
@pytest.mark.slow
def test_parts_of_splits_and_a_set_without_a_held_out_split(folder: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"encoding": "png", "val_fraction": 0.0, "workers": 1}
    convert(Options(folder / "train", tmp_path / "one", size=SIDE, **options))
    for split in ("val_split", "train_split"):
        with pytest.raises(InputError, match=r"'valid'.*has train"):
            opened(tmp_path / "one", **{split: "valid"})
    source, _ = opened(tmp_path / "one", train_split="train[:10]", val_split="train[30:]")
    assert (source.train.count, source.val.count) == (10, 6)
    whole, data = opened(tmp_path / "one", val_fraction=0.25)
    assert (whole.train.count, whole.val.count) == (27, 9)
    part, _ = opened(tmp_path / "one", train_split="train[4:24]", val_fraction=0.25)
    assert (part.train.count, part.val.count) == (15, 5)

    def shown(split: Any) -> list[int]:
        batches = held_out_batches(split, data, 5).as_numpy_iterator()
        return [places(image)[0] for images, _ in batches for image in images]

    order = shown(whole.train) + shown(whole.val)
    assert sorted(order) == list(range(TRAIN))
    assert (shown(part.train), shown(part.val)) == (order[4:19], order[19:24])


def test_a_bare_path_is_recognised_and_names_its_classes(converted: dict) -> None:
    source = open_source(Data(spec=str(converted[HOW[0]]), image_size=SIDE))
    assert source.class_names == CLASSES
    assert source.spec.startswith("tfrecords:")


def test_a_set_that_something_else_has_made_is_read_too(converted: dict, tmp_path: Path) -> None:
    foreign = Path(shutil.copytree(converted["png", "none"], tmp_path / "foreign"))
    (foreign / "report.json").unlink()
    for ours, theirs in zip(
        batches_of(foreign, 4), batches_of(converted["png", "none"], 4), strict=True
    ):
        np.testing.assert_array_equal(ours[0], theirs[0])


# ---- damage ----------------------------------------------------------------------------------
@pytest.fixture
def damaged(converted: dict, tmp_path: Path) -> tuple[Path, str]:
    """A copy with one changed byte in the fourth record of a training shard."""
    copy = Path(shutil.copytree(converted[HOW[0]], tmp_path / "damaged"))
    (shard,) = copy.glob("*-train.tfrecord-00001-of-00003")
    content = bytearray(shard.read_bytes())
    content[len(content) // 4 + 40] ^= 1
    shard.write_bytes(content)
    return copy, shard.name


@pytest.mark.slow
@pytest.mark.parametrize("cache_mb", [0, 64])
def test_a_damaged_record_stops_training_with_its_shard(
    damaged: tuple[Path, str], tmp_path: Path, tiny: Any, cache_mb: int
) -> None:
    folder, shard = damaged
    config = tiny("artgan", data__spec=f"tfrecords:{folder}", data__cache_mb=cache_mb)
    with pytest.raises(RunError, match=rf"{shard} \(record 4 .*data.on_corrupt=skip"):
        train(config, tmp_path / "run")


@pytest.mark.parametrize("cache_mb", [0, 64])
def test_damaged_records_can_be_left_out_and_are_counted(
    damaged: tuple[Path, str], cache_mb: int
) -> None:
    with pytest.warns(UserWarning, match=f"1 of {TRAIN} records of train .*: 1 in {damaged[1]}"):
        source, data = opened(damaged[0], on_corrupt="skip", cache_mb=cache_mb)
    assert source.train.count == TRAIN - 1
    stream = training_batches(source.train, data, TRAIN - 1, seed=0)
    for images, _ in stream.take(2).as_numpy_iterator():
        assert len({places(image)[0] for image in images}) == TRAIN - 1


# ---- mistakes --------------------------------------------------------------------------------
def test_what_is_no_data_set_is_refused(converted: dict, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a TFRecord data set"):
        opened(folder)
    copy = Path(shutil.copytree(converted[HOW[0]], tmp_path / "copy"))
    next(copy.glob("*-train*00001*")).unlink()
    with pytest.raises(InputError, match="00001-of-00003 is missing"):
        opened(copy)
    (copy / ".convert").mkdir()
    with pytest.raises(InputError, match="is not finished"):
        opened(copy)


@pytest.mark.slow
def test_fit_trains_on_shards(converted: dict, tmp_path: Path, capsys: Any) -> None:
    overrides = tiny_overrides("improved", "") | {"train.steps": 2}
    del overrides["data.spec"]
    settings = [f"{key}={json.dumps(value)}" for key, value in overrides.items()]
    data = ["--data", f"tfrecords:{converted[HOW[0]]}", "--run-dir", str(tmp_path / "run")]
    with pytest.raises(SystemExit) as stopped:
        cli.main(fit, "fit", ["improved/cifar10", *data, "--set", *settings])
    assert stopped.value.code == 0, capsys.readouterr().err
    assert (tmp_path / "run" / "samples" / "step_000002.png").is_file()
    assert (tmp_path / "run" / "classes.txt").read_text().split() == list(CLASSES)
