"""What Beam's workers are to write, as a folder that the launcher lays out and may take away."""

import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import PIL

from tfrecords_tools import __version__
from tfrecords_tools.common.files import write_json
from tfrecords_tools.examples import Example
from tfrecords_tools.plan import Shard
from tfrecords_tools.shards import BadImage, ShardReport
from tfrecords_tools.workspace import Workspace, read_json

SECONDS_A_LOOK = 1.0
BAD = "bad image"


class Stopped(Exception):
    """The job has been called off."""


@dataclass
class Job:
    """A folder in the workspace with a list of images for each shard; without it, no job.

    Args:
        folder: below the workspace's own.
    """

    folder: Path
    looked: float = field(default=0.0, init=False)

    @classmethod
    def lay_out(cls, shards: list[Shard], workspace: Workspace) -> "Job":
        """Begin a job; what is left of others, of this plan or not, is called off."""
        for left in workspace.state.glob("beam-*"):
            shutil.rmtree(left)
        job = cls(workspace.state / f"beam-{secrets.token_hex(8)}")
        job.folder.mkdir()
        for shard in shards:
            workspace.notes(shard).unlink(missing_ok=True)  # of one that is to be done again
            rows = [(example.key, example.label) for example in shard.examples]
            write_json(job.folder / shard.file, {"split": shard.split, "images": rows})
        return job

    def call_off(self) -> None:
        """Workers see it within a second or so."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def bad_image(self) -> tuple[str, str] | None:
        """Key and reason of an unreadable image that must not be."""
        found = read_json(self.folder / BAD)
        return (found["key"], found["reason"]) if found else None

    # ---- in a worker --------------------------------------------------------------------------
    def shard(self, file: str) -> Shard:
        """What is to be in a shard; raises Stopped."""
        self.look()
        found = read_json(self.folder / file)
        if not found:
            raise Stopped
        split = found["split"]
        return Shard(file, split, [Example(split, key, label) for key, label in found["images"]])

    def look(self) -> None:
        """Raises Stopped where the job is no more."""
        self.looked = time.monotonic()
        if not self.folder.is_dir():
            raise Stopped

    def advance(self, size: int, skipped: bool) -> None:
        """After each image."""
        if time.monotonic() - self.looked > SECONDS_A_LOOK:
            self.look()


def write(
    work: Callable[..., ShardReport], folder: Path, versions: dict[str, str], file: str
) -> None:
    """Write a shard of a job, as a worker does it; a job called off is no failure.

    Args:
        work: `write_shard` but for shard, notes and advance.
        folder: the job's.
        versions: the launcher's.
        file: the shard.
    """
    if versions != versions_here():
        raise RuntimeError(f"a worker has {versions_here()}, the launcher {versions}")
    job, notes = Job(folder), folder.parent / f"{file}.json"
    if notes.exists():  # of a job that gives a failed worker's shards to another
        return
    with suppress(Stopped):
        try:
            work(job.shard(file), notes=notes, advance=job.advance)
        except BadImage as error:
            key, reason = error.args
            write_json(folder / BAD, {"key": key, "reason": reason})


def versions_here() -> dict[str, str]:
    """What the bytes depend on beside plan and options, and may differ between machines."""
    return {"artgan-tf": __version__, "Pillow": PIL.__version__}
