"""The work of Beam's workers, tested without Beam, and the command line if Beam is missing."""

import sys
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from tests.tfrecords_tools.conversions import paintings, refused
from tfrecords_tools.beam_job import Job, versions_here, write
from tfrecords_tools.convert import collect
from tfrecords_tools.options import Options
from tfrecords_tools.plan import make_plan
from tfrecords_tools.shards import BadImage, Cancelled, write_shard
from tfrecords_tools.workspace import Workspace


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(paintings(tmp_path / "source", 40), tmp_path / "set", shards=3)


@pytest.fixture
def workspace(options: Options) -> Workspace:
    workspace = Workspace(options.out, make_plan(collect(options), options))
    workspace.state.mkdir(parents=True)
    return workspace


def never(*_: object, **__: object) -> NoReturn:
    pytest.fail("it begins")


def test_a_job_holds_what_was_planned_also_names_that_are_no_unicode(workspace: Workspace) -> None:
    shards, key = workspace.plan.shards, b"caf\xe9.png".decode("utf-8", "surrogateescape")
    shards[0].examples[0] = shards[0].examples[0]._replace(key=key)
    job = Job.lay_out(shards, workspace)
    assert [job.shard(shard.file) for shard in shards] == shards


def test_a_later_job_calls_off_the_former(workspace: Workspace) -> None:
    file = workspace.plan.shards[0].file
    first, second = (Job.lay_out(workspace.plan.shards, workspace) for _ in range(2))
    with pytest.raises(Cancelled):
        first.shard(file)
    second.shard(file)
    second.call_off()
    with pytest.raises(Cancelled):
        second.poll()


def test_a_job_called_off_writes_nothing_more(workspace: Workspace, options: Options) -> None:
    """It stops before or within a shard, without an error, because a runner would retry that."""
    job, file = Job.lay_out(workspace.plan.shards, workspace), workspace.plan.shards[0].file

    def work(shard, notes, advance):
        advance(1, False)
        job.call_off()
        advance.__self__.looked = 0.0
        advance(1, False)
        pytest.fail("it goes on")

    write(work, job.folder, versions_here(), file)
    write(never, job.folder, versions_here(), file)
    assert [path.name for path in options.out.iterdir()] == [workspace.state.name]


def test_a_shard_given_out_again_is_left_alone(workspace: Workspace, options: Options) -> None:
    shard = workspace.plan.shards[0]
    job = Job.lay_out([shard], workspace)
    work = partial(
        write_shard, folder=options.out, options=options, read=options.source.joinpath,
        class_names=("landscape", "portrait", "still life"),
    )  # fmt: skip
    write(work, job.folder, versions_here(), shard.file)
    assert workspace.done()[0].records == len(shard.examples)
    before = (options.out / shard.file).stat()
    write(work, job.folder, versions_here(), shard.file)
    assert (options.out / shard.file).stat().st_ino == before.st_ino


def test_an_unreadable_image_is_told_and_no_failure(workspace: Workspace) -> None:
    def work(shard, notes, advance):
        raise BadImage(shard.examples[0].key, "it is a poem")

    job, shard = Job.lay_out(workspace.plan.shards, workspace), workspace.plan.shards[0]
    assert job.bad_image() is None
    write(work, job.folder, versions_here(), shard.file)
    assert job.bad_image() == (shard.examples[0].key, "it is a poem")


def test_a_worker_of_another_version_refuses(workspace: Workspace) -> None:
    """It could write other bytes."""
    job = Job.lay_out(workspace.plan.shards, workspace)
    other = versions_here() | {"Pillow": "1.0"}
    with pytest.raises(RuntimeError, match=r"the launcher .*'Pillow': '1.0'"):
        write(never, job.folder, other, workspace.plan.shards[0].file)


def test_without_beam_it_says_what_to_do(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    said = refused(options.source, options.out, "--runner", "beam")
    assert "pip install 'artgan-tf[beam]'" in said
    assert "requirements-beam.txt" in said
    assert not options.out.exists()
