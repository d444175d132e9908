"""The work for Beam's workers, in a folder that the launcher creates and deletes to cancel it."""

import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import PIL

from tfrecords_tools import FORMAT
from tfrecords_tools.common.files import write_json
from tfrecords_tools.examples import Example
from tfrecords_tools.plan import Shard
from tfrecords_tools.shards import BadImage, Cancelled, ShardReport
from tfrecords_tools.workspace import Workspace, read_json

POLL_SECONDS = 1.0
BAD = "bad image"


@dataclass
class Job:
    """A folder with a list of images for each shard; deleting the folder cancels the job."""

    folder: Path
    looked: float = field(default=0.0, init=False)

    @classmethod
    def lay_out(cls, shards: list[Shard], workspace: Workspace) -> "Job":
        """Create a job; cancel all earlier jobs in the workspace, of this plan or another."""
        for left in workspace.state.glob("beam-*"):
            shutil.rmtree(left)
        job = cls(workspace.state / f"beam-{secrets.token_hex(8)}")
        job.folder.mkdir()
        for shard in shards:
            workspace.notes(shard).unlink(missing_ok=True)  # of a shard that is written again
            rows = [(example.key, example.label) for example in shard.examples]
            write_json(job.folder / shard.file, {"split": shard.split, "images": rows})
        return job

    def call_off(self) -> None:
        """Cancel the job; workers notice within about a second."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def bad_image(self) -> tuple[str, str] | None:
        """Return the key and reason of an unreadable image that is not tolerated, or None."""
        found = read_json(self.folder / BAD)
        return (found["key"], found["reason"]) if found else None

    # ---- in a worker --------------------------------------------------------------------------
    def shard(self, file: str) -> Shard:
        """Return a shard with its images; raises Cancelled if the job was cancelled."""
        if not (found := read_json(self.folder / file)):
            raise Cancelled
        split = found["split"]
        return Shard(file, split, [Example(split, key, label) for key, label in found["images"]])

    def poll(self) -> None:
        """Raise Cancelled if the job was cancelled."""
        self.looked = time.monotonic()
        if not self.folder.is_dir():
            raise Cancelled

    def advance(self, size: int, skipped: bool) -> None:
        """Check for cancellation after an image, at most once a second."""
        if time.monotonic() - self.looked > POLL_SECONDS:
            self.poll()


def write(
    work: Callable[..., ShardReport], folder: Path, versions: dict[str, str], file: str
) -> None:
    """Write a shard of the job in `folder`, in a worker; stop quietly if the job was cancelled.

    `work` is `write_shard`, with every argument bound but shard, notes and advance; `versions` are
    `versions_here()` of the launcher; RuntimeError says that this worker has others.
    """
    if versions != versions_here():
        raise RuntimeError(f"a worker has {versions_here()}, the launcher {versions}")
    job, notes = Job(folder), folder.parent / f"{file}.json"
    if notes.exists():  # a worker wrote the shard, failed, and Beam retries it
        return
    with suppress(Cancelled):
        try:
            work(job.shard(file), notes=notes, advance=job.advance)
        except BadImage as error:
            key, reason = error.args
            write_json(folder / BAD, {"key": key, "reason": reason})


def versions_here() -> dict[str, str]:
    """Return the versions that change the bytes of a shard and may differ between machines."""
    return {"shard format": FORMAT, "Pillow": PIL.__version__}
