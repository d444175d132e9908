"""What happens to each row of a list; the official WikiArt lists, class files, and --labels."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import pictures, refused
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.examples import Example
from tfrecords_tools.lists import Listing, listed_images, parse_lists, wikiart_lists

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


def write(path: Path, *lines: str, end: str = "\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(line + end for line in lines).encode())
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    numbered = (f"k/{number}.png" for number in range(3))
    return pictures(tmp_path_factory.mktemp("images"), *IMAGES, *numbered)


def test_dirty_lists_find_what_they_name_and_count_each_row(tmp_path: Path, images: Path) -> None:
    """The lists have the errors of the official ones."""
    write(tmp_path / "genre_class", "0 portrait", "1 still_life", end="\r\n")
    write(tmp_path / "genre_train.csv", *TRAIN, end="\r\n")
    write(tmp_path / "genre_val.csv", *VAL, end="\r\n")
    found = listed_images(images, *wikiart_lists(tmp_path, "genre"))
    assert found.class_names == ("portrait", "still_life")
    assert Counter(found.examples) == Counter(
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
    assert found.listing == Listing(
        rows={"train": 8, "val": 4},
        repeated=[("val", "Rococo/repeat.jpg")],
        dropped={"Rococo/conflict.jpg": ["0", "1"]},
        dropped_rows={"train": 1, "val": 1},
        missing=[("train", "Rococo/nowhere.jpg"), ("val", "Rococo/tw\u2592ns.jpg")],
        renamed={
            f"Rococo/{LISTED}": f"Rococo/{STORED}",
            "Rococo/gr\u00e9goire.jpg": "Rococo/gre\u0301goire.jpg",
            "Rococo/li\u2592\u2592on.jpg": "Rococo/li\u00e4\u00dfon.jpg",
        },
        matched={"exact": 4, "variant": 2, "ascii": 1},
    )


def test_a_path_with_two_labels_is_dropped_whole(tmp_path: Path, images: Path) -> None:
    path = write(tmp_path / "l.csv", "k/1.png,a", "k/2.png,a", "k/1.png,a", "k/1.png,b")
    found = listed_images(images, {"train": path}, None)
    assert [example.key for example in found.examples] == ["k/2.png"]
    assert found.listing.dropped == {"k/1.png": ["a", "b"]}
    assert found.listing.dropped_rows == {"train": 3}
    assert found.listing.repeated == []


def test_the_artist_lists_have_a_header_and_two_commas(tmp_path: Path, images: Path) -> None:
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
    with pytest.raises(InputError, match=r"no style_train, style_train\.csv or style_train\.txt: "):
        wikiart_lists(tmp_path, "style")


def test_each_file_of_labels_is_hashed_and_may_be_a_txt(tmp_path: Path, images: Path) -> None:
    contents = {
        "genre_train.txt": "Cubism/a_untitled.jpg,0\n",
        "genre_val": "Rococo/a_untitled.jpg,0\n",
        "genre_class.csv": "0 portrait\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    told = zip(contents.items(), ("train", "val", "classes"), strict=True)
    assert listed_images(images, *wikiart_lists(tmp_path, "genre")).hashes == {
        f"{name} ({what})": hashlib.sha256(content.encode()).hexdigest()
        for (name, content), what in told
    }


def test_a_folder_of_images_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "l.csv", "1.png,a")
    with pytest.raises(InputError, match="nowhere"):
        listed_images(tmp_path / "nowhere", {"train": path}, None)


@pytest.mark.parametrize("classes", ["0 owl\n1 cat\n", "1,cat\n0,owl\n", "owl\r\ncat"])
@pytest.mark.parametrize("label", ["1", "cat"])
def test_labels_are_numbers_or_names(tmp_path: Path, images: Path, classes: str, label: str):
    (tmp_path / "classes").write_bytes(b"\xef\xbb\xbf" + classes.encode())
    path = write(tmp_path / "l.csv", "path,label", f"k/1.png,{label}", "k/2.png,0")
    found = listed_images(images, {"train": path}, tmp_path / "classes")
    assert found.class_names == ("owl", "cat")
    assert [(e.key, e.label) for e in found.examples] == [("k/1.png", 1), ("k/2.png", 0)]


@pytest.mark.parametrize("classes", [["a", "b", "c"], []])
def test_classes_must_be_trained_on(tmp_path: Path, images: Path, classes: list[str]) -> None:
    train = write(tmp_path / "train.csv", "k/0.png,a", "k/1.png,a")
    val = write(tmp_path / "val.csv", "k/2.png,b")
    names = write(tmp_path / "classes", *classes) if classes else None
    with pytest.raises(InputError, match=r"^here has held-out images but no training .* of b: .*"):
        listed_images(images, {"train": train, "val": val}, names).check("here")
    if names:
        with pytest.warns(UserWarning, match=r"^here has no training images of b, c\.$"):
            listed_images(images, {"all": train}, names).check("here")


# ---- --labels --------------------------------------------------------------------------------
def test_words_name_lists_of_splits_or_one_to_be_divided() -> None:
    for path in ("a.csv", "a/b=c.csv", r"a\b=c.csv"):
        assert parse_lists([path]) == {"all": Path(path)}
    found = parse_lists(["val=a=b.csv", "train=lists/seed=3/t.csv", "test=d/e.csv"])
    named = {"train": "lists/seed=3/t.csv", "val": "a=b.csv", "test": "d/e.csv"}
    assert found == {split: Path(path) for split, path in named.items()}


@pytest.mark.parametrize(
    "words", [["trian=a"], ["train=a", "train=b"], ["a", "b"], ["a", "val=b"], ["train=a", "b"]]
)
def test_other_words_are_refused(words: list[str]) -> None:
    with pytest.raises(InputError, match=r"--labels .*train=FILE"):
        parse_lists(words)


def test_a_held_out_list_whose_files_are_missing_is_refused_however_short(tmp_path: Path) -> None:
    root = pictures(tmp_path / "pictures", *(f"{n:03d}.png" for n in range(100)))
    train = write(tmp_path / "t.csv", *(f"{n:03d}.png,{n % 2}" for n in range(100)))
    val = write(tmp_path / "v.csv", *(f"gone/{n}.png,{n % 2}" for n in range(4)))
    said = refused(root, tmp_path / "out", "--labels", f"train={train}", f"val={val}")
    assert "4 of 4 listed images of val are not below" in said
