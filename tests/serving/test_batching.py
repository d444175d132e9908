"""Batches: which requests run together, and that answers and errors do not depend on it."""

import asyncio
import threading
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.serving.batching import Batcher, Rules
from artgan_tf.serving.refusals import Refused
from artgan_tf.serving.servable import Servable


class _Doubler:
    """Doubles its input; -1 makes the whole batch fail."""

    def __init__(self, floats: bool = False):
        self.floats, self.sizes = floats, list[int]()
        self.go = threading.Event()
        self.go.set()

    def runs_alone(self, signature):
        return self.floats

    def run(self, signature, arrays):
        self.go.wait(20)
        self.sizes.append(len(arrays["x"]))
        if -1 in arrays["x"]:
            raise Refused(f"-1 among {len(arrays['x'])}")
        return {"y": 2 * arrays["x"]}


Doubler: Any = _Doubler


def together(*work):
    return asyncio.wait_for(asyncio.gather(*work, return_exceptions=True), 30)


def ask(servable, requests, output="y", **rules):
    """Send several requests at once and return their answers or errors."""

    async def run():
        batcher = Batcher(Rules(**rules), sizes.append)
        return await together(*(batcher.run(servable, "s", {"x": np.array(r)}) for r in requests))

    sizes = list[int]()
    answers = asyncio.run(run())
    ran = getattr(servable, "sizes", sizes)
    assert sum(sizes) == sum(ran) or any(isinstance(a, Exception) for a in answers)
    return [a if isinstance(a, Exception) else a[output].tolist() for a in answers]


def test_requests_run_together_in_powers_of_two_up_to_the_maximum():
    servable = Doubler()
    assert ask(servable, [[i] for i in range(16)]) == [[2 * i] for i in range(16)]
    assert servable.sizes == [16]
    servable.sizes.clear()
    requests = [list(range(n)) for n in (5, 3, 1, 17, 2, 6)]
    assert ask(servable, requests, rows=8) == [[2 * i for i in r] for r in requests]
    assert sum(servable.sizes) == 34
    assert set(servable.sizes) <= {1, 2, 4, 8}
    assert max(servable.sizes) == 8


def test_an_error_hits_its_own_request_alone():
    answers = ask(Doubler(), [[1], [-1], [2], [3]])
    assert [answers[0], answers[2], answers[3]] == [[2], [4], [6]]
    assert answers[1].text == "-1 among 1"


def test_float_answers_and_empty_requests_run_alone():
    floats, empty = Doubler(floats=True), Doubler()
    assert ask(floats, [[1], [2, 3, 4]]) == [[2], [4, 6, 8]]
    assert sorted(floats.sizes) == [1, 3]
    assert ask(empty, [[1], [], [2]]) == [[2], [], [4]]
    assert sorted(empty.sizes) == [0, 1, 1]


def test_a_savedmodel_from_elsewhere_may_answer_for_all_rows_at_once(tmp_path):
    module = tf.Module()
    rows = [tf.TensorSpec([None], "int32", "x")]
    module.sums = tf.function(lambda x: {"y": tf.reduce_sum(x), "z": tf.cumsum(x)}, rows)
    tf.saved_model.save(module, tmp_path, {"s": module.sums})
    servable = Servable(tmp_path, "sums", 1)
    requests = [[1], [2, 3, 4], [5]]
    assert ask(servable, requests) == [1, 9, 5]
    assert ask(servable, requests, "z") == [[1], [2, 5, 9], [5]]


def test_too_many_waiting_are_refused_and_the_others_answered():
    servable = Doubler()
    answers = ask(servable, [[i] for i in range(8)], waiting=4, rows=1, workers=1)
    assert answers[:4] == [[0], [2], [4], [6]]
    assert all(isinstance(a, Refused) and a.code == "UNAVAILABLE" for a in answers[4:])


def test_who_waits_for_others_and_who_does_not():
    async def run():
        loop, batcher, servable = asyncio.get_running_loop(), Batcher(Rules(window=0.5)), Doubler()
        ask = [lambda: batcher.run(servable, "s", {"x": np.array([1])})] * 2
        seconds = []
        for together in (1, 2, 1, 1):
            begun = loop.time()
            await asyncio.gather(*(each() for each in ask[:together]))
            seconds.append(loop.time() - begun)
        return seconds

    # A single request does not wait, unless the batch before it had several.
    assert [second >= 0.5 for second in asyncio.run(run())] == [False, False, True, False]


@pytest.mark.parametrize(
    ("width", "rows_seen", "answer"),
    [
        (lambda number: number, lambda rows: None, np.ndarray),  # shapes that do not concatenate
        (lambda number: 1, lambda rows: 1 // 0, ZeroDivisionError),  # a bug of our own
    ],
)
def test_whatever_happens_everybody_is_answered(width, rows_seen, answer):
    async def run():
        batcher = Batcher(Rules(rows=4), rows_seen)
        inputs = [{"x": np.ones((1, width(number)))} for number in range(1, 5)]
        return await together(*(batcher.run(Doubler(), "s", arrays) for arrays in inputs))

    answers = asyncio.run(run())
    assert [type(a["y"] if isinstance(a, dict) else a) for a in answers] == [answer] * 4


def test_clients_that_leave_harm_nobody():
    servable = Doubler()
    servable.go.clear()

    async def run():
        batcher = Batcher(Rules(window=0))
        first, second = (
            asyncio.ensure_future(batcher.run(servable, "s", {"x": np.array([i])})) for i in (1, 2)
        )
        await asyncio.sleep(0.1)
        first.cancel()
        servable.go.set()
        return await asyncio.wait_for(second, 30)

    assert asyncio.run(run())["y"].tolist() == [4]


def test_what_clients_that_left_asked_for_is_not_computed():
    servable = Doubler()

    async def run():
        batcher = Batcher(Rules(workers=1, window=0))

        async def asked(*counts):
            ones = [{"x": np.ones(count)} for count in counts]
            tasks = [asyncio.ensure_future(batcher.run(servable, "s", each)) for each in ones]
            await asyncio.sleep(0.05)
            return tasks

        for staying in ([2], []):
            servable.go.clear()
            (running,) = await asked(1)
            waiting = await asked(*staying, 4, 8)
            for task in waiting[len(staying) :]:
                task.cancel()
            servable.go.set()
            await asyncio.wait_for(asyncio.gather(running, *waiting[: len(staying)]), 30)

    asyncio.run(run())
    assert servable.sizes == [1, 2, 1]
