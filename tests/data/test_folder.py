"""A plain folder of images: three layouts, a stable split, and one-sentence errors."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from artgan_tf.config import Data
from artgan_tf.data.source import Indexed, Source, Split
from artgan_tf.data.spec import open_source
from tests.tfrecords_tools.conversions import pictures, refusal


def numbered(folder: str, count: int) -> Iterable[str]:
    return [f"{folder}/{index:03d}.png" for index in range(count)]


def opened(folder: Path | str, **settings: Any) -> Source:
    return open_source(Data(spec=f"folder:{folder}", image_size=8, **settings))


def files(split: Split, root: Path) -> list[str]:
    return [Path(split.name(i)).relative_to(root).as_posix() for i in range(split.count)]


def labelled(source: Source, split: Split) -> list[str]:
    assert isinstance(split, Indexed)
    return [source.class_names[label] for label in split.labels]


def refused(spec: str, **settings: Any) -> str:
    return refusal(open_source, Data(spec=spec, **settings))


def test_a_folder_may_have_the_name_of_a_kind_or_lie_at_home(tmp_path: Path, monkeypatch) -> None:
    pictures(tmp_path, *numbered("arrays/a", 9), *numbered("arrays/b", 9))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for spec in ("arrays", "~/arrays"):
        assert open_source(Data(spec=spec)).class_names == ("a", "b")


# ---- layouts ---------------------------------------------------------------------------------
def test_of_two_held_out_folders_one_is_chosen(tmp_path: Path) -> None:
    root = pictures(
        tmp_path, *(f"{split}/a/{n}.png" for split in ("train", "val", "test") for n in range(3))
    )
    for chosen, found in (("", "val"), ("test", "test"), ("validation", "val"), ("Dev", "val")):
        source = opened(root, val_split=chosen)
        assert files(source.val, root) == [f"{found}/a/{n}.png" for n in range(3)]


def test_a_held_out_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    root = pictures(tmp_path, "both/train/a/1.png", "both/val/a/2.png", *numbered("one/a", 10))
    for spec in (f"folder:{root / 'both'}", f"folder:{root / 'one'}", "arrays:x.npz", "demo"):
        for name in ("holdout", "train", "val[:50%]"):
            told = f"data.val_split = {name!r} is not possible with {spec.partition(':')[0]}: "
            assert told in refused(spec, val_split=name)
    told = "both has no held-out folder for data.val_split = 'test': set it to val."
    assert told in refused(f"folder:{root / 'both'}", val_split="test")
    assert opened(root / "one", val_split="test").val.count == 1  # as a preset for TFDS has it


def test_train_and_held_out_folders_with_class_folders(tmp_path: Path) -> None:
    root = pictures(
        tmp_path, "train/owl/1.png", "train/cat/2.jpg", "validation/cat/3.png", "train/cat/4.bmp"
    )
    source = opened(root)
    assert source.class_names == ("cat", "owl")
    assert files(source.train, root) == ["train/cat/2.jpg", "train/cat/4.bmp", "train/owl/1.png"]
    assert labelled(source, source.train) == ["cat", "cat", "owl"]
    assert files(source.val, root) == ["validation/cat/3.png"]
    assert labelled(source, source.val) == ["cat"]


def test_images_alone_are_one_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = pictures(tmp_path, *numbered("paintings", 10)) / "paintings"
    monkeypatch.chdir(root)
    for source in (opened(root), opened(".")):
        assert source.class_names == ("paintings",)
        assert (source.train.count, source.val.count) == (9, 1)


def test_images_alone_in_train_and_val_are_the_same_class(tmp_path: Path) -> None:
    source = opened(
        pictures(tmp_path, "mine/train/1.png", "mine/train/2.png", "mine/val/3.png") / "mine"
    )
    assert source.class_names == ("mine",)
    assert (source.train.count, source.val.count) == (2, 1)


def test_an_example_is_the_image_of_its_name(tmp_path: Path) -> None:
    source = opened(pictures(tmp_path, *numbered("a", 20)), val_fraction=0.3)
    for split in (source.train, source.val):
        assert isinstance(split, Indexed)
        for index in range(split.count):
            image = split.load(index)
            assert image.shape == (8, 10, 3)
            assert (image[..., 0] == int(Path(split.name(index)).stem)).all()


# ---- the split -------------------------------------------------------------------------------
def test_the_split_is_stable_disjoint_and_whole(tmp_path: Path) -> None:
    names = [*numbered("a", 40), *numbered("b", 7), *numbered("c", 1)]
    root = pictures(tmp_path, *names)
    source, again, other = (opened(root, split_seed=seed) for seed in (0, 0, 1))
    train, held_out = files(source.train, root), files(source.val, root)
    assert held_out == files(again.val, root)
    assert held_out != files(other.val, root)
    assert sorted([*train, *held_out]) == sorted(names)
    assert train == sorted(train)
    assert labelled(source, source.train) == [name.split("/")[0] for name in train]
    assert labelled(source, source.val) == ["a"] * 4 + ["b"]  # single images stay in training


# ---- refusals --------------------------------------------------------------------------------
def test_another_number_of_classes_than_expected_is_refused(tmp_path: Path) -> None:
    root = pictures(tmp_path, *numbered("owl", 10), *numbered("cat", 10))
    assert opened(root, classes=2).class_names == ("cat", "owl")
    sentence = refused(f"folder:{root}", classes=27)
    for part in ("2 classes", "cat, owl", "27", "data.classes=0"):
        assert part in sentence


@pytest.mark.parametrize("spec", ["folder:", "tfds:", "zip:a.zip", "./nowhere", "demo2"])
def test_an_unknown_source_is_refused(spec: str) -> None:
    sentence = refused(spec)
    for kind in (repr(spec), "demo", "folder:DIR", "tfds:NAME"):
        assert kind in sentence


def test_a_folder_has_no_parts_of_splits_and_may_be_a_bare_path(tmp_path: Path) -> None:
    root = pictures(tmp_path, *numbered("owl", 10), *numbered("cat", 10))
    for spec in (f"folder:{root}", "demo"):
        assert "data.train_split = 'train[:90%]'" in refused(spec, train_split="train[:90%]")
    assert open_source(Data(spec=str(root))).class_names == ("cat", "owl")
    told = "000.png is a file: --data takes the folder that holds the images."
    assert told in refused(str(root / "owl" / "000.png"))
