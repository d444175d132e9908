"""What TensorFlow's batches guarantee besides test_batches.py: pinned orders, workers, shapes."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError
from artgan_tf.data.pipeline import Part, _permuted, held_out_batches, training_batches
from tests.data.streams import (
    BATCH,
    LABELS,
    OF_TENSORFLOW,
    assert_same,
    indices,
    settings,
    split_of,
    stream,
)


# ---- order -----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", OF_TENSORFLOW)
def test_the_global_seed_does_not_matter(kind: str) -> None:
    streams = []
    for global_seed in (0, 77):
        tf.random.set_seed(global_seed)
        streams.append(stream(kind, 6, seed=0))
    assert_same(*streams)


def test_the_order_is_the_one_that_runs_were_begun_with() -> None:
    first, second = indices(stream("in memory", 2))[:BATCH], indices(stream("uncached", 2))[BATCH:]
    assert first + second == [9, 0, 4, 7, 3, 14, 18, 13, 21, 2]
    balanced = indices(stream("in memory", 2, balanced=True))
    assert balanced == [10, 12, 11, 9, 1, 4, 2, 3, 15, 17]


def test_places_are_permuted_together_as_one_by_one() -> None:
    index, count = tf.range(40, dtype=tf.int64) % 10, tf.repeat(tf.constant([10, 25], tf.int64), 20)
    epoch = tf.range(40, dtype=tf.int64) // 7
    found = _permuted(index, count, seed=5, stream=3, epoch=epoch).numpy()
    for place in range(40):
        key = tf.stack([tf.constant(3 + 5 * 1_000_003, tf.int64), epoch[place]])
        one = tf.random.experimental.index_shuffle(index[place], key, count[place] - 1)
        assert found[place] == one.numpy()


def test_balanced_is_refused_for_what_is_streamed() -> None:
    data = settings("streamed", balanced=True)
    with pytest.raises(InputError, match=r"^data\.balanced needs .* raise data\.cache_mb.*\.$"):
        training_batches(split_of("streamed", data), data, BATCH, 0)


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
@pytest.mark.parametrize("start", [0, 3])
def test_workers_have_the_rows_of_one_workers_batches(kind: str, start: int) -> None:
    (whole,) = of_workers(kind, 1, 5, start=start)
    for count in (2, 3):
        workers = zip(*of_workers(kind, count, 5, start=start), strict=True)
        joined = [tuple(map(np.concatenate, zip(*step, strict=True))) for step in workers]
        assert_same(joined, whole)


def test_workers_that_read_streams_have_examples_of_their_own() -> None:
    seen = [set(indices(batches)) for batches in of_workers("streamed", 2, 8)]
    assert not seen[0] & seen[1]
    assert seen[0] | seen[1] == set(range(len(LABELS)))


@pytest.mark.slow
def test_each_worker_that_reads_streams_mirrors_half_of_its_pictures() -> None:
    data = settings("streamed")
    split = split_of("streamed", data)
    for index in range(2):
        part = Part(index, 2)
        plain = training_batches(split, settings("streamed", flip=False), 12, 3, part=part)
        mirrored = training_batches(split, data, 12, 3, part=part)
        pairs = zip(plain.take(3), mirrored.take(3), strict=True)
        for (images, _), (others, _) in pairs:
            turned = [not np.array_equal(*pair) for pair in zip(images, others, strict=True)]
            assert turned == [True] * 3 + [False] * 3


# ---- shapes ----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", OF_TENSORFLOW)
def test_types_and_static_shapes(kind: str) -> None:
    data = settings(kind)
    split = split_of(kind, data)
    for batches, size in (
        (training_batches(split, data, BATCH, 0), BATCH),
        (held_out_batches(split, data, BATCH), None),
    ):
        assert batches.element_spec == (
            tf.TensorSpec((size, 8, 8, 3), tf.uint8),
            tf.TensorSpec((size,), tf.int32),
        )
