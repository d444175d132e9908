"""Processes that each write whole shards."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.synchronize import Event
from typing import Any

from tfrecords_tools.errors import InputError, RunError
from tfrecords_tools.examples import Collection
from tfrecords_tools.images import UnreadableImage
from tfrecords_tools.options import Options
from tfrecords_tools.plan import Shard
from tfrecords_tools.progress import Progress
from tfrecords_tools.shards import BadImage, ShardReport, store, write_shard
from tfrecords_tools.workspace import Workspace

SECONDS_A_LOOK = 0.2


class Stopped(Exception):
    """The conversion has been called off."""


def write_shards(
    workspace: Workspace, collection: Collection, options: Options
) -> list[ShardReport]:
    """Write the shards that are not done yet; returns the reports of all.

    Raises:
        InputError: at an unreadable image where none is tolerated, or at too many of them.
        RunError: when a worker dies.
        OSError: when the disk is full or refuses.
    """
    reports = [report for report in workspace.done() if not _to_redo(report, collection, options)]
    files = {report.file for report in reports}
    left = [shard for shard in workspace.plan.shards if shard.file not in files]
    counts = Counts()
    with Progress(workspace.plan.count, sum(map(_size, reports))) as progress:
        work = partial(
            write_shard, folder=workspace.folder, read=collection.read, options=options,
            class_names=collection.class_names,
        )  # fmt: skip
        for done in _run(work, left, workspace, counts, options):
            reports += done
            progress.show(counts.images, counts.bytes, counts.skipped)
            _check_bad(reports, workspace.plan.count, options)
    _check_bad(reports, workspace.plan.count, options)
    by_file = {report.file: report for report in reports}
    return [by_file[shard.file] for shard in workspace.plan.shards]


def _size(report: ShardReport) -> int:
    return report.records + len(report.skipped)


def _to_redo(report: ShardReport, collection: Collection, options: Options) -> bool:
    """Whether an image that had to be left out of a shard can be read by now, or has to be."""
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
            f"{key}: {why}), more than --max-bad-fraction {options.max_bad_fraction}: mend them "
            f"or raise the fraction, and the same command goes on."
        )


# ---- the pool --------------------------------------------------------------------------------
class Counts:
    """What all workers have done so far, in shared memory, and the word to stop."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.stop: Event = context.Event()
        self.values = context.Array("q", [0, 0, 0])

    images = property(lambda self: self.values[0])
    bytes = property(lambda self: self.values[1])
    skipped = property(lambda self: self.values[2])

    def advance(self, size: int, skipped: bool) -> None:
        """Count an image; raises Stopped when all is called off."""
        if self.stop.is_set():
            raise Stopped
        with self.values.get_lock():
            self.values[0] += 1
            self.values[1] += size
            self.values[2] += skipped


def _run(
    work: Callable[..., ShardReport], shards: list[Shard], workspace: Workspace, counts: Counts,
    options: Options,
) -> Iterator[list[ShardReport]]:  # fmt: skip
    """The reports that have come in, every now and then until all have."""
    context = multiprocessing.get_context("spawn")
    workers = min(options.workers or os.cpu_count() or 1, max(len(shards), 1))
    with ProcessPoolExecutor(workers, context, _start, (counts,)) as pool:
        try:
            with _deaf_to_interrupts():
                pending = {
                    pool.submit(_write, work, each, workspace.notes(each)) for each in shards
                }
            while pending:
                done, pending = wait(pending, SECONDS_A_LOOK, FIRST_COMPLETED)
                yield [_result(future, options) for future in done]
        except BaseException:
            counts.stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that start meanwhile stay so: Ctrl-C is the parent's to handle."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _result(future: Future[ShardReport], options: Options) -> ShardReport:
    try:
        return future.result()
    except BadImage as error:
        key, why = error.args
        raise InputError(
            f"{key} cannot be read ({why}): mend it, or use --on-error skip."
        ) from None
    except BrokenProcessPool:
        raise RunError(
            f"A worker process was killed, perhaps for want of memory: run the same command with "
            f"fewer than {options.workers or os.cpu_count()} --workers, and it goes on."
        ) from None


_counts: Any = None  # in a worker process


def _start(counts: Counts) -> None:
    global _counts
    _counts = counts
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for its next shard forever."""
    parent = multiprocessing.parent_process()
    with contextlib.suppress(Exception):
        if parent:
            parent.join()
    os._exit(1)


def _write(work: Callable[..., ShardReport], shard: Shard, notes: Any) -> ShardReport:
    return work(shard, notes=notes, advance=_counts.advance)
