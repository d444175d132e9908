"""Writes the shards that are still missing, with processes on this machine or with Apache Beam."""

import contextlib
from collections.abc import Callable
from functools import partial
from itertools import chain

from tfrecords_tools.beam import write_with_beam
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.examples import Collection
from tfrecords_tools.images import UnreadableImage
from tfrecords_tools.options import Options
from tfrecords_tools.progress import Progress
from tfrecords_tools.shards import BadImage, ShardReport, store, write_shard
from tfrecords_tools.workers import write_with_processes
from tfrecords_tools.workspace import Workspace

RUNNERS: dict[str, Callable] = {"local": write_with_processes, "beam": write_with_beam}


def write_shards(
    workspace: Workspace, collection: Collection, options: Options
) -> list[ShardReport]:
    """Write the shards that are not done yet, and return the reports of all shards in order.

    Raises:
        InputError: more images are unreadable than the options tolerate.
        RunError: a worker died.
        OSError: the disk is full or refuses to write.
    """
    reports = [report for report in workspace.done() if not _must_redo(report, collection, options)]
    files = {report.file for report in reports}
    left = [shard for shard in workspace.plan.shards if shard.file not in files]
    work = partial(
        write_shard, folder=workspace.folder, read=collection.read, options=options,
        class_names=collection.class_names,
    )  # fmt: skip
    with Progress(workspace.plan.count, sum(report.images for report in reports)) as progress:
        run = RUNNERS[options.runner](work, left, workspace, progress, options)
        with contextlib.closing(run):
            try:
                for done in chain([[]], run):
                    reports += done
                    _check_bad(reports, workspace.plan.count, options)
            except BadImage as error:
                key, why = error.args
                raise InputError(
                    f"{key} cannot be read ({why}): repair it, or use --on-error skip."
                ) from None
    by_file = {report.file: report for report in reports}
    return [by_file[shard.file] for shard in workspace.plan.shards]


def _must_redo(report: ShardReport, collection: Collection, options: Options) -> bool:
    """Return whether an image that a shard skipped has become readable, or must not be skipped."""
    if report.skipped and options.on_error == "stop":
        return True
    for key, _ in report.skipped:
        with contextlib.suppress(UnreadableImage, MemoryError):
            store(collection.read(key), options)
            return True
    return False


def _check_bad(reports: list[ShardReport], count: int, options: Options) -> None:
    bad = [skipped for report in reports for skipped in report.skipped]
    if len(bad) > options.max_bad_fraction * count:
        key, why = bad[0]
        raise InputError(
            f"At least {len(bad)} of {count} images of {options.source} cannot be read (such as "
            f"{key}: {why}), more than --max-bad-fraction {options.max_bad_fraction}: repair them "
            f"or raise the fraction, and the same command resumes."
        )
