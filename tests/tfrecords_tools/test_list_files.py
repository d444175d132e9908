"""Lists as spreadsheets and scripts write them are read correctly or refused with the line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tfrecords_tools.common.errors import InputError
from tfrecords_tools.lists import listed_images

ROOT, COUNT = "pictures", 12
NAMES = [f"{number:03d}.png" for number in range(COUNT)]
LABELS = ["still, life" if number % 3 else "portrait" for number in range(COUNT)]
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lists") / ROOT
    root.mkdir()
    for name in NAMES:
        Image.new("RGB", (9, 9)).save(root / name)
    return root


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(line, ..., encoding=, end=)` writes a list of these lines."""

    def make(*lines: str, encoding: str = "utf-8", end: str = "\n", name: str = "l.csv") -> Path:
        (tmp_path / name).write_bytes("".join(line + end for line in lines).encode(encoding))
        return tmp_path / name

    return make


def found(images: Path, **lists: Path) -> list[tuple[str, str, str]]:
    """Return split, image and class of every example, in order."""
    made = listed_images(images, lists, None)
    assert made.listing.missing == []
    return sorted((e.split, e.key, made.class_names[e.label]) for e in made.examples)


def refusal(images: Path, path: Path) -> str:
    with pytest.raises(InputError) as caught:
        listed_images(images, {"train": path}, None)
    assert "\n" not in str(caught.value)
    return str(caught.value)


EXPECTED = [("train", name, label) for name, label in zip(NAMES, LABELS, strict=True)]
PAIRS = list(zip(NAMES, LABELS, strict=True))


# ---- dialects --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "lines",
    [
        [f'{n},"{label}"' for n, label in PAIRS],
        [f"{n};{label}" for n, label in PAIRS],
        [f"{n}\t{label}" for n, label in PAIRS],
        [f"{n}|{label}" for n, label in PAIRS],
        ["sep=;", "file;label", *(f"{n};{label}" for n, label in PAIRS)],
        ["sep=,", "file,label", *(f'{n},"{label}"' for n, label in PAIRS)],
        ["label,file", *(f'"{label}",{n}' for n, label in PAIRS)],
        ["file,label,", *(f'{n},"{label}",' for n, label in PAIRS)],
        [",file,label", *(f'{i},{n},"{label}"' for i, (n, label) in enumerate(PAIRS))],
        ["file,artist,label", *(f'{n},someone,"{label}"' for n, label in PAIRS)],
        ["class;artist;file", *(f"{label};someone;{n}" for n, label in PAIRS)],
        ["# made by hand", *(f"{n};{label}" for n, label in PAIRS)],
    ],
    ids=lambda lines: lines[0],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_it_is_read_whatever_divides_it_in_whatever_order(
    images: Path, write: Write, lines: list[str], encoding: str
) -> None:
    assert found(images, train=write(*lines, encoding=encoding, end="\r\n")) == EXPECTED


def test_a_space_divides_paths_from_numbers(images: Path, write: Write) -> None:
    path = write(*(f"{name} {number % 3}" for number, name in enumerate(NAMES)))
    numbered = [("train", name, str(number % 3)) for number, name in enumerate(NAMES)]
    assert found(images, train=path) == numbered


def test_what_is_not_utf_8_is_read_as_windows_writes_it_and_told(
    images: Path, write: Write
) -> None:
    lines = ["file,label", *(f"{name},Musée {i % 2}" for i, name in enumerate(NAMES))]
    path = write(*lines, encoding="cp1252")
    with pytest.warns(UserWarning, match=r"l\.csv .*Windows-1252 \(line 2: 000.png,Musée 0\)"):
        made = found(images, train=path)
    assert made == [("train", name, f"Musée {i % 2}") for i, name in enumerate(NAMES)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"000.png,a\n001.png,\x81\n", ["line 2", "save it as UTF-8"]),
        ("000.png,a\n".encode("utf-16-le"), ["zero bytes", "UTF-8"]),
    ],
)
def test_what_is_no_text_is_refused(
    images: Path, tmp_path: Path, data: bytes, words: list[str]
) -> None:
    (tmp_path / "l.csv").write_bytes(data)
    said = refusal(images, tmp_path / "l.csv")
    assert all(word in said for word in ["l.csv", *words])


@pytest.mark.parametrize(
    "line", ['{"labels": [["000.png", 0]]}', '{"file_name": "000.png"}', "[0]"]
)
def test_json_is_refused_as_what_it_is(images: Path, write: Write, line: str) -> None:
    assert "l.csv is JSON: give path,label rows" in refusal(images, write(line))


def test_three_columns_that_do_not_say_which_is_the_label_are_refused(
    images: Path, write: Write
) -> None:
    said = refusal(images, write("file,artist,genre", *(f"{n},monet,sea" for n in NAMES)))
    assert "line 1" in said
    assert "3 columns" in said


# ---- headers ---------------------------------------------------------------------------------
def numbered(first: int, last: int) -> list[str]:
    return ["file,label", *(f"{NAMES[i]},{i}" for i in range(first, last))]


def test_each_list_has_a_header_of_its_own(images: Path, write: Write) -> None:
    lists = {
        "train": write(*numbered(0, 9), name="t.csv"),
        "val": write(*numbered(9, 12), name="v.csv"),
    }
    assert listed_images(images, lists, None).class_names == tuple(map(str, range(12)))
    assert [label for _, _, label in found(images, **lists)] == list(map(str, range(12)))


