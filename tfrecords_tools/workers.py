"""Runs worker processes that each write whole shards."""

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
from tfrecords_tools.shards import Cancelled, ShardReport
from tfrecords_tools.workspace import Workspace

POLL_SECONDS = 0.2


def write_with_processes(
    work: Callable[..., ShardReport], shards: list[Shard], workspace: Workspace,
    progress: Progress, options: Options,
) -> Generator[list[ShardReport], None, None]:  # fmt: skip
    """Write shards with processes on this machine; yield new reports until all have arrived.

    `work` is `write_shard`, with every argument bound but shard, notes and advance.

    Raises:
        BadImage: an image is unreadable and none is tolerated.
        RunError: a worker process died.
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
                done, pending = wait(pending, POLL_SECONDS, FIRST_COMPLETED)
                reports = [_result(future, options) for future in done]
                progress.show(*counts.values[:])
                yield reports
        except BaseException:
            counts.stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


class Counts:
    """Totals of all workers and the signal to stop, in shared memory."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.stop: Event = context.Event()
        self.values = context.Array("q", [0, 0, 0])  # images, bytes of their files, images skipped

    def advance(self, size: int, skipped: bool) -> None:
        """Count an image; raises Cancelled if the conversion was cancelled."""
        if self.stop.is_set():
            raise Cancelled
        with self.values.get_lock():
            self.values[0] += 1
            self.values[1] += size
            self.values[2] += skipped


@contextlib.contextmanager
def interrupts_wait() -> Iterator[None]:
    """Defer Ctrl-C to the end of the block; processes started in the block ignore it for good."""
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
    """Block Ctrl-C; unlike a signal handler, child processes inherit that."""
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
        raise killed(options.workers) from None


def killed(workers: int) -> RunError:
    """The error for a worker process that has died; `workers` as in --workers."""
    count = workers or os.cpu_count() or 1
    fewer = f"with fewer than {count} --workers" if count > 1 else "with more memory"
    return RunError(
        f"A worker process was killed, perhaps for lack of memory: run the same command again, "
        f"{fewer}."
    )


_counts: Any = None  # in a worker process


def _start(counts: Counts) -> None:
    global _counts
    _counts = counts
    end_with_parent()


def end_with_parent() -> None:
    """End this worker when its parent is gone; it would wait for its next shard forever."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    with contextlib.suppress(Exception):
        if parent:
            parent.join()
    os._exit(1)


def _write(work: Callable[..., ShardReport], shard: Shard, notes: Any) -> ShardReport:
    return work(shard, notes=notes, advance=_counts.advance)
