"""Mistakes on the command line or in the source exit with code 2 and one sentence naming them."""

import contextlib
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import below, content, convert, paintings, refused
from tfrecords_tools.common import cli


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write class folders, split folders, lists and class files, which no test changes."""
    root = tmp_path_factory.mktemp("place")
    names = below(paintings(root / "source", 24, 12))
    paintings(root / "few", 6, 12)
    for split in ("train", "val"):
        paintings(root / "divided" / split, 6, 12)
    (root / "good.csv").write_text("".join(f"{name},{n % 2}\n" for n, name in enumerate(names)))
    (root / "bad.csv").write_text(f"{names[0]},0\n\n{names[1]},7\n")
    (root / "more.csv").write_text("".join(f"{name},0\n" for name in ["gone.png", *names]))
    (root / "classes").write_text("0 oak\n1 elm\n")
    (root / "gaps").write_text("0 oak\n2 elm\n")
    (root / "file").write_text("a file")
    (root / "empty").mkdir()
    return root


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        *(("--quality", 0), ("--quality", 101), ("--size", 7), ("--size", 4097)),
        *(("--shards", 0), ("--shards", 100_000), ("--workers", -1), ("--workers", 5000)),
        *(("--val-fraction", -0.1), ("--val-fraction", 1.0), ("--limit", 0), ("--seed", -1)),
        *(("--max-bad-fraction", 1.5), ("--max-missing-fraction", -0.1)),
    ],
)
def test_a_number_out_of_range_is_named(
    place: Path, tmp_path: Path, flag: str, value: float
) -> None:
    assert f"{flag} {value}" in refused(place / "source", tmp_path / "out", flag, value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("source", "flags", "words"),
    [
        ("source", "--wikiart-lists empty", ["--wikiart-lists", "--task"]),
        ("source", "--task genre", ["--wikiart-lists", "--task"]),
        ("source", "--wikiart-lists empty --task genre", ["genre_train"]),
        ("source", "--wikiart-lists empty --task genre --labels good.csv", ["remove --labels"]),
        ("source", "--class-file classes", ["--class-file", "--labels"]),
        ("source", "--labels trian=good.csv", ["--labels", "trian=good.csv", "train=FILE"]),
        ("source", "--labels good.csv --class-file gaps", ["gaps", "0 to 1"]),
        ("source", "--labels bad.csv --class-file classes", ["bad.csv, line 3", "'7'", "classes"]),
        ("source", "--quality 80 --encoding png", ["--quality 80", "leave it out"]),
        ("source", "--labels empty", ["empty"]),
        ("source", "--labels none.csv", ["none.csv"]),
        ("source", "--labels good.csv --class-file none.txt", ["none.txt"]),
        ("source", "--labels more.csv --max-missing-fraction 0.03", ["1 of 25", "fraction 0.03"]),
        ("nowhere", "", ["nowhere"]),
        ("file", "", ["file"]),
        ("empty", "", ["empty"]),
        ("divided", "--val-fraction 0.2", ["--val-fraction 0.2", "divided"]),
        ("few", "", ["6 images", "at most 2"]),
        ("source", "-- --flink_master=here:8081", ["--flink_master=here:8081", "--runner beam"]),
    ],
)
def test_a_mistake_about_the_source_is_named(
    place: Path, tmp_path: Path, source: str, flags: str, words: list[str]
) -> None:
    with contextlib.chdir(place):
        said = refused(Path(source), tmp_path / "out", *flags.split())
    assert all(word in said for word in words)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("flag", ["--qualty 3", "--size big", "--encoding gif", "--task music"])
def test_what_is_no_option_is_exit_code_2(place: Path, tmp_path: Path, flag: str) -> None:
    done = convert(place / "source", tmp_path / "out", *flag.split())
    assert done.returncode == 2
    assert flag.split()[0] in done.stderr


# ---- the output ------------------------------------------------------------------------------
def test_a_target_that_cannot_be_is_refused(place: Path) -> None:
    before, source = content(place), place / "source"
    for out in (place / "file", place / "file" / "below", Path("/proc/nothing/here")):
        assert str(out) in refused(source, out)
    assert "letters or digits" in refused(source, place / "--")
    assert "other files" in refused(source, source)
    assert content(place) == before


@pytest.mark.parametrize("text", ["[1, 2]", '"text"', "{}", "no JSON"])
def test_a_report_that_is_not_ours_is_another_file(place: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    for flags in ((), ("--overwrite",)):
        assert "other files" in refused(place / "source", tmp_path, *flags)
    assert (tmp_path / "report.json").read_text() == text


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("--text=~/a.csv", "{home}/a.csv"),
        ("--text=train=~/a.csv", "train={home}/a.csv"),
        ("--text=~", "{home}"),
        ("--text=folder:~/a", "folder:~/a"),  # which a run stores unchanged
        ("--text=~a/b~/c", "~a/b~/c"),
    ],
)
def test_the_home_that_a_shell_leaves_as_it_is(word: str, meant: str) -> None:
    seen: list[str] = []

    def verb(text: str) -> None:
        seen.append(text)

    with pytest.raises(SystemExit):
        cli.main(verb, "verb", [word])
    assert seen == [meant.format(home=Path.home())]
