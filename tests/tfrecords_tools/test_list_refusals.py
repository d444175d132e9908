"""Invalid lists are refused with one sentence that names the line."""

from pathlib import Path

import pytest
from PIL import Image

from tfrecords_tools.common.errors import InputError
from tfrecords_tools.convert import convert
from tfrecords_tools.lists import listed_images, wikiart_lists
from tfrecords_tools.options import Options


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(line + "\n" for line in lines))
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for number in range(4):
        path = tmp_path / "images" / "k" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9)).save(path)
    return tmp_path / "images"


def refusal(images: Path, path: Path, classes: Path | None = None) -> str:
    with pytest.raises(InputError) as caught:
        listed_images(images, {"train": path}, classes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_unknown_label_is_refused_with_file_and_line(tmp_path: Path, images: Path) -> None:
    classes = write(tmp_path / "classes", "0 a", "1 b")
    path = write(tmp_path / "l.csv", "path,label", "k/1.png,1", "", "k/2.png,2")
    said = refusal(images, path, classes)
    for part in (f"{path}, line 4", "'2'", "'k/2.png'"):
        assert part in said


def test_an_image_in_the_first_line_is_no_header(tmp_path: Path, images: Path) -> None:
    """An invalid label there is an error as in any other line; the row must not be skipped."""
    classes = write(tmp_path / "classes", "0 a", "1 b")
    path = write(tmp_path / "l.csv", "k/1.png,2", "k/2.png,1")
    assert "line 1" in refusal(images, path, classes)


@pytest.mark.parametrize("content", [b"", b"\n \n,,\n", b"\xef\xbb\xbf"])
def test_an_empty_list_is_refused(tmp_path: Path, images: Path, content: bytes) -> None:
    (tmp_path / "l.csv").write_bytes(content)
    assert "l.csv" in refusal(images, tmp_path / "l.csv")


@pytest.mark.parametrize("rows", [3, 20_000])
def test_a_quotation_mark_that_is_never_closed_is_refused(
    tmp_path: Path, images: Path, rows: int
) -> None:
    """Otherwise the rest of the list would become one path."""
    path = write(tmp_path / "l.csv", "k/1.png,a", '"k/2.png,a', *["k/3.png,b"] * rows)
    assert "l.csv" in refusal(images, path)


@pytest.mark.parametrize(
    "lines", [["0 a", "2 b"], ["1 a", "2 b"], ["0 a", "0 b"], ["0 a", "1 a"], ["a", "a"]]
)
def test_a_class_file_with_gaps_is_refused(tmp_path: Path, images: Path, lines: list[str]):
    path = write(tmp_path / "l.csv", "k/1.png,0")
    assert "classes.txt" in refusal(images, path, write(tmp_path / "classes.txt", *lines))


def lists(tmp_path: Path) -> Path:
    """Write lists in which `train` has only class a, and `val` also class b."""
    write(tmp_path / "train.csv", "k/0.png,a", "k/1.png,a")
    write(tmp_path / "val.csv", "k/2.png,a", "k/3.png,b")
    return write(tmp_path / "classes.txt", "a", "b", "c")


def test_a_class_that_is_not_trained_on_is_refused(tmp_path: Path, images: Path) -> None:
    lists(tmp_path)
    labels = (f"train={tmp_path}/train.csv", f"val={tmp_path}/val.csv")
    with pytest.raises(
        InputError, match=r"^[^\n]* has held-out images but no training images of b: [^\n]*\.$"
    ):
        convert(Options(images, tmp_path / "out", labels=labels, size=8, workers=1))
    assert not (tmp_path / "out").exists()


def test_classes_without_any_image_are_told_of(tmp_path: Path, images: Path) -> None:
    classes, labels = lists(tmp_path), (f"{tmp_path}/train.csv",)
    options = Options(
        images, tmp_path / "out", labels=labels, class_file=classes, size=8, workers=1,
        val_fraction=0.5, dry_run=True,
    )  # fmt: skip
    with pytest.warns(UserWarning, match=r"images has no training images of b, c\.$"):
        convert(options)


@pytest.mark.parametrize("label", ["two\u2028lines", "two\x85lines"])
def test_a_label_of_two_lines_is_refused(tmp_path: Path, images: Path, label: str) -> None:
    path = write(tmp_path / "l.csv", f"k/0.png,{label}", f"k/1.png,{label}")
    with pytest.raises(InputError, match=r"^[^\n]* is not a class name: [^\n]*\.$"):
        convert(Options(images, tmp_path / "out", labels=(str(path),), size=8, workers=1))


def test_a_missing_list_or_class_file_or_folder_is_refused(tmp_path: Path, images: Path) -> None:
    path = write(tmp_path / "l.csv", "k/1.png,0")
    assert "none.csv" in refusal(images, tmp_path / "none.csv")
    assert "none.txt" in refusal(images, path, tmp_path / "none.txt")
    assert "nowhere" in refusal(images / "nowhere", path)
    with pytest.raises(InputError, match="style_train"):
        wikiart_lists(tmp_path, "style")
