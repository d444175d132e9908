"""Records with valid checksums but wrong content: every reader names or skips them."""

import gzip
import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from artgan_tf import cli
from artgan_tf.config import Data, InputError
from artgan_tf.data.failures import UNREADABLE, Reading
from artgan_tf.data.pipeline import held_out_batches, training_batches
from artgan_tf.data.source import DamagedData, Source, Streamed
from artgan_tf.data.spec import open_source
from artgan_tf.fit import fit
from artgan_tf.runs.checkpoints import latest_step
from tests.tfrecords_tools.conversions import converted
from tests.tfrecords_tools.odd_images import encoded
from tfrecords_tools.dataset import open_dataset
from tfrecords_tools.preview import preview
from tfrecords_tools.records import read_records, write_record
from tfrecords_tools.verify import check_shard, verify

HOW = [("png", "none"), ("jpeg", "center"), ("raw", "center"), ("raw", "none"), ("foreign", "none")]
READ = [(HOW[0], 0), (HOW[2], 0), (HOW[0], 64)]  # encoding and cache size in MB
Change = Callable[[Any], None]  # of a `tf.train.Example`


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Two classes of 20 square images in each encoding; the last set is one by another tool."""
    root = tmp_path_factory.mktemp("records")
    for number in range(40):
        path = root / "source" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((16, 16, 3), number, np.uint8)).save(path)
    made: dict[tuple[str, str], Path] = {}
    for encoding, crop in HOW[:-1]:
        out = made[encoding, crop] = root / f"{encoding}-{crop}"
        converted(root / "source", out, "--encoding", encoding, "--crop", crop, "--size", 16)
    made[HOW[-1]] = Path(shutil.copytree(made[HOW[0]], root / "foreign"))
    (made[HOW[-1]] / "report.json").unlink()
    return made


# ---- what goes wrong -------------------------------------------------------------------------
def fill(name: str, kind: str, *values: object) -> Change:
    """Give the label or the image these values of a kind."""

    def change(example: Any) -> None:
        feature = example.features.feature[_image(example) if name == "image" else name]
        getattr(feature, f"{kind}_list").value[:] = values

    return change


def label(*values: int) -> Change:
    return fill("label", "int64", *values)


def image(*values: bytes) -> Change:
    return fill("image", "bytes", *values)


def no_label(example: Any) -> None:
    del example.features.feature["label"]


def no_image(example: Any) -> None:
    del example.features.feature[_image(example)]


def half_an_image(example: Any) -> None:
    (content,) = example.features.feature[_image(example)].bytes_list.value
    image(content[: len(content) // 2])(example)


def larger(example: Any) -> None:
    """Replace an image of 16x16 by one of 24x20."""
    feature = example.features.feature
    (content,) = feature[_image(example)].bytes_list.value
    pixels = np.zeros((20, 24, 3), np.uint8)
    if len(content) == 16 * 16 * 3:
        if "image/shape" in feature:
            feature["image/shape"].int64_list.value[:] = pixels.shape
        return image(pixels.tobytes())(example)
    kind = Image.open(io.BytesIO(content)).format or ""
    return image(encoded(Image.fromarray(pixels), kind))(example)


def _image(example: Any) -> str:
    return "image/value" if "image/value" in example.features.feature else "image"


def unknown_group(example: Any) -> None:
    """Add an empty group as field 14: Protobuf skips it, TensorFlow refuses the record."""
    example.MergeFromString(bytes([14 << 3 | 3, 14 << 3 | 4]))


UNFIT = r"do not fit pixels of shape \["  # of raw ones
FAULTS: dict[str, tuple[Change, str]] = {
    "label-99": (label(99), "label 99 is not one of 2 classes"),
    "label--1": (label(-1), "label -1 is not one of 2 classes"),
    "label-2**40": (label(2**40), "label 1099511627776 is not one of 2 classes"),
    "two-labels": (label(0, 1), "it has 2 values of label, not one"),
    "empty-label": (label(), "it has 0 values of label, not one"),
    "float-label": (fill("label", "float", 1.0), "its label is of type float, not int"),
    "bytes-label": (fill("label", "bytes", b"1"), "its label is of type bytes, not int"),
    "no-label": (no_label, "it has no label"),
    "empty-record": (lambda example: example.Clear(), "it is empty"),
    "unknown-field": (unknown_group, "it has unknown fields"),
    "no-image": (no_image, r"it has no image(/value)?$"),
    "number-for-image": (fill("image", "int64", 7), r"its image(/value)? is of type int, not"),
    "empty-image": (image(b""), "its image is empty"),
    "two-images": (image(b"a", b"b"), r"it has 2 values of image(/value)?, not one"),
    "garbage": (image(b"\x89PNG garbage" * 9), rf"is not in (PNG|JPEG|a known) format|{UNFIT}"),
    "half-an-image": (half_an_image, f"cannot be decoded|{UNFIT}"),
    "larger": (larger, f"it is 24x20, (but its short side should be 16|not 16x16)|{UNFIT}"),
}


def spoilt(folder: Path, place: Path, *changes: Change, split: str = "train") -> tuple[Path, Path]:
    """A copy, and its first shard, whose last records each have one fault."""
    copy = Path(shutil.copytree(folder, place / "spoilt"))
    (shard,) = copy.glob(f"*-{split}.tfrecord-*")
    records = [record.data or b"" for record in read_records(shard)]
    for index, change in enumerate(changes, start=len(records) - len(changes)):
        example = tf.train.Example.FromString(records[index])
        change(example)
        records[index] = example.SerializeToString()
    with shard.open("wb") as file:
        for data in records:
            write_record(file, data)
    return copy, shard


def opened(folder: Path, **settings: Any) -> tuple[Source, Data]:
    given: dict[str, Any] = {"image_size": 16, "crop": 1.0, "cache_mb": 0} | settings
    data = Data(spec=f"tfrecords:{folder}", **given)
    return open_source(data), data


def faults_of(how: tuple[str, str]) -> dict[str, tuple[Change, str]]:
    """The faults that apply to a set; images of any size are valid in one by another tool."""
    return {name: fault for name, fault in FAULTS.items() if name != "larger" or how != HOW[-1]}


# ---- every reader ----------------------------------------------------------------------------
@pytest.mark.parametrize("how", HOW)
def test_verify_names_each_and_training_skips_them(
    sets: dict, tmp_path: Path, how: tuple[str, str]
) -> None:
    faults = faults_of(how)
    folder, shard = spoilt(sets[how], tmp_path, *(change for change, _ in faults.values()))
    dataset, sound = open_dataset(folder), 36 - len(faults)
    told = check_shard((shard, 36), dataset)
    for number, (line, (_, words)) in enumerate(
        zip(told, faults.values(), strict=True), start=sound + 1
    ):
        assert line.startswith(f"record {number} at byte ")
        assert re.search(words, line), line
    with pytest.warns(UserWarning, match=f"{len(faults)} of 36 records of train .* skipped"):
        source, data = opened(folder, on_corrupt="skip")
    assert source.train.count == sound
    batches = Reading(held_out_batches(source.train, data, 36), source.train)
    assert [len(images) for images, _ in batches] == [sound]


def test_a_sample_begins_with_the_first_record(sets: dict, tmp_path: Path) -> None:
    """So that something of every shard is decoded, however few records it has."""
    folder, shard = spoilt(sets[HOW[0]], tmp_path, half_an_image, *[lambda example: None] * 35)
    (told,) = check_shard((shard, 36), open_dataset(folder), every=20)
    assert told.startswith("record 1 at byte 0: its image cannot be decoded")
    with pytest.raises(InputError, match="--workers -1 is invalid"):
        verify(folder, workers=-1)


@pytest.mark.parametrize("how", HOW)
def test_none_is_trained_on(sets: dict, tmp_path: Path, how: tuple[str, str]) -> None:
    """Every fault fails decoding, so no wrong image or label gets through."""
    source, _ = opened(sets[how])
    split = source.train
    assert isinstance(split, Streamed)
    (shard,) = sets[how].glob("*-train.tfrecord-*")
    sound = next(read_records(shard)).data or b""
    decode = tf.function(split.decode)
    assert int(decode(tf.constant(sound))[1]) in (0, 1)
    faults = faults_of(how)
    if how[1] == "none":  # a crop hides it; the shard's size reveals it (see below)
        faults.pop("larger", None)
    for name, (change, _) in faults.items():
        example = tf.train.Example.FromString(sound)
        change(example)
        record = example.SerializeToString()
        with pytest.raises(UNREADABLE):
            assert decode(tf.constant(record)) is None, name
        if split.decode_squares:
            with pytest.raises(UNREADABLE):
                assert split.decode_squares(tf.constant([sound, record])) is None, name


@pytest.mark.slow
@pytest.mark.parametrize(("how", "cache_mb"), READ)
def test_who_reads_it_is_told_shard_and_record(
    sets: dict, tmp_path: Path, how: tuple[str, str], cache_mb: int
) -> None:
    folder, shard = spoilt(sets[how], tmp_path, label(2))
    source, data = opened(folder, cache_mb=cache_mb)  # file sizes are unchanged
    told = rf"{shard.name} \(record 36 at byte \d+: label 2 is not one of 2 classes\); .*"
    told += r"=skip data\.on_change=accept\.$"
    with pytest.raises(DamagedData, match=told):
        for _ in Reading(training_batches(source.train, data, 12, seed=0).take(4), source.train):
            pass


@pytest.mark.slow
def test_what_has_been_learnt_is_kept_when_validation_finds_it(
    sets: dict, tmp_path: Path, tiny_arguments: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, shard = spoilt(sets[HOW[0]], tmp_path, label(2), split="val")
    settings: dict[str, Any] = {"data__spec": f"tfrecords:{folder}", "data__cache_mb": 0}
    settings |= {"train__batch_size": 3, "log__checkpoint_every": 100, "log__sample_every": 100}
    run, words = tmp_path / "run", tiny_arguments("artgan", **settings)
    with pytest.raises(SystemExit) as stopped:
        cli.main(fit, "fit", ["--run-dir", str(run), *words])
    assert stopped.value.code == 1
    told = rf"{shard.name} \(record 4 .*: label 2 is not one of 2 classes\)"
    assert re.search(told, capsys.readouterr().err)
    assert latest_step(run / "checkpoints") == 3
    assert (run / "classes.txt").read_text().split() == ["a", "b"]


@pytest.mark.parametrize(
    ("verb", "flags"),
    [(verify, ["--workers", "1"]), (preview, ["--out", "sheet.png", "--columns", "30"])],
)
def test_the_verbs_say_it_in_a_sentence(
    sets: dict, tmp_path: Path, capfd: pytest.CaptureFixture[str], verb: Any, flags: list[str]
) -> None:
    folder, _ = spoilt(sets[HOW[0]], tmp_path, FAULTS["bytes-label"][0])
    with pytest.raises(SystemExit) as stopped:
        cli.main(verb, "verb", [str(folder), *flags])
    assert stopped.value.code in (1, 2)
    said = "".join(capfd.readouterr())
    assert "its label is of type bytes, not int" in said
    assert "Traceback" not in said


# ---- counts ----------------------------------------------------------------------------------
def doubled(shard: Path) -> None:
    first = next(read_records(shard)).data or b""
    with shard.open("ab") as file:
        write_record(file, first)


def shortened(shard: Path) -> None:
    shard.write_bytes(shard.read_bytes()[:-9])


@pytest.mark.parametrize("how", HOW[:-1])
def test_another_size_is_told_at_once(sets: dict, tmp_path: Path, how: tuple[str, str]) -> None:
    folder, shard = spoilt(sets[how], tmp_path, larger)
    with pytest.raises(InputError, match=rf"{shard.name} \(record 36 .*(24x20|do not fit pixels)"):
        opened(folder)


@pytest.mark.parametrize("how", [("raw", "center"), HOW[-1]])
@pytest.mark.parametrize(
    ("harm", "words", "left"),
    [
        (doubled, "37 records instead of 36", "1 of 36"),
        (lambda shard: shard.write_bytes(b""), "0 records instead of 36", ""),
        (shortened, "record 36 at byte .* it ends within a record", "1 of 36"),
    ],
)
def test_another_count_is_told_before_training(
    sets: dict, tmp_path: Path, how: tuple[str, str], harm: Any, words: str, left: str
) -> None:
    """With and without the shard sizes recorded by `convert`."""
    folder, shard = spoilt(sets[how], tmp_path)
    harm(shard)
    with pytest.raises(InputError, match=rf"{shard.name} \(.*{words}"):
        opened(folder)
    if left:
        with pytest.warns(UserWarning, match=f"{left} records of train are damaged and skipped"):
            opened(folder, on_corrupt="skip")


def test_a_wrong_description_and_compressed_shards_are_told(sets: dict, tmp_path: Path) -> None:
    folder, shard = spoilt(sets["raw", "center"], tmp_path)
    info = folder / "dataset_info.json"
    info.write_text(info.read_text().replace('"36"', '"35"'))
    with pytest.raises(InputError, match=rf"{shard.name} \(36 records instead of 35\)"):
        opened(folder)
    shard.write_bytes(gzip.compress(shard.read_bytes()))
    with pytest.raises(InputError, match=rf"{shard.name} is compressed with gzip: unpack"):
        opened(folder)
