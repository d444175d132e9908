"""Apache Beam writes the same bytes as local processes, and fails with the same errors."""

import os
import signal
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import (
    content,
    convert_apart,
    converted,
    paintings,
    refused,
    report,
    shards,
)
from tests.tfrecords_tools.processes import FLAGS, Undisturbed, ended, once_done, struck

pytest.importorskip(
    "apache_beam", reason="there is no Apache Beam: requirements-beam.txt, in a venv of its own"
)
BEAM = (*FLAGS, "--runner", "beam")


def test_the_bytes_are_those_of_the_local_runner(undisturbed: Undisturbed, tmp_path: Path) -> None:
    converted(undisturbed.source, tmp_path / "set", *BEAM)
    assert content(tmp_path / "set") == undisturbed.content
    assert len(report(tmp_path / "set")["skipped"]) == 1


@pytest.mark.slow
def test_what_follows_goes_to_beam(
    undisturbed: Undisturbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs processes instead of threads, with source and target given as relative paths."""
    monkeypatch.chdir(undisturbed.source.parent)
    own = ("--runner=DirectRunner", "--direct_running_mode=multi_processing")
    done = convert_apart(undisturbed.source, tmp_path / "set", *BEAM, "--", *own)
    assert done.returncode == 0, done.stderr
    assert "sdk_worker" in done.stderr or "Logging handler created" in done.stderr
    assert content(tmp_path / "set") == undisturbed.content


def test_either_runner_goes_on_after_the_other(undisturbed: Undisturbed, tmp_path: Path) -> None:
    for name, first, second in (("one", BEAM, FLAGS), ("two", FLAGS, BEAM)):
        out = tmp_path / name / "set"
        said = refused(undisturbed.source, out, *first, "--on-error", "stop")
        assert "portrait/broken.png" in said
        assert "--on-error skip" in said
        assert list(out.glob(".*.tmp")) == []
        before = {path: path.stat().st_mtime_ns for path in shards(out)}
        converted(undisturbed.source, out, *second)
        assert content(out) == undisturbed.content
        assert before == {path: path.stat().st_mtime_ns for path in before}


def test_interrupted_it_ends_and_goes_on(undisturbed: Undisturbed, tmp_path: Path) -> None:
    out = tmp_path / "set"
    found = struck(
        undisturbed.source, out, once_done(3), lambda g: os.killpg(g, signal.SIGINT), BEAM
    )
    assert ended(found.group)
    assert found.code == 1
    assert "Traceback" not in found.printed
    assert found.printed.splitlines()[-1] == "error: interrupted."
    assert list(out.glob(".*.tmp")) == []
    converted(undisturbed.source, out, *BEAM)
    assert content(out) == undisturbed.content


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        ("--runner=NoRunner", "NoRunner"),
        ("--direct_num_workers=many", "'many'"),
        ("--runner=DataflowRunner", "temp_location"),
    ],
)
def test_mistakes_in_beams_own_options(tmp_path: Path, flags: str, word: str) -> None:
    source = paintings(tmp_path / "source", 30)
    said = refused(source, tmp_path / "set", "--runner", "beam", "--", flags)
    assert said.startswith("error: Apache Beam rejects the options after --: ")
    assert word in said
    assert not (tmp_path / "set").exists()
