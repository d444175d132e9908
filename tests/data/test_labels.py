"""A label that is no class of the data trains nothing: every reader refuses it."""

import gzip
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from artgan_tf.config import Data, InputError
from artgan_tf.data.pipeline import held_out_batches
from artgan_tf.data.spec import open_source
from artgan_tf.training.train import train
from tfrecords_tools import cli
from tfrecords_tools.convert import convert
from tfrecords_tools.options import Options
from tfrecords_tools.preview import preview
from tfrecords_tools.records import read_records, write_record
from tfrecords_tools.verify import verify

HOW = [("png", "none"), ("raw", "center"), ("raw", "none"), ("foreign", "none")]
SENTENCE = r"an image of label -?\d+, but its 2 classes are 0 to 1"


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Two classes of 20 squares, stored in each way; the last one as others make it."""
    root = tmp_path_factory.mktemp("labels")
    for number in range(40):
        path = root / "source" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((16, 16, 3), number, np.uint8)).save(path)
    made: dict[tuple[str, str], Path] = {}
    for encoding, crop in HOW:
        out = root / f"{encoding}-{crop}"
        kind: Any = "png" if encoding == "foreign" else encoding
        options: dict[str, Any] = {"encoding": kind, "crop": crop, "size": 16, "workers": 1}
        convert(Options(root / "source", out, **options))
        if encoding == "foreign":
            (out / "report.json").unlink()
        made[encoding, crop] = out
    return made


def spoilt(folder: Path, place: Path, label: int) -> Path:
    """A copy in which the last training record has that label."""
    copy = Path(shutil.copytree(folder, place / "spoilt"))
    (shard,) = copy.glob("*-train.tfrecord-*")
    records = [record.data for record in read_records(shard)]
    example = tf.train.Example.FromString(records[-1])
    example.features.feature["label"].int64_list.value[:] = [label]
    with shard.open("wb") as file:
        for data in (*records[:-1], example.SerializeToString()):
            write_record(file, data or b"")
    return copy


@pytest.mark.parametrize("cache_mb", [0, 64])
@pytest.mark.parametrize("label", [-1, 2])
@pytest.mark.parametrize("how", HOW)
def test_training_stops_at_it(
    sets: dict, tmp_path: Path, tiny: Any, how: tuple[str, str], label: int, cache_mb: int
) -> None:
    folder = spoilt(sets[how], tmp_path, label)
    settings: dict[str, Any] = {"train__steps": 12, "data__crop": 1.0, "data__cache_mb": cache_mb}
    config = tiny("artgan", data__spec=f"tfrecords:{folder}", **settings)
    with pytest.raises(InputError, match=SENTENCE):
        train(config, tmp_path / "run")


def test_labels_that_are_classes_arrive_as_they_are(sets: dict) -> None:
    for how in HOW:
        data = Data(spec=f"tfrecords:{sets[how]}", image_size=16, cache_mb=0, crop=1.0)
        batches = held_out_batches(open_source(data).train, data, 9).as_numpy_iterator()
        found = [
            (int(i[0, 0, 0]) % 2, int(n))
            for images, labels in batches
            for i, n in zip(images, labels, strict=True)
        ]
        assert len(found) == 36
        assert all(odd == label for odd, label in found)


@pytest.mark.parametrize("label", [-1, 2])
@pytest.mark.parametrize("verb", [verify, preview])
def test_verify_and_preview_name_it(
    sets: dict, tmp_path: Path, capfd: pytest.CaptureFixture[str], verb: Any, label: int
) -> None:
    folder = spoilt(sets[HOW[0]], tmp_path, label)
    flags = ["--out", str(tmp_path / "sheet.png"), "--columns", "30"] if verb is preview else []
    with pytest.raises(SystemExit) as stopped:
        cli.main(verb, "verb", [str(folder), *flags])
    assert stopped.value.code in (1, 2)
    said = "".join(capfd.readouterr())
    assert f"label {label} is none of 2 classes" in said
    assert "Traceback" not in said


def test_shards_that_are_compressed_are_not_called_damaged(sets: dict, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(sets[HOW[0]], tmp_path / "packed"))
    for shard in copy.glob("*.tfrecord-*"):
        shard.write_bytes(gzip.compress(shard.read_bytes()))
    with pytest.raises(InputError, match=r"train\.tfrecord-.* is compressed with gzip: unpack"):
        open_source(Data(spec=f"tfrecords:{copy}"))
