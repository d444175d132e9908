"""Processes that each write whole shards."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event
from typing import Any

from tfrecords_tools.common.errors import RunError
from tfrecords_tools.options import Options
from tfrecords_tools.plan import Shard
from tfrecords_tools.progress import Progress
from tfrecords_tools.shards import ShardReport
from tfrecords_tools.workspace import Workspace

SECONDS_A_LOOK = 0.2


class Stopped(Exception):
    """The conversion has been called off."""


def write_with_processes(
    work: Callable[..., ShardReport], shards: list[Shard], workspace: Workspace,
    progress: Progress, options: Options,
) -> Generator[list[ShardReport], None, None]:  # fmt: skip
    """The reports that have come in, every now and then until all have.

    Args:
        work: what a worker does about a shard; `write_shard` but for shard, notes and advance.
        shards: what is to be written.
        workspace: where to.
        progress: is told of the images.
        options: of the conversion.

    Raises:
        BadImage: at an unreadable image where none is tolerated.
        RunError: when a worker dies.
    """
    context = multiprocessing.get_context("spawn")
    counts = Counts()
    workers = min(options.workers or os.cpu_count() or 1, max(len(shards), 1))
    with ProcessPoolExecutor(workers, context, _start, (counts,)) as pool:
        try:
            with interrupts_wait():
                pending = {
                    pool.submit(_write, work, each, workspace.notes(each)) for each in shards
                }
            while pending:
                done, pending = wait(pending, SECONDS_A_LOOK, FIRST_COMPLETED)
                reports = [_result(future, options) for future in done]
                progress.show(counts.images, counts.bytes, counts.skipped)
                yield reports
        except BaseException:
            counts.stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


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


@contextlib.contextmanager
def interrupts_wait() -> Iterator[None]:
    """Ctrl-C counts when this is over; processes that start meanwhile leave it to their parent."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        with _blocked():
            yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def _blocked() -> Iterator[None]:
    """Processes inherit what is blocked, while a handler is this process's own."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _result(future: Future[ShardReport], options: Options) -> ShardReport:
    try:
        return future.result()
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
