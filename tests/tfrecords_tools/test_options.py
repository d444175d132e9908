"""Mistakes on the command line or in the source exit with code 2 and one sentence naming them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import below, content, paintings
from tfrecords_tools.common import cli
from tfrecords_tools.convert import convert
from tfrecords_tools.options import Options

Refuse = Callable[..., str]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Write class folders, split folders, lists and class files."""
    paintings(tmp_path / "source", 24, 12)
    for split in ("train", "val"):
        paintings(tmp_path / "divided" / split, 6, 12)
    names = below(tmp_path / "source")
    (tmp_path / "good.csv").write_text("".join(f"{name},{n % 2}\n" for n, name in enumerate(names)))
    (tmp_path / "bad.csv").write_text(f"{names[0]},0\n\n{names[1]},7\n")
    (tmp_path / "classes").write_text("0 oak\n1 elm\n")
    (tmp_path / "gaps").write_text("0 oak\n2 elm\n")
    (tmp_path / "file").write_text("a file")
    (tmp_path / "empty").mkdir()
    return tmp_path / "source"


# ---- options ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("flag", "value"),
    [
        *(("--quality", value) for value in (0, 101, -3)),
        *(("--size", value) for value in (7, 0, 4097)),
        *(("--shards", value) for value in (0, -1, 100_000)),
        *(("--workers", value) for value in (-1, 5000)),
        *(("--val-fraction", value) for value in (-0.1, 1.0, 7)),
        *(("--max-bad-fraction", value) for value in (-0.1, 1.5)),
        *(("--max-missing-fraction", value) for value in (-0.1, 1.5)),
        *(("--limit", value) for value in (0, -5)),
        ("--seed", -1),
    ],
)
def test_a_number_out_of_range_is_named(
    source: Path, tmp_path: Path, refuse: Refuse, flag: str, value: float
) -> None:
    said = refuse(source, tmp_path / "out", flag, value)
    assert f"{flag} {value}" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--wikiart-lists LISTS", ["--wikiart-lists", "--task"]),
        ("--task genre", ["--wikiart-lists", "--task"]),
        ("--wikiart-lists LISTS --task genre", ["genre_train"]),
        ("--wikiart-lists LISTS --task genre --labels good.csv", ["--wikiart-lists", "--labels"]),
        ("--class-file classes", ["--class-file", "--labels"]),
        ("--labels trian=good.csv", ["--labels", "trian=good.csv", "train=FILE"]),
        ("--labels good.csv val=good.csv", ["good.csv", "train=FILE"]),
        ("--labels train=good.csv train=good.csv", ["train=FILE", "once"]),
        ("--labels none.csv", ["none.csv", "No such file"]),
        ("--labels good.csv --class-file gaps", ["gaps", "0 to 1"]),
        ("--labels good.csv --class-file none", ["none"]),
        ("--labels bad.csv --class-file classes", ["bad.csv, line 3", "'7'", "classes"]),
        ("--labels empty", ["empty"]),
    ],
)
def test_a_mistake_about_lists_is_named(
    source: Path,
    tmp_path: Path,
    refuse: Refuse,
    flags: str,
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = refuse(source, tmp_path / "out", *flags.replace("LISTS", "empty").split())
    for word in words:
        assert word in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("flag", ["--qualty 3", "--size big", "--encoding gif", "--task music"])
def test_what_is_no_option_is_exit_code_2(
    source: Path, tmp_path: Path, flag: str, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(source), "--out", str(tmp_path / "out"), *flag.split()]
    with pytest.raises(SystemExit) as stopped:
        cli.main(convert, "convert", arguments, Options)
    assert stopped.value.code == 2
    assert flag.split()[0] in capfd.readouterr().err


# ---- the source ------------------------------------------------------------------------------
def test_a_source_that_is_none_is_named(source: Path, tmp_path: Path, refuse: Refuse) -> None:
    for name in ("nowhere", "file", "empty"):
        assert name in refuse(tmp_path / name, tmp_path / "out")
    flags = ("--labels", tmp_path / "good.csv")
    assert "nowhere" in refuse(tmp_path / "nowhere", tmp_path / "out", *flags)


def test_a_divided_source_takes_no_fraction(source: Path, tmp_path: Path, refuse: Refuse) -> None:
    said = refuse(tmp_path / "divided", tmp_path / "out", "--val-fraction", 0.2)
    assert "--val-fraction 0.2" in said
    assert "divided" in said


def test_too_few_images_to_divide_are_refused(source: Path, tmp_path: Path, refuse: Refuse) -> None:
    paintings(tmp_path / "few", 6, 12)
    said = refuse(tmp_path / "few", tmp_path / "out")
    assert "6 images" in said
    assert "at most 2" in said


@pytest.mark.parametrize("missing", [1, 23])
def test_too_many_missing_images_are_refused(
    source: Path, tmp_path: Path, refuse: Refuse, missing: int
) -> None:
    for name in below(source)[:missing]:
        (source / name).unlink()
    flags = ("--labels", tmp_path / "good.csv", "--max-missing-fraction", 0.04)
    said = refuse(source, tmp_path / "out", *flags)
    assert f"{missing} of 24" in said
    assert "--max-missing-fraction 0.04" in said
    assert not (tmp_path / "out").exists()


# ---- the output ------------------------------------------------------------------------------
def test_a_target_that_cannot_be_is_refused(source: Path, tmp_path: Path, refuse: Refuse) -> None:
    before = content(tmp_path)
    for out in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nothing/here")):
        assert str(out) in refuse(source, out)
    assert "letters or digits" in refuse(source, tmp_path / "--")
    assert "other files" in refuse(source, source)
    assert content(tmp_path) == before


@pytest.mark.parametrize("text", ["[1, 2]", '"text"', "{}", "no JSON"])
def test_a_report_that_is_not_ours_is_another_file(
    source: Path, tmp_path: Path, refuse: Refuse, text: str
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.json").write_text(text)
    for flags in ((), ("--overwrite",)):
        assert "other files" in refuse(source, tmp_path / "out", *flags)
    assert (tmp_path / "out" / "report.json").read_text() == text


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
