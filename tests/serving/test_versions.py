"""Finding the versions of a model, choosing the one to serve, and resolving MODEL."""

import os
import shutil
from pathlib import Path

import pytest

from artgan_tf.config import InputError
from artgan_tf.serving.model_dir import find_model, newer_checkpoint
from artgan_tf.serving.servable import Servable
from artgan_tf.serving.versions import FAILED, State, Versions


class Fake(Servable):
    def __init__(self, folder, name, version):
        if (folder / "broken").exists():
            raise ValueError(f"broken\nin {folder}")
        self.name, self.version, self.facts = name, version, (folder / "facts").exists()


def put(name, *numbers, broken=False):
    for number in numbers:
        (name / str(number)).mkdir(parents=True)
        (name / str(number) / "saved_model.pb").write_bytes(b"graph")
        if broken:
            (name / str(number) / "broken").touch()


@pytest.fixture
def name(tmp_path):
    put(tmp_path / "artgan", 1)
    return tmp_path / "artgan"


@pytest.fixture
def versions(name):
    found = Versions(find_model(name), 0.01, Fake)
    found.poll()
    return found


def told(versions):
    return {number: state.state for number, state in versions.states()}


def test_the_highest_number_is_served(name, versions):
    assert told(versions) == {1: "AVAILABLE"}
    put(name, 9, 10)
    for other in ("11", "part-12", "²"):  # empty: its files have not been copied yet
        (name / other).mkdir()
    versions.poll()
    assert told(versions) == {10: "AVAILABLE", 1: "END"}
    assert versions.get("artgan").version == versions.get("artgan", 10).version == 10
    assert versions.get("artgan", 1) is None
    assert versions.get("other") is None


def test_a_broken_version_is_told_once_and_tried_again_when_it_has_changed(name, versions, capsys):
    put(name, 2, broken=True)
    for _ in range(3):
        versions.poll()
        assert told(versions) == {2: "LOADING", 1: "AVAILABLE"}
    assert versions.states()[0][1].message == FAILED
    assert capsys.readouterr().err == "warning: version 2 of artgan does not load: broken\n"
    (name / "2" / "broken").unlink()
    versions.poll()
    assert told(versions) == {2: "AVAILABLE", 1: "END"}


def test_a_broken_version_that_is_gone_is_told_no_longer(name, versions):
    put(name, 2, broken=True)
    versions.poll()
    shutil.rmtree(name / "2")
    versions.poll()
    assert told(versions) == {1: "AVAILABLE"}


def test_the_served_version_is_loaded_again_when_its_files_have_changed(name, versions, capsys):
    """It stays AVAILABLE meanwhile, and is not loaded while files are still being copied."""
    first = versions.served
    versions.poll()
    assert versions.served is first
    for changed in ("part", "facts"):
        (name / "1" / changed).touch()
        versions.poll()
        assert versions.served is first
    versions.poll()
    assert versions.served.facts
    assert capsys.readouterr().err == "Version 1 of artgan is served now.\n"
    (name / "1" / "broken").touch()
    for _ in range(3):
        versions.poll()
        assert versions.served.facts
        assert told(versions) == {1: "AVAILABLE"}
    assert capsys.readouterr().err.count("does not load: broken") == 1
    (name / "1" / "broken").unlink()
    (name / "1" / "facts").unlink()
    for _ in range(2):
        versions.poll()
    assert not versions.served.facts
    assert told(versions) == {1: "AVAILABLE"}


def test_no_client_sees_two_versions_available(name, versions, monkeypatch):
    seen = list[dict[int, str]]()

    class States(dict[int, State]):
        def __setitem__(self, number, state):
            super().__setitem__(number, state)
            seen.append({key: each.state for key, each in self.items()})

    monkeypatch.setattr(versions, "_states", States(versions._states))
    put(name, 2)
    versions.poll()
    assert seen[-1] == {1: "END", 2: "AVAILABLE"}
    assert all(list(states.values()).count("AVAILABLE") <= 1 for states in seen)


def test_of_broken_versions_the_next_lower_one_is_served(name):
    put(name, 2, 3, broken=True)
    versions = Versions(find_model(name), 1, Fake)
    versions.poll()
    assert told(versions) == {3: "LOADING", 2: "LOADING", 1: "AVAILABLE"}


def test_a_version_taken_away_gives_way_to_the_one_before(name, versions):
    put(name, 2)
    versions.poll()
    (name / "2").rename(name / "aside")
    versions.poll()
    assert told(versions) == {2: "END", 1: "AVAILABLE"}
    (name / "1").rename(name / "aside-1")
    versions.poll()
    assert versions.number == 1  # an old version is better than none


def test_a_thread_keeps_polling_whatever_happens(name, versions, monkeypatch, capsys):
    faults, poll = [OSError("disk away")], versions.poll

    def failing():
        if faults:
            raise faults.pop()
        poll()

    monkeypatch.setattr(versions, "poll", failing)
    versions.start()
    put(name, 2)
    for _ in range(1000):
        if versions.number == 2:
            break
        versions._thread.join(0.01)
    versions.stop()
    versions._thread.join(5)
    assert versions.number == 2
    assert not versions._thread.is_alive()
    assert "cannot look for versions of artgan: disk away" in capsys.readouterr().err


def test_a_version_level_is_that_version_for_ever(name):
    versions = Versions(find_model(name / "1"), 1, Fake)
    put(name, 2)
    versions.poll()
    assert (versions.name, told(versions)) == ("artgan", {1: "AVAILABLE"})


@pytest.fixture
def run(tmp_path):
    """A run without an export."""
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "config.toml").touch()
    return tmp_path / "run"


def test_a_runs_newest_export_is_served(run):
    first = find_model(run)
    assert (first.name, first.versions()) == ("run", {})
    put(run / "export" / "run", 1)
    assert list(first.versions()) == [1]
    put(run / "export" / "old", 7)
    put(run / "export" / "new", 1, 2)
    for path, at in {"run/1": 10, "old/7": 100, "new/1": 50, "new/2": 200}.items():
        os.utime(run / "export" / path, (at, at))
    source = find_model(run)
    assert (source.name, max(source.versions())) == ("new", 2)
    put(run / "export" / "new", 3)
    assert max(source.versions()) == 3


def test_a_checkpoint_that_is_newer_than_the_export_is_found(run, monkeypatch):
    for step in (9, 10):
        (run / "checkpoints" / f"step-{step}.npz").touch()
        os.utime(run / "checkpoints" / f"step-{step}.npz", (step, step))
    assert newer_checkpoint(run, find_model(run)) is None  # nothing has been exported yet
    put(run / "export" / "run", 1)
    for at, newer in [(9, "step-10.npz"), (11, None)]:
        os.utime(run / "export" / "run" / "1" / "saved_model.pb", (at, at))
        found = newer_checkpoint(run, find_model(run))
        assert (found and found.name) == newer
    # So are the weights of a newer package.
    monkeypatch.setenv("ARTGAN_RUNS", str(run))
    export = run / "pretrained" / "cifar10" / "export" / "cifar10"
    put(export, 1)
    os.utime(export / "1" / "saved_model.pb", (9, 9))
    package = Path("pretrained:cifar10")
    found = newer_checkpoint(package, find_model(package))
    assert found
    assert found.name == "step-4000.npz"


def test_what_is_no_version_is_refused(tmp_path):
    put(tmp_path, "made")
    with pytest.raises(InputError, match="its name is no number"):
        find_model(tmp_path / "made")
    with pytest.raises(InputError, match=r"There is no run .*nowhere'"):
        find_model(tmp_path / "nowhere")
