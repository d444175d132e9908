"""Lists of path,label in every dialect, with every kind of error, and what happens to each row."""

from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from tfrecords_tools.common.errors import InputError
from tfrecords_tools.examples import Collection, Example
from tfrecords_tools.lists import listed_images, parse_lists, wikiart_lists

# í as in the official lists (UTF-8 read as latin-1, lower case), and as in copies of the images,
# where it was also read as cp866 and then as cp437.
LISTED = "joaquí".encode().decode("latin-1").lower() + "n_sea.jpg"
STORED = LISTED.encode().decode("cp866").encode().decode("cp437")

IMAGES = [
    "Cubism/a_untitled.jpg",
    "Rococo/a_untitled.jpg",
    "Rococo/b,with-comma.jpg",
    "Rococo/conflict.jpg",
    "Rococo/repeat.jpg",
    f"Rococo/{STORED}",
    "Rococo/gre\u0301goire.jpg",  # decomposed here, composed in the list
    "Rococo/li\u00e4\u00dfon.jpg",
    "Rococo/tw\u00f6ns.jpg",
    "Rococo/tw\u00f8ns.jpg",
    "Rococo/in-no-list.jpg",
]
TRAIN = [
    "Cubism/a_untitled.jpg,0",
    "Rococo/a_untitled.jpg,0",
    "Rococo/b,with-comma.jpg,1",
    "Rococo/conflict.jpg,0",
    "Rococo/repeat.jpg,1",
    f"Rococo/{LISTED},1",
    "Rococo/gr\u00e9goire.jpg,1",
    "Rococo/nowhere.jpg,1",
]
VAL = [
    "Rococo/conflict.jpg,1",
    "Rococo/repeat.jpg,1",
    "Rococo/li\u2592\u2592on.jpg,0",  # beyond repair: only the ASCII letters remain
    "Rococo/tw\u2592ns.jpg,0",  # could be either of two files
]


def write(path: Path, *lines: str, end: str = "\n", start: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(start + "".join(line + end for line in lines).encode())
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for name in (*IMAGES, *(f"k/{number}.png" for number in range(12))):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9)).save(path)
    return tmp_path / "images"


@pytest.fixture
def dirty(tmp_path: Path, images: Path) -> Collection:
    """Write lists with the errors of the official ones."""
    lists = tmp_path / "lists"
    write(lists / "genre_class", "0 portrait", "1 still_life", end="\r\n")
    write(lists / "genre_train.csv", *TRAIN, end="\r\n")
    write(lists / "genre_val.csv", *VAL, end="\r\n")
    return listed_images(images, *wikiart_lists(lists, "genre"))


def rows(images: Path, path: Path, classes: Path | None = None) -> list[tuple[str, str]]:
    """Return the path and class name of each example of one list."""
    found = listed_images(images, {"train": path}, classes)
    return [(example.key, found.class_names[example.label]) for example in found.examples]


# ---- errors ----------------------------------------------------------------------------------
def test_dirty_lists_find_what_they_name(dirty: Collection) -> None:
    assert dirty.class_names == ("portrait", "still_life")
    assert Counter(dirty.examples) == Counter(
        [
            Example("train", "Cubism/a_untitled.jpg", 0),  # the same file name in two styles
            Example("train", "Rococo/a_untitled.jpg", 0),
            Example("train", "Rococo/b,with-comma.jpg", 1),
            Example("train", "Rococo/repeat.jpg", 1),  # once, in the split that names it first
            Example("train", f"Rococo/{STORED}", 1),
            Example("train", "Rococo/gre\u0301goire.jpg", 1),
            Example("val", "Rococo/li\u00e4\u00dfon.jpg", 0),
        ]
    )


def test_every_row_is_counted_once(dirty: Collection) -> None:
    listing = dirty.listing
    assert listing.rows == {"train": 8, "val": 4}
    assert listing.repeated == [("val", "Rococo/repeat.jpg")]
    assert listing.dropped == {"Rococo/conflict.jpg": ["0", "1"]}
    assert listing.dropped_rows == {"train": 1, "val": 1}
    missing = [("train", "Rococo/nowhere.jpg"), ("val", "Rococo/tw\u2592ns.jpg")]
    assert listing.missing == missing
    assert listing.matched == {"exact": 4, "variant": 2, "ascii": 1}
    kept = len(listing.repeated) + sum(listing.dropped_rows.values()) + len(listing.missing)
    assert kept + len(dirty.examples) == 12


def test_renamed_are_those_that_are_written_otherwise(dirty: Collection) -> None:
    assert dirty.listing.renamed == {
        f"Rococo/{LISTED}": f"Rococo/{STORED}",
        "Rococo/gr\u00e9goire.jpg": "Rococo/gre\u0301goire.jpg",
        "Rococo/li\u2592\u2592on.jpg": "Rococo/li\u00e4\u00dfon.jpg",
    }


def test_the_same_path_thrice_with_two_labels_is_dropped_whole(
    tmp_path: Path, images: Path
) -> None:
    path = write(tmp_path / "l.csv", "k/1.png,a", "k/2.png,a", "k/1.png,a", "k/1.png,b")
    found = listed_images(images, {"train": path}, None)
    assert [example.key for example in found.examples] == ["k/2.png"]
    assert found.listing.dropped == {"k/1.png": ["a", "b"]}
    assert found.listing.dropped_rows == {"train": 3}
    assert found.listing.repeated == []


