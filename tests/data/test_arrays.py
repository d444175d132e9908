"""`arrays:FILE.npz`: its contents, its splits, and one-sentence errors."""

from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from artgan_tf.config import Data, InputError
from artgan_tf.data.source import Indexed, Source
from artgan_tf.data.spec import open_source

LABELS = np.arange(40) % 4
NAMED = {"images": np.zeros((40, 8, 8, 3), np.uint8), "labels": LABELS}


def images(count: int = 40, height: int = 8, width: int = 8) -> np.ndarray:
    """Image i is uniformly grey with value i."""
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (
        count, height, width, 3,
    ))  # fmt: skip


@pytest.fixture
def opened(tmp_path: Path):
    """`opened(images=..., ...)`: the source for a file with these arrays."""

    def write(**arrays: Any) -> Source:
        settings: Any = {"image_size": 8}
        settings |= {key: arrays.pop(key) for key in ("image_size", "classes") if key in arrays}
        settings["class_names"] = arrays.pop("class_names_expected", ())
        np.savez(tmp_path / "file.npz", **arrays)
        return open_source(Data(spec=f"arrays:{tmp_path / 'file.npz'}", **settings))

    return write


def numbers(split: Any) -> list[int]:
    assert isinstance(split, Indexed)
    return [int(split.load(i)[0, 0, 0]) for i in range(split.count)]


def test_held_out_images_of_the_file(opened) -> None:
    names = np.array(["owl", "Katze", "Éléphant", "x"])
    source = opened(
        images=images(), labels=LABELS.astype(np.uint8), class_names=names,
        val_images=images(3), val_labels=np.array([2, 1, 0]),
    )  # fmt: skip
    assert source.class_names == ("owl", "Katze", "Éléphant", "x")
    assert (numbers(source.train), numbers(source.val)) == (list(range(40)), [0, 1, 2])
    assert source.train.labels.dtype == np.int32
    np.testing.assert_array_equal(source.train.labels, LABELS)
    assert source.val.labels.tolist() == [2, 1, 0]


def test_without_them_every_class_gives_its_share(opened) -> None:
    source = opened(images=images(), labels=LABELS)
    assert source.class_names == ("0", "1", "2", "3")
    assert sorted(numbers(source.train) + numbers(source.val)) == list(range(40))
    assert sorted(source.val.labels.tolist()) == [0, 1, 2, 3]
    np.testing.assert_array_equal(source.train.labels, np.array(numbers(source.train)) % 4)
    again = opened(images=images(), labels=LABELS)
    assert numbers(again.val) == numbers(source.val)


def test_images_of_another_size_are_resized_by_the_short_side(opened) -> None:
    source = opened(images=images(height=16, width=24), labels=LABELS)
    assert source.train.load(0).shape == (8, 12, 3)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"labels": LABELS}, "has no images: it has labels"),
        ({"images": images()}, "has no labels: it has images"),
        ({"images": images() / 255, "labels": LABELS}, r"uint8 \[N, H, W, 3\], not float64 \[40"),
        ({"images": images()[..., 0], "labels": LABELS}, r"not uint8 \[40, 8, 8\]"),
        ({"images": images(0), "labels": LABELS[:0]}, r"not uint8 \[0, 8, 8, 3\]"),
        ({"images": images(), "labels": LABELS[:9]}, r"must be 40 integers, not int64 \[9\]"),
        ({"images": images(), "labels": LABELS / 2}, "must be 40 integers, not float64"),
        ({"images": images(), "labels": LABELS > 1}, "must be 40 integers, not bool"),
        ({"images": images(), "labels": np.eye(4, dtype=int)[LABELS]}, r"not int64 \[40, 4\]"),
        ({"images": images(), "labels": LABELS - 1}, "go from -1 to 2: with 3 classes"),
        ({"images": images(), "labels": LABELS, "class_names": np.array(["a"])}, "with 1 classes"),
        ({"images": images(), "labels": LABELS, "class_names": np.arange(4)}, "must be K strings"),
        ({"images": images(), "labels": LABELS, "val_images": images(2)}, "has no val_labels"),
        ({"images": images(), "labels": np.array([None] * 40)}, "without Python objects"),
        ({"images": images(3), "labels": np.arange(3)}, "too few to hold out"),
        (NAMED | {"class_names": np.array(["a", "b", "a", "d"])}, "2 classes are called 'a'"),
        (NAMED | {"class_names": np.array(["a", "b\nc", "d", "e"])}, "is not a class name"),
        (
            NAMED | {"labels": LABELS % 3, "val_images": images(), "val_labels": LABELS},
            "held-out images but no training images of 3",
        ),
    ],
)
def test_mistakes_are_one_sentence(opened, arrays, sentence) -> None:
    with pytest.raises(InputError, match=rf"^[^\n]*{sentence}[^\n]*\.$"):
        opened(**arrays)


def test_a_class_without_images_is_told_of(opened) -> None:
    with pytest.warns(UserWarning, match=r"file\.npz has no training images of b\.$"):
        opened(images=images(), labels=LABELS // 2 * 2, class_names=np.array(["a", "b", "c"]))


def test_the_names_that_a_preset_expects_differ_too(opened) -> None:
    with pytest.raises(InputError, match="2 classes are called 'a'"):
        opened(images=images(), labels=LABELS % 2, classes=2, class_names_expected=("a", "a"))
    for names in ("0",), ("0", "1", "2"), ("a", "b", "c"):
        with pytest.raises(InputError, match=rf"names has {len(names)} names but [^\n]*es = 2: "):
            opened(images=images(), labels=LABELS % 2, classes=2, class_names_expected=names)


def test_a_file_that_does_not_fit_into_memory_is_one_sentence(tmp_path: Path) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": (10**11, 64, 64, 3)}  # 1 PiB
    with ZipFile(tmp_path / "huge.npz", "w") as archive, archive.open("images.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(InputError, match=r"^[^\n]*huge\.npz does not fit into memory: [^\n]*\.$"):
        open_source(Data(spec=f"arrays:{tmp_path / 'huge.npz'}"))


def test_files_that_are_none_are_one_sentence(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", images())
    (tmp_path / "text.npz").write_text("images")
    whole = tmp_path / "cut.npz"
    np.savez(whole, images=images(), labels=LABELS)
    whole.write_bytes(whole.read_bytes()[:-300])
    for name, sentence in (
        ("none.npz", "There is no file"),
        ("one.npy", "cannot be read"),
        ("text.npz", "cannot be read"),
        ("cut.npz", "cannot be read"),
    ):
        with pytest.raises(InputError, match=rf"^[^\n]*{sentence}[^\n]*\.$"):
            open_source(Data(spec=f"arrays:{tmp_path / name}"))
    np.savez_compressed(whole, images=images(), labels=LABELS)
    content = whole.read_bytes()
    for place in range(60, 360, 3):
        whole.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        with suppress(InputError):
            open_source(Data(spec=f"arrays:{whole}"))
    with pytest.raises(InputError, match="There is no data 'arrays:'"):
        open_source(Data(spec="arrays:"))
