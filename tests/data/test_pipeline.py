"""What TensorFlow's batches guarantee besides test_batches.py: pinned orders, and workers."""

from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pytest

from artgan_tf.config import Config, InputError
from artgan_tf.data.pipeline import Part, training_batches
from artgan_tf.data.source import Source
from artgan_tf.training.tensorflow_engine import TensorFlowEngine
from tests.data.streams import (
    BATCH,
    LABELS,
    assert_same,
    indices,
    settings,
    split_of,
    stream,
)


# ---- order -----------------------------------------------------------------------------------
def test_the_order_is_the_one_that_runs_were_begun_with() -> None:
    first, second = indices(stream("in memory", 2))[:BATCH], indices(stream("uncached", 2))[BATCH:]
    assert first + second == [9, 0, 4, 7, 3, 14, 18, 13, 21, 2]
    balanced = indices(stream("in memory", 2, balanced=True))
    assert balanced == [10, 12, 11, 9, 1, 4, 2, 3, 15, 17]


def test_balanced_is_refused_for_what_is_streamed() -> None:
    data = settings("streamed", balanced=True)
    with pytest.raises(InputError, match=r"^data\.balanced needs .* raise data\.cache_mb.*\.$"):
        training_batches(split_of("streamed", data), data, BATCH, 0)


def test_balanced_is_refused_before_a_run_is_begun() -> None:
    data = settings("streamed", balanced=True)
    engine = TensorFlowEngine(replace(Config(), data=data))
    split = split_of("streamed", data)
    with pytest.raises(InputError, match=r"^data\.balanced needs"):
        engine.batches(engine.keep(Source("records", ("a",), split, split)).train, 0)


# ---- several workers -------------------------------------------------------------------------
def of_workers(kind: str, count: int, steps: int, batch_size: int = 6, start: int = 0) -> list[Any]:
    """Batches of each worker."""
    data = settings(kind)
    split = split_of(kind, data)
    parts = [Part(index, count) for index in range(count)]
    streams = [training_batches(split, data, batch_size, 3, start, part) for part in parts]
    return [list(stream.take(steps).as_numpy_iterator()) for stream in streams]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["in memory", "uncached"])
def test_workers_have_the_rows_of_one_workers_batches(kind: str) -> None:
    (whole,) = of_workers(kind, 1, 5, start=3)
    workers = zip(*of_workers(kind, 3, 5, start=3), strict=True)
    joined = [tuple(map(np.concatenate, zip(*step, strict=True))) for step in workers]
    assert_same(joined, whole)


def test_workers_that_read_streams_have_examples_of_their_own_and_mirror_half_of_them() -> None:
    workers = of_workers("streamed", 2, 4, batch_size=12)
    seen = [set(indices(batches)) for batches in workers]
    assert not seen[0] & seen[1]
    assert seen[0] | seen[1] == set(range(len(LABELS)))
    for images, _ in chain(*workers):
        assert (images[:, 0, 0, 2] > images[:, 0, 1, 2]).tolist() == [True] * 3 + [False] * 3
