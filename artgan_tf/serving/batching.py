"""Runs concurrent requests to one signature as one batch, without any effect on the answers.

Requests that arrive within a short window, or while others run, are concatenated up to a maximum
size. A single request does not wait.
Batch sizes are powers of two, and a request of another size runs in pieces: at sizes such as 3 and
5, TensorFlow splits its work such that about one pixel in a hundred thousand rounds to the next
grey level. Float outputs differ in their last bits between any two batch sizes, and a SavedModel
from elsewhere may sum up its rows, so signatures of both kinds run one request at a time. If a
batch fails, each of its requests runs again alone and gets its own error.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from artgan_tf.serving.json_tensors import Arrays
from artgan_tf.serving.refusals import Refused
from artgan_tf.serving.servable import Servable

Key = tuple[Servable, str]
Answer = Arrays | Exception


@dataclass(frozen=True)
class Rules:
    """How requests are batched.

    Attributes:
        rows: maximum rows of a batch.
        window: seconds that a request waits for others, if the last batch had several requests or
            another batch is running.
        workers: batches that run at a time; while one computes, another's answers are written.
        waiting: maximum number of waiting requests; further requests are refused.
    """

    rows: int = 16
    window: float = 0.002
    workers: int = 2
    waiting: int = 1000


@dataclass(frozen=True)
class Pending:
    """A waiting request, or a piece of one.

    Attributes:
        arrays: its inputs.
        rows: number of rows, or 0 if it must run alone.
        answer: receives the outputs or the error.
    """

    arrays: Arrays
    rows: int
    answer: asyncio.Future[Arrays]


class Batcher:
    """Queues requests by servable and signature, and runs them in batches, on one event loop.

    Args:
        rules: sizes and times.
        observe: called with the number of rows of each batch.
    """

    def __init__(self, rules: Rules, observe: Callable[[int], None] = lambda rows: None):
        self.rules, self.observe = rules, observe
        self._threads = ThreadPoolExecutor(rules.workers, "serve")
        self._free = asyncio.Semaphore(rules.workers)
        self._waiting: dict[Key, list[Pending]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = self._last = 0  # batches running now, and requests in the last batch

    async def run(self, servable: Servable, signature: str, arrays: Arrays) -> Arrays:
        """Run a signature on these inputs, possibly together with other requests.

        Returns:
            The outputs by name, as if the request had run alone.

        Raises:
            Refused: with TensorFlow's message, or because too many requests are waiting.
        """
        if sum(map(len, self._waiting.values())) >= self.rules.waiting:
            raise Refused("Too many requests are waiting: ask again later.", "UNAVAILABLE")
        rows = row_count(arrays)
        key = (servable, signature)
        if not rows or servable.runs_alone(signature):
            return await self._queued(key, arrays, 0)
        sizes = pieces(rows, self.rules.rows)
        parts = zip(split(arrays, sizes), sizes, strict=True)
        return joined(await asyncio.gather(*(self._queued(key, *part) for part in parts)))

    def _queued(self, key: Key, arrays: Arrays, rows: int) -> asyncio.Future[Arrays]:
        """Queue a request for a batch; one with 0 rows runs alone."""
        pending = Pending(arrays, rows, asyncio.get_running_loop().create_future())
        if key not in self._waiting:
            self._waiting[key] = []
            self._start(self._drain(key))
        self._waiting[key].append(pending)
        return pending.answer

    async def _drain(self, key: Key) -> None:
        """Send batches to the workers until the queue is empty."""
        queue = self._waiting[key]
        while queue:
            await self._free.acquire()
            more = self._running or self._last > 1
            if more and queue[0].rows and sum(pending.rows for pending in queue) < self.rules.rows:
                await asyncio.sleep(self.rules.window)
            if batch := self._taken(queue):
                self._running, self._last = self._running + 1, len(batch)
                self._start(self._answer(key, batch))
            else:
                self._free.release()
        del self._waiting[key]

    def _taken(self, queue: list[Pending]) -> list[Pending]:
        """Take the next batch out of a queue, and drop requests whose clients have left."""
        staying = [pending for pending in queue if not pending.answer.done()]
        batch = staying[: batch_length(staying, self.rules.rows)]
        queue[:] = staying[len(batch) :]
        return batch

    async def _answer(self, key: Key, batch: list[Pending]) -> None:
        results: Sequence[Answer]
        try:
            self.observe(sum(row_count(pending.arrays) for pending in batch))
            loop, inputs = asyncio.get_running_loop(), [pending.arrays for pending in batch]
            results = await loop.run_in_executor(self._threads, run_batch, *key, inputs)
        except Exception as error:  # on any error, no request must wait for ever
            results = [error] * len(batch)
        finally:
            self._running -= 1
            self._free.release()
        for pending, result in zip(batch, results, strict=True):
            if pending.answer.done():  # cancelled: the client disconnected
                continue
            if isinstance(result, Exception):
                pending.answer.set_exception(result)
            else:
                pending.answer.set_result(result)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the loop keeps only weak references to tasks
        task.add_done_callback(self._tasks.discard)


# ---- sizes ----------------------------------------------------------------------------------
def row_count(arrays: Arrays) -> int:
    """Count the rows of a request; 0 if its inputs disagree, so that it cannot be batched."""
    counts = {array.shape[0] if array.ndim else 0 for array in arrays.values()}
    return counts.pop() if len(counts) == 1 else 0


def pieces(rows: int, most: int) -> list[int]:
    """Split `rows` into powers of two, each at most `most`, the largest first."""
    found = []
    while rows:
        found.append(1 << (min(rows, most).bit_length() - 1))
        rows -= found[-1]
    return found


def batch_length(queue: Sequence[Pending], most: int) -> int:
    """Return the largest number of first requests whose rows add up to a power of two of at most
    `most`, or 1.
    """
    length = 1
    for taken, rows in enumerate(accumulate(pending.rows for pending in queue), 1):
        if not queue[taken - 1].rows or rows > most:
            break
        if rows & (rows - 1) == 0:
            length = taken
    return length


# ---- computing ------------------------------------------------------------------------------
def split(arrays: Arrays, sizes: Sequence[int]) -> list[Arrays]:
    """Split the rows of all arrays into parts of these sizes."""
    ends = np.cumsum(sizes)
    return [
        {name: array[end - size : end] for name, array in arrays.items()}
        for end, size in zip(ends, sizes, strict=True)
    ]


def joined(parts: Sequence[Arrays]) -> Arrays:
    """Concatenate the rows of all parts."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def run_batch(servable: Servable, signature: str, inputs: Sequence[Arrays]) -> list[Answer]:
    """Run several requests as one batch, or one by one if that fails; an error counts as answer."""
    if len(inputs) > 1:
        sizes = [row_count(arrays) for arrays in inputs]
        with suppress(Exception):  # for example rows of different shapes
            found = servable.run(signature, joined(inputs))
            if row_count(found) == sum(sizes):
                return [*split(found, sizes)]
    return [_run(servable, signature, arrays) for arrays in inputs]


def _run(servable: Servable, signature: str, arrays: Arrays) -> Answer:
    try:
        return servable.run(signature, arrays)
    except Exception as error:
        return error
