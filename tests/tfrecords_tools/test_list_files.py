"""Lists as spreadsheets and scripts write them are read correctly or refused with the line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import pictures, refusal
from tfrecords_tools.lists import listed_images

ROOT, COUNT = "pictures", 12
NAMES = [f"{number:03d}.png" for number in range(COUNT)]
LABELS = ["still, life" if number % 3 else "portrait" for number in range(COUNT)]
PAIRS = list(zip(NAMES, LABELS, strict=True))
Rows = list[tuple[str, str]]
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lists") / ROOT
    return pictures(root, *NAMES, "with,comma.png", "\u00e3\u0085\u2028.png")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(line, ..., encoding=, end=)` writes a list of these lines."""

    def make(*lines: str, encoding: str = "utf-8", end: str = "\n", name: str = "l.csv") -> Path:
        (tmp_path / name).write_bytes("".join(line + end for line in lines).encode(encoding))
        return tmp_path / name

    return make


def found(images: Path, path: Path) -> Rows:
    """Return image and class of every example, in order."""
    made = listed_images(images, {"train": path}, None)
    assert made.listing.missing == []
    return sorted((e.key, made.class_names[e.label]) for e in made.examples)


# ---- dialects --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "lines",
    [
        [f'{n},"{label}"' for n, label in PAIRS],
        [f'"{n}","{label}"' for n, label in PAIRS],
        [f'./{n},"{label}"' for n, label in PAIRS],
        [f'.\\{n},"{label}"' for n, label in PAIRS],
        [f"{n} ; {label} " for n, label in PAIRS],
        [f"{n}\t{label}" for n, label in PAIRS],
        [f"{n}|{label}" for n, label in PAIRS],
        ["sep=;", "file;label", *(f"{n};{label}" for n, label in PAIRS)],
        ["sep=,", "file,label", *(f'{n},"{label}"' for n, label in PAIRS)],
        ["label,file", *(f'"{label}",{n}' for n, label in PAIRS)],
        ["file,label,", *(f'{n},"{label}",' for n, label in PAIRS)],
        [",file,label", *(f'{i},{n},"{label}"' for i, (n, label) in enumerate(PAIRS))],
        ["file,artist,label", *(f'{n},someone,"{label}"' for n, label in PAIRS)],
        ["class;artist;file", *(f"{label};someone;{n}" for n, label in PAIRS)],
        ["# made by hand", "", *(f"{n};{label}" for n, label in PAIRS)],
    ],
    ids=lambda lines: lines[0],
)
@pytest.mark.parametrize(
    ("encoding", "end"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-16", "\r\n")]
)
def test_it_is_read_whatever_divides_it_in_whatever_order(
    images: Path, write: Write, lines: list[str], encoding: str, end: str
) -> None:
    assert found(images, write(*lines, encoding=encoding, end=end)) == PAIRS


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["001.png 2", "000.png 1"], [("000.png", "1"), ("001.png", "2")]),
        (["001.png,b\r000.png,a"], [("000.png", "a"), ("001.png", "b")]),  # as on old Macs
        (['"with,comma.png",x'], [("with,comma.png", "x")]),
        (["with,comma.png,x"], [("with,comma.png", "x")]),
        (['000.png,12" panel', "001.png,b"], [("000.png", '12" panel'), ("001.png", "b")]),
        (['000.png;"por""trait"', "001.png;b"], [("000.png", 'por"trait'), ("001.png", "b")]),
        (["000.png,a,", "001.png,b,"], [("000.png", "a"), ("001.png", "b")]),
        (["000.png,Sea", "001.png,sea"], [("000.png", "Sea"), ("001.png", "sea")]),
        # Python's splitlines takes these characters of a mangled name for line ends.
        (["\u00e3\u0085\u2028.png,1"], [("\u00e3\u0085\u2028.png", "1")]),
    ],
)
def test_other_ways_to_write(images: Path, write: Write, lines: list[str], expected: Rows) -> None:
    assert found(images, write(*lines)) == expected


def test_what_is_not_utf_8_is_read_as_windows_writes_it(images: Path, write: Write) -> None:
    rows = [(name, f"Étude {i % 2}") for i, name in enumerate(NAMES)]
    lines = (f"{label},{name}" for name, label in rows)
    path = write("label,file", *lines, encoding="cp1252")
    with pytest.warns(UserWarning, match=r"l\.csv .*Windows-1252 \(line 2: Étude 0,000.png\)"):
        assert found(images, path) == rows


