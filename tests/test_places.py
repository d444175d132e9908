"""Unusable paths, and a user without a home: a sentence, no traceback."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from artgan_tf import cli
from artgan_tf.config import default_cache
from artgan_tf.data.benchmark import benchmark
from artgan_tf.evaluate import evaluate
from artgan_tf.export import export
from artgan_tf.fit import fit
from artgan_tf.sample import sample
from artgan_tf.serve import serve
from tests.tfrecords_tools.conversions import the_error


@pytest.fixture
def refuse(capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def call(verb: Callable[..., Any], *arguments: object, code: int = 2) -> str:
        with pytest.raises(SystemExit) as exit_:
            cli.main(verb, "verb", list(map(str, arguments)))
        return the_error(exit_.value.code, capfd.readouterr().err, code)

    return call


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file, below which not even root can create anything, unlike in an unwritable folder."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a run, a folder of paintings, and files."""
    for name in ("runs/demo/config.toml", "runs/demo/classes.txt", "paintings/1", "a.png", "a.npz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("verb", [sample, partial(sample, progress=True), serve, evaluate, export])
def test_a_run_is_named_that_is_called_nearly_so(refuse, verb, runs) -> None:
    told = "There is no run 'runs/dmo' (did you mean 'runs/demo'?): name a folder made by fit"
    assert told in refuse(verb, "runs/dmo")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--data", "painting"], "There is no folder 'painting' (did you mean 'paintings'?): "),
        (["--data", "folder:painting"], "no folder 'painting' (did you mean 'paintings'?): give"),
        (["paintings"], "paintings is a folder, not a preset: use fit --data paintings."),
        (["runs/demo"], "runs/demo is a run, not a preset: "),
        (["--data", "a.png"], "a.png is a file: --data takes the folder that holds the images."),
        (["--data", "a.npz"], "that holds the images, or arrays:FILE.npz."),
        (["--data", "runs/demo"], "runs/demo is a run, not images: "),
    ],
)
def test_a_place_of_another_kind_is_told(refuse, words, told, runs) -> None:
    assert told in refuse(fit, *words)


def test_a_run_that_cannot_be_made_is_refused(refuse, file, tiny_arguments) -> None:
    said = refuse(fit, *tiny_arguments("artgan"), "--run-dir", file / "run")
    assert str(file) in said
    assert "Not a directory" in said


@pytest.mark.slow
def test_pictures_that_cannot_be_written_are_refused(refuse, file, exports) -> None:
    for name in ("a.png", "folder"):
        said = refuse(sample, exports["improved"], "--count", 1, "--out", file / name)
        assert "Not a directory" in said or "exists" in said


def test_a_full_disk_is_a_failed_run(refuse) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device", "there")

    assert "there cannot be used: the disk is full" in refuse(full, code=1)


def test_errors_that_are_ours_stay_errors() -> None:
    def broken() -> None:
        raise RuntimeError("a fault of the program")

    with pytest.raises(RuntimeError, match="a fault of the program"):
        cli.main(broken, "verb", [])


def test_a_user_without_a_home_is_told_what_to_set(refuse, monkeypatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "ARTGAN_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # no passwd entry
    assert "set HOME" in refuse(benchmark, "folder:~/paintings")
    with pytest.raises(RuntimeError, match="home directory"):
        default_cache()
