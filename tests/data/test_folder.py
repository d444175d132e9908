"""A plain folder of images: three layouts, a stable split, and one-sentence errors."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from artgan_tf.config import Data, InputError
from artgan_tf.data.source import Indexed, Source, Split
from artgan_tf.data.spec import open_source

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write("train/a/1.png", ...)`: write small images; returns the temporary folder."""

    def make(*names: str) -> Path:
        for index, name in enumerate(names):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (12, 10), (index, 0, 0)).save(path)
        return tmp_path

    return make


def numbered(folder: str, count: int) -> Iterable[str]:
    return [f"{folder}/{index:03d}.png" for index in range(count)]


def opened(folder: Path | str, **settings: Any) -> Source:
    return open_source(Data(spec=f"folder:{folder}", image_size=8, **settings))


def files(split: Split, root: Path) -> list[str]:
    return [Path(split.name(i)).relative_to(root).as_posix() for i in range(split.count)]


def labelled(source: Source, split: Split) -> list[str]:
    assert isinstance(split, Indexed)
    return [source.class_names[label] for label in split.labels]


def refusal(spec: str, **settings: Any) -> str:
    """The error sentence for opening `spec`."""
    with pytest.raises(InputError) as caught:
        open_source(Data(spec=spec, **settings))
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


# ---- layouts ---------------------------------------------------------------------------------
def test_of_two_held_out_folders_one_is_chosen(write: Write) -> None:
    root = write(*(f"{split}/a/{n}.png" for split in ("train", "val", "test") for n in range(3)))
    for chosen, found in (("", "val"), ("test", "test"), ("validation", "val"), ("train", "val")):
        source = opened(root, val_split=chosen)
        assert files(source.val, root) == [f"{found}/a/{n}.png" for n in range(3)]


@pytest.mark.parametrize("held_out", ["val", "validation", "test"])
def test_train_and_held_out_folders_with_class_folders(write: Write, held_out: str) -> None:
    root = write("train/owl/1.png", "train/cat/2.jpg", f"{held_out}/cat/3.png", "train/cat/4.bmp")
    source = opened(root)
    assert source.class_names == ("cat", "owl")
    assert files(source.train, root) == ["train/cat/2.jpg", "train/cat/4.bmp", "train/owl/1.png"]
    assert labelled(source, source.train) == ["cat", "cat", "owl"]
    assert files(source.val, root) == [f"{held_out}/cat/3.png"]
    assert labelled(source, source.val) == ["cat"]


def test_class_folders_alone_are_divided(write: Write) -> None:
    root = write(*numbered("owl", 10), *numbered("cat", 30))
    source = opened(root, val_fraction=0.2)
    assert source.class_names == ("cat", "owl")
    assert (source.train.count, source.val.count) == (32, 8)
    assert labelled(source, source.val) == ["cat"] * 6 + ["owl"] * 2
    for split in (source.train, source.val):
        assert labelled(source, split) == [name.split("/")[0] for name in files(split, root)]


def test_images_alone_are_one_class_that_the_folder_names(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(*numbered("paintings", 10)) / "paintings"
    monkeypatch.chdir(root)
    for source in (opened(root), opened(".")):
        assert source.class_names == ("paintings",)
        assert (source.train.count, source.val.count) == (9, 1)


def test_images_alone_in_train_and_val_are_the_same_class(write: Write) -> None:
    source = opened(write("mine/train/1.png", "mine/train/2.png", "mine/val/3.png") / "mine")
    assert source.class_names == ("mine",)
    assert (source.train.count, source.val.count) == (2, 1)


def test_train_alone_is_divided(write: Write) -> None:
    source = opened(write(*numbered("train/owl", 10), *numbered("train/cat", 10)))
    assert source.class_names == ("cat", "owl")
    assert (source.train.count, source.val.count) == (18, 2)


def test_pictures_of_trains_can_be_a_class(write: Write) -> None:
    source = opened(write(*numbered("train", 10), *numbered("car", 10)))
    assert source.class_names == ("car", "train")


def test_a_held_out_folder_may_lack_classes(write: Write) -> None:
    root = write("train/a/1.png", "train/b/2.png", "test/b/3.png")
    (root / "test" / "a").mkdir()
    source = opened(root)
    assert source.class_names == ("a", "b")
    assert labelled(source, source.val) == ["b"]


def test_an_example_is_the_image_of_its_name(write: Write) -> None:
    source = opened(write(*numbered("a", 20)), val_fraction=0.3)
    for split in (source.train, source.val):
        assert isinstance(split, Indexed)
        for index in range(split.count):
            image = split.load(index)
            assert image.shape == (8, 10, 3)
            assert (image[..., 0] == int(Path(split.name(index)).stem)).all()


# ---- the split -------------------------------------------------------------------------------
def test_the_split_is_stable_disjoint_and_whole(write: Write) -> None:
    names = [*numbered("a", 40), *numbered("b", 7), *numbered("c", 1)]
    root = write(*names)
    source, again, other = opened(root), opened(root), opened(root, split_seed=1)
    train, held_out = files(source.train, root), files(source.val, root)
    assert held_out == files(again.val, root)
    assert held_out != files(other.val, root)
    assert sorted([*train, *held_out]) == sorted(names)
    assert train == sorted(train)
    assert labelled(source, source.val) == ["a"] * 4 + ["b"]  # single images stay in training


# ---- refusals --------------------------------------------------------------------------------
def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "nowhere" in refusal(f"folder:{tmp_path}/nowhere")


def test_another_number_of_classes_than_expected_is_refused(write: Write) -> None:
    root = write(*numbered("owl", 10), *numbered("cat", 10))
    assert opened(root, classes=2).class_names == ("cat", "owl")
    sentence = refusal(f"folder:{root}", classes=27)
    for part in ("2 classes", "cat, owl", "27", "data.classes=0"):
        assert part in sentence


@pytest.mark.parametrize("spec", ["folder:", "tfds:", "zip:a.zip", "./nowhere", "demo2"])
def test_an_unknown_source_is_refused(spec: str) -> None:
    sentence = refusal(spec)
    for kind in (repr(spec), "demo", "folder:DIR", "tfds:NAME"):
        assert kind in sentence


def test_a_split_that_a_folder_cannot_have_is_refused(write: Write) -> None:
    root = write(*numbered("owl", 10), *numbered("cat", 10))
    for spec in (f"folder:{root}", "demo"):
        assert "data.train_split = 'train[:90%]'" in refusal(spec, train_split="train[:90%]")


def test_a_bare_path_is_a_folder(write: Write) -> None:
    root = write(*numbered("owl", 10), *numbered("cat", 10))
    assert open_source(Data(spec=str(root))).class_names == ("cat", "owl")
    told = "000.png is a file: --data takes the folder that holds the images."
    assert told in refusal(str(root / "owl" / "000.png"))