# ---- headers and labels ----------------------------------------------------------------------
def test_a_header_is_no_class_and_numbers_are_in_their_order(images: Path, write: Write) -> None:
    for kind in (str, "{:.1f}".format):
        rows = [f"{name},{kind(COUNT - 1 - i)}" for i, name in enumerate(NAMES)]
        halves = (["file,label", *rows[:9]], ["file,label", *rows[9:]])
        lists = {
            split: write(*half, name=split)
            for split, half in zip(("train", "val"), halves, strict=True)
        }
        joined = {"train": write(*halves[0], *halves[1])}
        for each in ({"train": write(*rows)}, lists, joined):
            made = listed_images(images, each, None)
            assert made.class_names == tuple(map(kind, range(COUNT)))
            assert (sum(made.listing.rows.values()), made.listing.missing) == (COUNT, [])


def test_a_missing_picture_in_the_first_line_is_no_header(images: Path, write: Write) -> None:
    path = write("gone.png,abstract", *(f"{name},sea" for name in NAMES))
    made = listed_images(images, {"train": path}, None)
    with pytest.warns(UserWarning, match=r"l\.csv has no training images of abstract"):
        made.check(path)
    assert made.class_names == ("abstract", "sea")
    assert made.listing.missing == [("train", "gone.png")]


@pytest.mark.parametrize(
    "word", ["label", "labels", "class", "class_name", "category", "target", " Label "]
)
def test_a_header_names_the_label_among_other_columns(
    images: Path, write: Write, word: str
) -> None:
    rows = (f'{name},someone,"{label}",1900' for name, label in PAIRS)
    assert found(images, write(f"file,artist,{word},year", *rows)) == PAIRS


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
@pytest.mark.parametrize(
    ("head", "row"),
    [([], '{},"{}"'), (["file,label"], '{},"{}"'), (["label;file"], "{1};{0}")],
    ids=["bare", "header", "label first"],
)
def test_paths_of_another_machine_are_found_and_told_of(
    images: Path, write: Write, moved: Callable[[str], str], head: list[str], row: str
) -> None:
    lines = [row.format(moved(name[:-4]), label) for name, label in PAIRS]
    with pytest.warns(
        UserWarning, match=rf"names no existing file .*: 12 of {len(head + lines)} lines"
    ):
        assert found(images, write(*head, *lines)) == PAIRS


def test_a_name_without_suffix_that_two_files_have_is_missing(tmp_path: Path, write: Write) -> None:
    pictures(tmp_path, "1.png", "1.jpg", "2 a.png", "3.tif")
    with pytest.warns(UserWarning, match=r"2 of 3 lines .* such as 2%20a to 2 a\.png"):
        made = listed_images(tmp_path, {"train": write("1,sea", "2%20a,sea", "3,sea")}, None)
    assert [example.key for example in made.examples] == ["2 a.png", "3.tif"]
    assert made.listing.missing == [("train", "1")]


@pytest.mark.parametrize("folder", ["val", "pict", f"{ROOT}/more"])
def test_files_in_other_folders_are_not_meant(images: Path, write: Write, folder: str) -> None:
    path = write(*(f"{folder}/{name};sea" for name in NAMES))
    made = listed_images(images, {"train": path}, None)
    assert made.examples == []
    assert len(made.listing.missing) == COUNT


# ---- refusals --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "l.csv holds no rows"),
        ([" ", ",,"], "l.csv holds no rows"),
        (["\ufeff"], "l.csv holds no rows"),
        (["file,label"], "line 1 is a header without any rows"),
        (['{"labels": [["000.png", 0]]}'], "l.csv is JSON: give path,label rows"),
        (["[0]"], "l.csv is JSON"),
        ([f'{{"file": "{n}", "label": 1}}' for n in NAMES], "l.csv is JSON"),
        (["file,artist,genre", *(f"{n},monet,sea" for n in NAMES)], "line 1: it has 3 columns"),
        (["000.png,", "001.png,sea"], "line 1: '000.png' has no label"),
        (["000.png,sea", "", "001.png, "], "line 3: '001.png' has no label"),
        (["000.png,sea", "001.png,nan"], "line 2: '001.png' has no label"),
        (["000.png,sea", "001.png,NaN"], "line 2: '001.png' has no label"),
        (["000.png,sea", ",sea"], "line 2: 'sea' has no path"),
        (["000.png,sea", "001.png"], "line 2: '001.png'"),
        (["000.png", "001.png,sea"], "line 1: '000.png'"),
        (["000.png,0", "001.png,1", "002.png,-1"], "line 3: the label -1"),
        (["000.png,0", "001.png,1", "002.png,01"], "line 3: '1' and '01' are the same number"),
        (["000.png,sea", '001.png,"still', 'life"'], r"line 3: 'still\nlife' is not a class name"),
        (['000.png,"sea"s'], "l.csv, line 1: ',' expected after"),
        (['"000.png"s,sea'], "l.csv, line 1: ',' expected after"),
        (["000.png,a", '"001.png,a', *["002.png,b"] * 3], "l.csv, line 5: unexpected end of data"),
        (["000.png,a", '"001.png,a', *["002.png,b"] * 20_000], "l.csv, line "),  # one long path
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rows_that_could_mean_something_else_are_refused_with_their_line(
    images: Path, write: Write, lines: list[str], said: str
) -> None:
    assert said in refusal(listed_images, images, {"train": write(*lines)}, None)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"000.png,a\n001.png,\x81\n", ["line 2", "save it as UTF-8"]),
        ("000.png,a\n".encode("utf-16-le"), ["zero bytes", "UTF-8"]),
    ],
)
def test_no_text_is_refused(images: Path, tmp_path: Path, data: bytes, words: list[str]) -> None:
    (tmp_path / "l.csv").write_bytes(data)
    said = refusal(listed_images, images, {"train": tmp_path / "l.csv"}, None)
    assert all(word in said for word in ["l.csv", *words])


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_of_other_systems_are_counted_once(images: Path, write: Write, end: str) -> None:
    path = write("000.png,sea", "001.png,", end=end)
    assert "line 2: '001.png' has no label" in refusal(listed_images, images, {"train": path}, None)


