"""experiments/real_data.py on a small tree with every kind of dirt, and on the real lists."""

import importlib.util
import io
import os
import sys
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ARTGAN_DATA", REPOSITORY.parent / "shared" / "data"))
SCRIPT = REPOSITORY / "experiments" / "real_data.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("real_data", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


real_data = load()

# í as the official lists have it (UTF-8 read as latin-1, lower case), and as the shared files have
# it on top of that (read as cp866, then as cp437).
LISTED = "joaquí".encode().decode("latin-1").lower() + "n_sea.jpg"
STORED = LISTED.encode().decode("cp866").encode().decode("cp437")

IMAGES = [
    "Cubism/a_untitled.jpg",
    "Rococo/a_untitled.jpg",
    "Rococo/b,with-comma.jpg",
    "Rococo/conflict.jpg",
    "Rococo/repeat.jpg",
    f"Rococo/{STORED}",
    "Rococo/gre\u0301goire.jpg",  # decomposed; the list has it composed
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
    "Rococo/li\u2592\u2592on.jpg,0",  # beyond repair: only the ASCII key is left
    "Rococo/tw\u2592ns.jpg,0",  # could be either of two files
]


def write_list(path: Path, lines: list[str], end: str = "\r\n") -> None:
    path.write_bytes("".join(line + end for line in lines).encode())


def add_cifar10(folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(folder / "cifar10-jpeg.tar.gz", "w:gz") as archive:
        for name in ("train/cat/0000.jpg", "train/dog/0000.jpg", "test/cat/0000.jpg"):
            member = tarfile.TarInfo(name)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"jpg"))


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Make a shared folder as dirty as the real one."""
    lists = tmp_path / "shared" / "wikiart" / "lists"
    lists.mkdir(parents=True)
    for image in IMAGES:
        path = tmp_path / "shared" / "wikiart" / "images" / image
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image.encode())
    write_list(lists / "genre_class", ["0 portrait", "1 still_life"])
    write_list(lists / "genre_train.csv", TRAIN)
    write_list(lists / "genre_val.csv", VAL)
    add_cifar10(tmp_path / "shared" / "cifar10")
    return tmp_path / "shared"


def pictures(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg")}


def refusal(call: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line on stderr of a call that must exit with 2."""
    with pytest.raises(SystemExit) as stopped:
        call()
    assert stopped.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


def test_links_what_the_lists_name(shared: Path, tmp_path: Path) -> None:
    real_data.main(tmp_path / "out", shared)
    tree = tmp_path / "out" / "wikiart-genre"
    assert pictures(tree) == {
        "train/portrait/Cubism__a_untitled.jpg",  # the same file name in two styles
        "train/portrait/Rococo__a_untitled.jpg",
        "train/still_life/Rococo__b,with-comma.jpg",
        "train/still_life/Rococo__repeat.jpg",  # once, in the split that names it first
        f"train/still_life/Rococo__{STORED}",
        "train/still_life/Rococo__gre\u0301goire.jpg",
        "val/portrait/Rococo__li\u00e4\u00dfon.jpg",
    }
    link = tree / "train" / "portrait" / "Cubism__a_untitled.jpg"
    assert link.is_symlink()
    assert link.read_bytes() == b"Cubism/a_untitled.jpg"


def test_both_splits_have_the_same_class_folders(shared: Path, tmp_path: Path) -> None:
    real_data.main(tmp_path / "out", shared)
    tree = tmp_path / "out" / "wikiart-genre"
    folders = [{path.name for path in (tree / split).iterdir()} for split in ("train", "val")]
    assert folders == [{"portrait", "still_life"}] * 2  # val has no still life


def test_counts_every_row_once(shared: Path) -> None:
    rows = real_data.read_rows(shared / "wikiart" / "lists", "genre")
    kept = real_data.without_conflicts(rows)
    counts = real_data.tally(rows, kept, real_data.match([row.path for row in kept], set(IMAGES)))
    expected = {"rows": 8, "exact": 4, "variant": 2, "missing": 1, "dropped": 1}
    assert +counts["train"] == Counter(expected)
    assert +counts["val"] == Counter({"rows": 4, "ascii key": 1, "missing": 1, "dropped": 2})


def test_reads_the_artist_format(shared: Path) -> None:
    lists = shared / "wikiart" / "lists"
    write_list(lists / "artist_class", ["0 Claude_Monet", "1 Rembrandt"], "\n")
    header = ["(Path to image),, (Groundtruth class) ", ""]
    write_list(lists / "artist_train", [*header, "Cubism/a_untitled.jpg,,1"], "\n")
    write_list(lists / "artist_val", [*header, "Rococo/b,with-comma.jpg,,0"], "\n")
    assert real_data.read_rows(lists, "artist") == [
        ("train", "Cubism/a_untitled.jpg", 1),
        ("val", "Rococo/b,with-comma.jpg", 0),
    ]