def test_mojibake_may_contain_what_python_takes_for_a_line_end(
    tmp_path: Path, images: Path
) -> None:
    name = "k/\u00e3\u0085\u2028.png"
    Image.new("RGB", (9, 9)).save(images / name)
    assert rows(images, write(tmp_path / "l.csv", f"{name},1")) == [(name, "1")]


# ---- dialects --------------------------------------------------------------------------------
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize(
    "line",
    ["k/1.png,b", '"k/1.png",b', '"k/1.png","b"', "k\\1.png,b", "./k/1.png,b", "k/1.png , b "],
)
def test_a_row_is_read_in_every_dialect(
    tmp_path: Path, images: Path, line: str, start: bytes, end: str
) -> None:
    path = write(tmp_path / "l.csv", line, "k/2.png,a", end=end, start=start)
    assert rows(images, path) == [("k/1.png", "b"), ("k/2.png", "a")]


def test_lines_may_end_as_on_old_macs(tmp_path: Path, images: Path) -> None:
    path = write(tmp_path / "l.csv", "k/1.png,b", '"k/2.png",a', end="\r")
    assert rows(images, path) == [("k/1.png", "b"), ("k/2.png", "a")]


@pytest.mark.parametrize("line", ['"Rococo/b,with-comma.jpg",x', "Rococo/b,with-comma.jpg,x"])
def test_a_path_may_contain_a_comma(tmp_path: Path, images: Path, line: str) -> None:
    assert rows(images, write(tmp_path / "l.csv", line)) == [("Rococo/b,with-comma.jpg", "x")]


def test_the_official_artist_lists_have_a_header_and_two_commas(
    tmp_path: Path, images: Path
) -> None:
    write(tmp_path / "artist_class", "0 Claude_Monet", "1 Rembrandt")
    header = ["(Path to image),, (Groundtruth class) ", ""]
    write(tmp_path / "artist_train", *header, "Cubism/a_untitled.jpg,,1")
    write(tmp_path / "artist_val", *header, "Rococo/b,with-comma.jpg,,0")
    found = listed_images(images, *wikiart_lists(tmp_path, "artist"))
    assert found.listing.rows == {"train": 1, "val": 1}
    assert found.examples == [
        Example("train", "Cubism/a_untitled.jpg", 1),
        Example("val", "Rococo/b,with-comma.jpg", 0),
    ]


@pytest.mark.parametrize(
    "classes", ["0 owl\n1 cat\n", "1,cat\n0,owl\n", "owl\ncat\n", "owl\r\ncat"]
)
@pytest.mark.parametrize("label", ["1", "cat"])
def test_labels_are_numbers_or_names(tmp_path: Path, images: Path, classes: str, label: str):
    (tmp_path / "classes").write_bytes(b"\xef\xbb\xbf" + classes.encode())
    path = write(tmp_path / "l.csv", "path,label", f"k/1.png,{label}", "k/2.png,0")
    assert rows(images, path, tmp_path / "classes") == [("k/1.png", "cat"), ("k/2.png", "owl")]


def test_numbers_without_class_file_are_ordered_as_numbers(tmp_path: Path, images: Path) -> None:
    path = write(tmp_path / "l.csv", *(f"k/{number}.png,{number}" for number in range(12)))
    assert listed_images(images, {"train": path}, None).class_names == tuple(map(str, range(12)))


def test_a_header_is_no_class(tmp_path: Path, images: Path) -> None:
    path = write(tmp_path / "l.csv", "path,label", *(f"k/{n}.png,{n % 11}" for n in range(12)))
    found = listed_images(images, {"train": path}, None)
    assert found.class_names == tuple(map(str, range(11)))
    assert found.listing.rows == {"train": 12}
    assert found.listing.missing == []


# ---- --labels --------------------------------------------------------------------------------
def test_words_name_lists_of_splits_or_one_to_be_divided() -> None:
    assert parse_lists(["a.csv"]) == {"all": Path("a.csv")}
    for path in ("a/b=c.csv", r"a\b=c.csv"):
        assert parse_lists([path]) == {"all": Path(path)}
    found = parse_lists(["val=v.csv", "train=t.csv", "test=d/e.csv"])
    assert found == {"train": Path("t.csv"), "val": Path("v.csv"), "test": Path("d/e.csv")}


@pytest.mark.parametrize("path", ["lists/seed=3/a.csv", "a=b.csv"])
def test_a_list_may_have_an_equals_sign_in_its_name(path: str) -> None:
    assert parse_lists([f"train={path}"]) == {"train": Path(path)}


@pytest.mark.parametrize(
    "words", [["trian=a"], ["train=a", "train=b"], ["a", "b"], ["a", "val=b"], ["train=a", "b"]]
)
def test_other_words_are_refused(words: list[str]) -> None:
    with pytest.raises(InputError, match=r"--labels .*train=FILE"):
        parse_lists(words)