def test_a_list_that_cannot_be_read_is_named(images: Path, tmp_path: Path) -> None:
    said = refusal(listed_images, images, {"train": tmp_path}, None)
    assert f"{tmp_path} cannot be read: Is a directory." in said


def test_a_label_that_no_class_file_has_is_refused_in_any_line(images: Path, write: Write) -> None:
    """An image in the first line is no header, so the row must not be skipped."""
    classes = write("0 a", "1 b", name="classes")
    for lines in (["path,label", "000.png,1", "", "001.png,2"], ["001.png,2", "000.png,1"]):
        path, line = write(*lines), lines.index("001.png,2") + 1
        said = refusal(listed_images, images, {"train": path}, classes)
        assert all(part in said for part in (f"{path}, line {line}", "'2'", "'001.png'"))


# ---- lists made elsewhere ----------------------------------------------------------------------
def test_labels_that_fit_file_names_are_no_paths(tmp_path: Path, write: Write) -> None:
    root = pictures(tmp_path / ROOT, *(f"{n}.png" for n in range(20)))
    lines = [f"/home/me/val/{n}.png,{n % 10}" for n in range(40, 60)]
    made = listed_images(root, {"train": write(*lines)}, None)
    assert (len(made.class_names), len(made.listing.missing)) == (10, 20)


def test_of_nested_folders_of_one_name_the_inner_one_may_be_given(tmp_path: Path, write: Write):
    root = pictures(tmp_path / "wikiart" / "wikiart", *(f"a/{n}.png" for n in range(4)))
    lines = [f"/kaggle/input/wikiart/wikiart/a/{n}.png,{n % 2}" for n in range(4)]
    with pytest.warns(UserWarning, match="4 of 4 lines are matched"):
        assert listed_images(root, {"train": write(*lines)}, None).listing.missing == []


def test_a_path_may_begin_with_a_bracket(tmp_path: Path, write: Write) -> None:
    names = ["[monet] sea.png", "[monet] lilies.png"]
    root = pictures(tmp_path / ROOT, *names)
    assert found(root, write(*(f"{name},a" for name in names))) == [(n, "a") for n in sorted(names)]


def test_long_numbers_are_told_apart(images: Path, write: Write) -> None:
    lines = [f"{name},90000000000000000{n % 3}" for n, name in enumerate(NAMES)]
    made = listed_images(images, {"train": write(*lines)}, None)
    assert made.class_names == tuple(f"90000000000000000{n}" for n in range(3))


@pytest.mark.parametrize("header", ["label,file", "file,artist,label"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_list_made_elsewhere_may_be_doubled_and_name_more_than_is_here(
    tmp_path: Path, write: Write, header: str, times: int
) -> None:
    root = pictures(tmp_path / ROOT, *(f"p{n}.png" for n in range(20)))
    rows = [{"label": f"c{n % 5}", "artist": "someone", "file": f"p{n}.jpg"} for n in range(50)]
    lines = [header, *(",".join(row[name] for name in header.split(",")) for row in rows * times)]
    with pytest.warns(UserWarning, match="are matched to files"):
        made = listed_images(root, {"train": write(*lines)}, None)
    assert (len(made.class_names), len(made.examples)) == (5, 20)
    assert len(made.listing.missing) == 30