@pytest.mark.parametrize("mangled", ["latin-1", "cp437", "cp866"])
def test_undoes_a_wrong_decoding(mangled: str) -> None:
    name = "Cubism/andr\u00e9-\u00f3-\u00ed.jpg"
    assert real_data.canonical(name.encode().decode(mangled)) == name.casefold()


def test_mojibake_may_contain_what_python_takes_for_a_line_end(tmp_path: Path) -> None:
    write_list(tmp_path / "genre_train.csv", ["Cubism/\u00e3\u0085.jpg,1"])
    write_list(tmp_path / "genre_val.csv", [])
    rows = real_data.read_rows(tmp_path, "genre")
    assert rows == [("train", "Cubism/\u00e3\u0085.jpg", 1)]


def test_copies_where_links_are_refused(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    real_data.main(tmp_path / "out", shared)
    copy = tmp_path / "out" / "wikiart-genre" / "train" / "portrait" / "Rococo__a_untitled.jpg"
    assert not copy.is_symlink()
    assert copy.read_bytes() == b"Rococo/a_untitled.jpg"


def test_unpacks_cifar10_and_leaves_a_second_run_alone(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    real_data.main(out, shared)
    before = pictures(out)
    assert {"cifar10/train/cat/0000.jpg", "cifar10/test/cat/0000.jpg"} <= before
    assert sorted(path.name for path in out.iterdir()) == ["cifar10", "wikiart-genre"]
    capsys.readouterr()
    real_data.main(out, shared)
    said = capsys.readouterr().out
    assert said.count("already there") == 2
    assert f"--data folder:{out / 'cifar10'}" in said
    assert pictures(out) == before


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"no tar"])
def test_a_damaged_archive_leaves_nothing(
    damage: Callable[[bytes], bytes],
    shared: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    archive = shared / "cifar10" / "cifar10-jpeg.tar.gz"
    archive.write_bytes(damage(archive.read_bytes()))
    assert str(archive) in refusal(lambda: real_data.main(tmp_path / "out", shared), capsys)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["wikiart-genre"]


def test_refuses_the_repository(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inside = REPOSITORY / "runs" / "real"
    assert str(inside) in refusal(lambda: real_data.main(inside, shared), capsys)
    assert not inside.exists()


@pytest.mark.parametrize(
    "missing", ["wikiart/images", "wikiart/lists/genre_val.csv", "cifar10/cifar10-jpeg.tar.gz"]
)
def test_names_a_missing_source(
    missing: str, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shared / missing).rename(tmp_path / "elsewhere")
    sentence = refusal(lambda: real_data.main(tmp_path / "out", shared), capsys)
    assert str(shared / missing).removesuffix(".csv") in sentence
    assert "--shared" in sentence


def test_links_to_pictures_that_went_away_are_not_a_data_set(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real_data.main(tmp_path / "out", shared)
    (shared / "wikiart").rename(tmp_path / "moved")
    capsys.readouterr()
    assert "delete it" in refusal(lambda: real_data.main(tmp_path / "out", shared), capsys)


def test_runs_as_a_command(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = ["real_data", "--out", str(tmp_path / "out"), "--shared", str(shared)]
    monkeypatch.setattr(sys, "argv", line)
    real_data.tyro.cli(real_data.main)
    assert (tmp_path / "out" / "wikiart-genre" / "val").is_dir()


@pytest.mark.data
@pytest.mark.parametrize(
    ("task", "train", "val"),
    [  # rows, exact, variant, ascii key, missing, dropped
        ("genre", (45_503, 7_653, 96, 0, 37_754, 0), (19_492, 1_748, 21, 0, 17_721, 2)),
        ("style", (57_025, 7_662, 95, 0, 49_268, 0), (24_421, 1_739, 22, 0, 22_660, 0)),
        ("artist", (13_346, 2_181, 0, 0, 11_165, 0), (5_706, 529, 0, 0, 5_177, 0)),
    ],
)
def test_the_real_lists(task: str, train: tuple[int, ...], val: tuple[int, ...]) -> None:
    lists, images = DATA / "wikiart" / "lists", DATA / "wikiart" / "images"
    if not (lists.is_dir() and images.is_dir()):
        pytest.skip(f"no WikiArt in {DATA}: set ARTGAN_DATA to the shared data")
    rows = real_data.read_rows(lists, task)
    kept = real_data.without_conflicts(rows)
    files = {path.relative_to(images).as_posix() for path in images.glob("*/*.jpg")}
    counts = real_data.tally(rows, kept, real_data.match([row.path for row in kept], files))
    measured = [tuple(counts[split][name] for name in real_data.OUTCOMES) for split in counts]
    assert measured == [train, val]
    assert len(files) == 9_518  # genre and style use every one
