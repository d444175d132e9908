"""TFRecord sets of sound checksums and wrong content.

The training pipeline reads each set twice, once stopping at damage and once skipping it; `verify`
must predict the outcome.
"""

import random
import shutil
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from artgan_tf.config import Data, InputError, RunError
from experiments.faults.processes import call, ended
from experiments.faults.suite import Case, Failed
from tfrecords_tools.dataset import open_dataset
from tfrecords_tools.records import read_records, write_record
from tfrecords_tools.verify import check_shard

SETS, IMAGES, SIDE, KEPT = 300, 40, 16, 36
HOW = (("png", "none"), ("jpeg", "center"), ("raw", "center"), ("raw", "none"), ("foreign", ""))
BEYOND = "Error parsing"  # TensorFlow skips features that are not requested
Records = list[bytes]
Harm = Callable[[random.Random, Records], Records]


def cases(work: Path) -> Iterable[Case]:
    harms = [*(of_label(values) for values in LABELS), *HARMS]
    for number in range(SETS):
        harm, how = harms[number % len(harms)], HOW[number // len(harms) % len(HOW)]
        name = f"{number:03} {how[0]} {how[1]} {harm.__name__}"
        yield Case(name, partial(_try, work, number, how, harm))


def _try(work: Path, number: int, how: tuple[str, str], harm: Harm) -> str:
    folder = Path(shutil.copytree(_sound(work, how), work / "harmed", dirs_exist_ok=True))
    try:
        (shard,) = folder.glob("*-train.tfrecord-*")
        records = [record.data or b"" for record in read_records(shard)]
        with shard.open("wb") as file:
            for data in harm(random.Random(number), records):
                write_record(file, data)
        problems = check_shard((shard, KEPT), open_dataset(folder))
        return _compare(problems, shard.name, _read(folder, "stop"), _read(folder, "skip"))
    finally:
        shutil.rmtree(folder)


def _compare(problems: list[str], shard: str, stop: int | str, skip: int | str) -> str:
    if not problems and (stop, skip) != (KEPT, KEPT):
        raise Failed(f"verify finds nothing, and training {stop}, {skip}")
    if problems and stop == KEPT and skip != KEPT and all(BEYOND in told for told in problems):
        return f"training does without what verify finds: {problems[0]}"
    if problems and (not isinstance(stop, str) or shard not in stop or problems[0] not in stop):
        raise Failed(f"verify says {problems}, and training {stop}")
    if problems and skip == KEPT and "instead of" not in problems[-1]:
        raise Failed(f"verify says {problems}, and nothing was left out")
    if isinstance(skip, str) and "no records" not in skip:
        raise Failed(f"what is damaged was to be left out: {skip}")
    return "; ".join(problems) or "it harmed nothing"


def _read(folder: Path, on_corrupt: Any) -> int | str:
    """Number of images, or the reason for the failure."""
    from artgan_tf.data.failures import Reading
    from artgan_tf.data.pipeline import held_out_batches
    from artgan_tf.data.spec import open_source

    data = Data(f"tfrecords:{folder}", image_size=SIDE, crop=1, cache_mb=0, on_corrupt=on_corrupt)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            split = open_source(data).train
            return sum(len(x) for x, _ in Reading(held_out_batches(split, data, 12), split))
    except (InputError, RunError) as error:
        return str(error)
    except Exception as error:
        raise Failed(f"{type(error).__name__}: {str(error).splitlines()[0]}") from None


def _sound(work: Path, how: tuple[str, str]) -> Path:
    out = work / "-".join(how)
    if not out.is_dir() and how[0] == "foreign":
        shutil.copytree(_sound(work, HOW[0]), out)
        (out / "report.json").unlink()
    elif not out.is_dir():
        words = ("--size", SIDE, "--encoding", how[0], "--crop", how[1], "--workers", 1)
        ended(call("tfrecords_tools.convert", _images(work / "source"), "--out", out, *words))
    return out


def _images(root: Path) -> Path:
    draw = np.random.default_rng(0)
    for number in range(IMAGES):
        path = root / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(path)
    return root


# ---- harms -----------------------------------------------------------------------------------
LABELS: tuple[list[int], ...] = ([99], [-1], [2**40], [2], [], [0, 1])


def of_label(values: list[int]) -> Harm:
    """Give one label other values."""

    def harm(draw: random.Random, records: Records) -> Records:
        return _changed(draw, records, lambda feature: _set(feature, "label", "int64", values))

    harm.__name__ = f"label {values}"
    return harm


def float_label(draw: random.Random, records: Records) -> Records:
    return _changed(draw, records, lambda feature: _set(feature, "label", "float", [1.0]))


def bytes_label(draw: random.Random, records: Records) -> Records:
    return _changed(draw, records, lambda feature: _set(feature, "label", "bytes", [b"1"]))


def no_label(draw: random.Random, records: Records) -> Records:
    return _changed(draw, records, lambda feature: feature.pop("label"))


def no_image(draw: random.Random, records: Records) -> Records:
    return _changed(draw, records, lambda feature: feature.pop(_image(feature)))


def empty_image(draw: random.Random, records: Records) -> Records:
    return _of_image(draw, records, lambda content: b"")


def noise_for_an_image(draw: random.Random, records: Records) -> Records:
    return _of_image(draw, records, lambda content: draw.randbytes(draw.randint(1, 900)))


def a_cut_image(draw: random.Random, records: Records) -> Records:
    return _of_image(draw, records, lambda content: content[: draw.randrange(len(content))])


def a_start_of_an_image(draw: random.Random, records: Records) -> Records:
    return _of_image(draw, records, lambda content: content[:20] + draw.randbytes(200))


def a_longer_image(draw: random.Random, records: Records) -> Records:
    return _of_image(draw, records, lambda content: content * 2)


def two_images(draw: random.Random, records: Records) -> Records:
    def change(feature: Any) -> None:
        _set(feature, _image(feature), "bytes", [b"a", b"b"])

    return _changed(draw, records, change)


def an_empty_record(draw: random.Random, records: Records) -> Records:
    records[draw.randrange(len(records))] = b""
    return records


def a_record_of_noise(draw: random.Random, records: Records) -> Records:
    records[draw.randrange(len(records))] = draw.randbytes(draw.randint(1, 500))
    return records


def a_cut_record(draw: random.Random, records: Records) -> Records:
    at = draw.randrange(len(records))
    records[at] = records[at][: draw.randrange(len(records[at]))]
    return records


def flipped_bits(draw: random.Random, records: Records) -> Records:
    """Flip bits anywhere in a record; in the middle of an image they may do no visible harm."""
    at = draw.randrange(len(records))
    content = bytearray(records[at])
    for _ in range(draw.randint(1, 8)):
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    records[at] = bytes(content)
    return records


def a_doubled_record(draw: random.Random, records: Records) -> Records:
    return [*records, draw.choice(records)]


def a_missing_record(draw: random.Random, records: Records) -> Records:
    records.pop(draw.randrange(len(records)))
    return records


def no_records(draw: random.Random, records: Records) -> Records:
    return []


def another_order(draw: random.Random, records: Records) -> Records:
    return draw.sample(records, len(records))


HARMS: tuple[Harm, ...] = (
    float_label, bytes_label, no_label, no_image, empty_image, noise_for_an_image, a_cut_image,
    a_start_of_an_image, a_longer_image, two_images, an_empty_record, a_record_of_noise,
    a_cut_record, flipped_bits, a_doubled_record, a_missing_record, no_records, another_order,
)  # fmt: skip


def _changed(draw: random.Random, records: Records, change: Callable[[Any], Any]) -> Records:
    from tensorflow_datasets.proto import tf_example_pb2

    at = draw.randrange(len(records))
    example = tf_example_pb2.Example.FromString(records[at])
    change(example.features.feature)
    records[at] = example.SerializeToString()
    return records


def _of_image(draw: random.Random, records: Records, change: Callable[[bytes], bytes]) -> Records:
    def harm(feature: Any) -> None:
        name = _image(feature)
        _set(feature, name, "bytes", [change(feature[name].bytes_list.value[0])])

    return _changed(draw, records, harm)


def _image(feature: Any) -> str:
    return "image/value" if "image/value" in feature else "image"


def _set(feature: Any, name: str, kind: str, values: list[Any]) -> None:
    getattr(feature[name], f"{kind}_list").value[:] = values
