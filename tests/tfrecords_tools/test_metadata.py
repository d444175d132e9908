"""`tfds.builder_from_directory` loads the data set: names, paths and pixels are correct."""

import io
from operator import mul
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import ExifTags, Image, ImageCms

from tests.tfrecords_tools.conversions import below, converted, paintings, records, shards

SIZE = 12
STRANGE = "été, blå & 日本"


class Made(NamedTuple):
    encoding: str
    crop: str
    out: Path
    report: dict[str, Any]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write four classes, one with a strange name, of images up to seven times the result size."""
    root = paintings(tmp_path_factory.mktemp("source"), 36, 51)
    for index, shape in enumerate([(80, 61), (31, 83), (12, 12), (12, 40), (9, 11), (83, 12)] * 2):
        pixels = np.random.default_rng(index).integers(0, 256, (*shape, 3), np.uint8)
        path = root / STRANGE / f"größe {index}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path)
    return root


@pytest.fixture(
    scope="module", params=[("jpeg", "center"), ("png", "none"), ("raw", "center")], ids=" ".join
)
def made(
    request: pytest.FixtureRequest, source: Path, tmp_path_factory: pytest.TempPathFactory
) -> Made:
    encoding, crop = request.param
    out = tmp_path_factory.mktemp("made") / "My Set"
    flags = ("--size", SIZE, "--encoding", encoding, "--crop", crop, "--shards", 3)
    return Made(encoding, crop, out, converted(source, out, *flags))


def by_the_book(path: Path, crop: str) -> np.ndarray:
    """Return the reference result: the whole image resized at once, or its central square."""
    image = Image.open(path).convert("RGB")
    short = min(image.size)
    size = [(2 * side * SIZE + short) // (2 * short) for side in image.size]
    pixels = np.asarray(image.resize((size[0], size[1]), Image.Resampling.LANCZOS))
    if crop == "center":
        top, left = ((side - SIZE) // 2 for side in pixels.shape[:2])
        pixels = pixels[top : top + SIZE, left : left + SIZE]
    return pixels


# ---- loaded by TFDS --------------------------------------------------------------------------
def test_every_file_is_in_one_split_with_its_pixels_and_class(made: Made, source: Path) -> None:
    builder = tfds.builder_from_directory(str(made.out))
    names = builder.info.features["label"].names
    assert names == sorted(path.name for path in source.iterdir()) == made.report["classes"]
    seen = []
    for split in ("train", "val"):
        examples = list(builder.as_dataset(split=split).as_numpy_iterator())
        for example in examples:
            path = example["path"].decode()
            seen.append(path)
            assert names[example["label"]] == path.split("/")[0]
            expected = by_the_book(source / path, made.crop)
            assert example["image"].dtype == np.uint8
            assert example["image"].shape == expected.shape
            difference = np.abs(example["image"].astype(int) - expected)
            if made.encoding == "jpeg":
                assert difference.mean() < (12 if STRANGE in path else 4)  # no JPEG keeps noise
            else:
                assert difference.max() == 0
        found = made.report["splits"][split]
        sizes = [mul(*example["image"].shape[:2]) for example in examples]
        assert (min(sizes), max(sizes)) == (mul(*found["smallest"]), mul(*found["largest"]))
    assert sorted(seen) == below(source)


def test_the_info_agrees_with_the_shards(made: Made) -> None:
    builder = tfds.builder_from_directory(str(made.out))
    info = builder.info
    assert info.name == "my_set"
    side = SIZE if made.crop == "center" else None
    assert info.features["image"].shape == (side, side, 3)
    for split, found in info.splits.items():
        lengths = [len(records([path])) for path in shards(made.out, split)]
        assert found.shard_lengths == lengths
        assert found.num_examples == sum(lengths) == made.report["splits"][split]["records"]
        assert found.num_bytes == sum(path.stat().st_size for path in shards(made.out, split))
        assert found.filenames == sorted(path.name for path in shards(made.out, split))
    part = builder.as_dataset(split="train[10:25]").as_numpy_iterator()
    stored = [path for path, _, _ in records(shards(made.out, "train"))]
    assert [example["path"].decode() for example in part] == stored[10:25]


# ---- stored bytes ----------------------------------------------------------------------------
def test_a_quality_makes_files_of_that_quality(source: Path, tmp_path: Path) -> None:
    sizes = []
    for quality in (50, 100):
        made = converted(source, tmp_path / f"q{quality}", "--quality", quality, "--size", SIZE)
        sizes.append(made["splits"]["train"]["bytes"])
        _, _, data = records(shards(tmp_path / f"q{quality}", "train"))[0]
        tables = Image.open(io.BytesIO(data)).quantization  # type: ignore[attr-defined]
        assert (max(tables[0]) == 1) == (quality == 100)
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("encoding", ["jpeg", "png"])
def test_records_carry_no_comments_positions_or_profiles(tmp_path: Path, encoding: str) -> None:
    root = paintings(tmp_path / "source", 12, 16, 1)
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SECRET"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for number in range(6):
        options: dict[str, Any] = {"exif": exif, "icc_profile": profile, "comment": "SECRET"}
        kind = (".png", ".jpg", ".gif")[number % 3]
        Image.new("RGB", (16, 16)).save(root / "landscape" / f"tagged{number}{kind}", **options)
    converted(root, tmp_path / "out", "--size", 16, "--encoding", encoding)
    found = records(shards(tmp_path / "out"))
    assert len(found) == 18
    for path, _, data in found:
        assert b"SECRET" not in data, path
        assert not {"icc_profile", "comment", "exif"} & set(Image.open(io.BytesIO(data)).info), path