def test_joined_lists_have_their_header_twice(images: Path, write: Write) -> None:
    path = write(*numbered(0, 9), *numbered(9, 12))
    assert listed_images(images, {"train": path}, None).class_names == tuple(map(str, range(12)))


def test_a_missing_picture_in_the_first_line_is_no_header(images: Path, write: Write) -> None:
    path = write("gone.png,abstract", *(f"{name},sea" for name in NAMES))
    made = listed_images(images, {"train": path}, None)
    with pytest.warns(UserWarning, match=r"l\.csv has no training images of abstract"):
        made.check(path)
    assert made.class_names == ("abstract", "sea")
    assert made.listing.missing == [("train", "gone.png")]


def test_a_header_alone_is_refused(images: Path, write: Write) -> None:
    assert "line 1 is a header without any rows" in refusal(images, write("file,label"))


# ---- lists from another machine --------------------------------------------------------------
@pytest.mark.parametrize(
    "moved",
    [
        f"/content/drive/{ROOT}/{{}}.png".format,
        f"C:\\Users\\me\\{ROOT}\\{{}}.png".format,
        f"{ROOT}/{{}}.png".format,
        f"https://images.example/{ROOT}/{{}}.PNG?w=200&h=3".format,
        "{}".format,
        "{}.jpg".format,
        "./{}.JPEG".format,
    ],
    ids=lambda moved: moved("000"),
)
@pytest.mark.parametrize("head", [[], ["file,label"]], ids=["bare", "header"])
def test_paths_of_another_machine_are_found_and_told_of(
    images: Path, write: Write, moved: Callable[[str], str], head: list[str]
) -> None:
    lines = [f'{moved(name[:-4])},"{label}"' for name, label in PAIRS]
    with pytest.warns(
        UserWarning, match=rf"names no existing file .*: 12 of {len(head + lines)} lines"
    ):
        assert found(images, train=write(*head, *lines)) == EXPECTED


def test_addresses_write_spaces_as_numbers(tmp_path: Path, write: Write) -> None:
    folder = tmp_path / "still life"
    for name in NAMES:
        folder.mkdir(exist_ok=True)
        Image.new("RGB", (9, 9)).save(folder / name)
    path = write(*(f"still%20life/{name},sea" for name in NAMES))
    with pytest.warns(UserWarning, match="such as still%20life/000.png to still life/000.png"):
        made = found(tmp_path, train=path)
    assert made == [("train", f"still life/{name}", "sea") for name in NAMES]


@pytest.mark.parametrize("folder", ["val", "pict", f"{ROOT}/more"])
def test_files_of_the_same_name_in_other_folders_are_not_meant(
    images: Path, write: Write, folder: str
) -> None:
    path = write(*(f"{folder}/{name},sea" for name in NAMES))
    made = listed_images(images, {"train": path}, None)
    assert made.examples == []
    assert len(made.listing.missing) == COUNT


def test_a_name_without_suffix_that_two_files_have_is_missing(tmp_path: Path, write: Write) -> None:
    for name in ("1.png", "1.jpg", "2.png", "3.tif"):
        Image.new("RGB", (9, 9)).save(tmp_path / name)
    with pytest.warns(UserWarning, match="2 of 3 lines"):
        made = listed_images(tmp_path, {"train": write("1,sea", "2,sea", "3,sea")}, None)
    assert [example.key for example in made.examples] == ["2.png", "3.tif"]
    assert made.listing.missing == [("train", "1")]


# ---- labels ----------------------------------------------------------------------------------
@pytest.mark.parametrize("empty", ["", " ", "nan"])
@pytest.mark.parametrize("line", [1, 5])
def test_an_image_without_a_label_is_refused_with_its_line(
    images: Path, write: Write, line: int, empty: str
) -> None:
    lines = [f"{name},{label.split()[-1]}" for name, label in PAIRS]
    lines[line - 1] = f"{NAMES[line - 1]},{empty}"
    said = refusal(images, write(*lines))
    assert f"line {line}: '{NAMES[line - 1]}' has no label" in said


def test_a_label_without_an_image_is_refused_with_its_line(images: Path, write: Write) -> None:
    assert "line 2: 'sea' has no path" in refusal(images, write("000.png,sea", ",sea"))


def test_a_line_without_two_columns_is_refused(images: Path, write: Write) -> None:
    assert "line 2: '001.png'" in refusal(images, write("000.png,sea", "001.png"))
    assert "line 1: '000.png'" in refusal(images, write("000.png", "001.png,sea"))


def test_numbers_are_ordered_as_numbers(images: Path, write: Write) -> None:
    for kind in (str, "{:.1f}".format):
        lines = [f"{name},{kind(11 - i)}" for i, name in enumerate(NAMES)]
        made = listed_images(images, {"train": write(*lines)}, None)
        assert made.class_names == tuple(map(kind, range(12)))


@pytest.mark.parametrize(("label", "word"), [("-1", "-1"), ("01", "same number")])
def test_a_number_that_can_be_no_label_is_refused(
    images: Path, write: Write, label: str, word: str
) -> None:
    said = refusal(images, write("000.png,0", "001.png,1", f"002.png,{label}"))
    assert "line 3" in said
    assert word in said


def test_a_name_may_not_be_broken_into_lines(images: Path, write: Write) -> None:
    said = refusal(images, write("000.png,sea", '001.png,"still', 'life"'))
    assert "line 3: 'still\\nlife' is not a class name: it has a line break" in said
