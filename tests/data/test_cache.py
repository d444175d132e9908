"""Images in memory: the budget holds, and unreadable images are skipped or replaced."""

import gc
from collections.abc import Iterable
from threading import Barrier, get_ident
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError
from artgan_tf.data.cache import Cached, in_memory
from artgan_tf.data.pipeline import held_out_batches, training_batches
from artgan_tf.data.source import Indexed, Split, streamed
from tests.data import streams
from tests.data.streams import OF_TENSORFLOW, settings

COUNT, BATCH = 12, 4


def split_of(kind: str, broken: Iterable[int] = ()) -> Split:
    """Example i has label i, or is unreadable."""
    labels = np.arange(COUNT, dtype=np.int32)
    return streams.split_of(kind, settings(kind), labels, {*range(COUNT)} - {*broken})


def drawn(batches: tf.data.Dataset) -> list[int]:
    """The labels of all examples, after checking that each image matches its label."""
    labels: list[int] = []
    for images, part in batches.as_numpy_iterator():
        np.testing.assert_array_equal(images[:, 0, 0, 0], part)
        labels += part.tolist()
    return labels


# ---- loading ----------------------------------------------------------------------------------
@pytest.mark.parametrize("threads", [1, 2])
def test_a_split_says_how_many_threads_load_it(threads: int) -> None:
    found: set[int] = set()
    meet = Barrier(threads, timeout=20)

    def load(index: int) -> np.ndarray:
        meet.wait()  # for the others, which load at the same time
        found.add(get_ident())
        return np.zeros((8, 8, 3), np.uint8)

    split = Indexed(np.zeros(COUNT, np.int32), load, threads=threads)
    assert isinstance(in_memory(split, settings()), Cached)
    assert len(found) == threads


# ---- unreadable images ------------------------------------------------------------------------
@pytest.mark.parametrize("kind", OF_TENSORFLOW)
def test_held_out_images_that_cannot_be_read_are_left_out_with_a_warning(kind: str) -> None:
    data = settings(kind)
    with pytest.warns(UserWarning, match="skipped") as caught:
        labels = drawn(held_out_batches(split_of(kind, {0, 5, 6}), data, BATCH))
    assert labels == [1, 2, 3, 4, 7, 8, 9, 10, 11]
    if kind == "in memory":
        assert [str(warning.message) for warning in caught] == [
            "3 unreadable images are skipped, e.g. picture 0 (it fell into the river)."
        ]


def test_one_image_that_cannot_be_read_is_told_of_as_one() -> None:
    with pytest.warns(UserWarning, match=r"^1 unreadable image is skipped, e\.g\. picture 5 \("):
        in_memory(split_of("in memory", {5}), settings())


@pytest.mark.parametrize(
    ("kind", "epoch"),
    [
        ("in memory", [0, 1, 2, 4, 6, 7, 8, 9, 10, 11]),
        ("uncached", [0, 1, 2, 4, 4, 6, 6, 7, 8, 9, 10, 11]),  # the next readable one
        ("streamed", [0, 0, 0, 1, 2, 4, 6, 7, 8, 9, 10, 11]),  # the first readable one
        ("streamed, in memory", [0, 1, 2, 4, 6, 7, 8, 9, 10, 11]),
    ],
)
@pytest.mark.filterwarnings("ignore:.*skipped")
def test_training_goes_on_without_images_that_cannot_be_read(kind: str, epoch: list[int]) -> None:
    data, split = settings(kind), split_of(kind, {3, 5})
    whole = drawn(training_batches(split, data, BATCH, 0).take(15))
    assert sorted(whole[: len(epoch)]) == epoch
    assert drawn(training_batches(split, data, BATCH, 0, start_step=6).take(9)) == whole[24:]


@pytest.mark.parametrize("kind", OF_TENSORFLOW)
def test_a_split_without_a_readable_image_is_refused_before_it_is_used(kind: str) -> None:
    data, split = settings(kind), split_of(kind, range(COUNT))
    for build in (
        lambda: training_batches(split, data, BATCH, 0),
        lambda: held_out_batches(split, data, BATCH),
    ):
        with pytest.raises(InputError, match=r"^None of the 12 images could be read[^\n]*\.$"):
            build()


# ---- memory ----------------------------------------------------------------------------------
def recorded(count: int, shape: tuple[int, ...]) -> tuple[Indexed, list[int]]:
    """A split of `count` images of a shape, and the list of the loaded indices."""
    loaded: list[int] = []

    def load(index: int) -> np.ndarray:
        loaded.append(index)
        return np.full(shape, index % 251, np.uint8)

    return Indexed(np.zeros(count, np.int32), load), loaded


@pytest.mark.parametrize("cache_mb", [0, 1])
def test_what_cannot_fit_is_not_read_ahead(cache_mb: int) -> None:
    split, loaded = recorded(7000, (8, 8, 3))  # 1.3 MB
    assert in_memory(split, settings(crop=1.0, cache_mb=cache_mb)) is split
    assert loaded == []


@pytest.mark.parametrize(("count", "most"), [(1000, 512), (4000, 256)])  # or a sample of them
def test_what_has_turned_out_too_large_is_not_read_again(count: int, most: int) -> None:
    data = settings(crop=1.0, cache_mb=4)
    split, loaded = recorded(count, (8, 400, 3))  # 9.6 MB or more; square ones would take 0.2
    kept = in_memory(split, data)
    assert not isinstance(kept, Cached)
    assert len(loaded) <= most
    loaded.clear()
    assert in_memory(kept, data) is kept
    held_out_batches(kept, data, BATCH)
    training_batches(kept, data, BATCH, 0)
    assert len(loaded) <= 2  # to check for a readable one
    for length in (24, 64):  # panoramas too
        assert isinstance(in_memory(recorded(1000, (8, length, 3))[0], data), Cached)


def test_a_class_of_large_images_does_not_speak_for_all() -> None:
    order = np.repeat([400, 8], [200, 3800])  # the first class alone exceeds the budget
    split = Indexed(np.zeros(4000, np.int32), lambda i: np.zeros((8, order[i], 3), np.uint8))
    assert isinstance(in_memory(split, settings(crop=1.0, cache_mb=4)), Cached)


def test_records_that_turn_out_too_large_are_decoded_once() -> None:
    data = settings(crop=1.0, cache_mb=1)
    decoded: list[int] = []

    def decode(number: Any) -> Any:
        image = tf.numpy_function(wide, [number], tf.uint8)
        return tf.ensure_shape(image, (None, None, 3)), tf.constant(0)

    def wide(number: int) -> np.ndarray:
        decoded.append(number)
        return np.zeros((8, 400, 3), np.uint8)

    kept = in_memory(streamed(tf.data.Dataset.range(2000), decode), data)
    assert not isinstance(kept, Cached)
    assert len(decoded) < 2000
    decoded.clear()
    assert in_memory(kept, data) is kept
    assert decoded == []


def test_batches_outlive_the_split_they_come_from() -> None:
    iterator = iter(training_batches(split_of("in memory"), settings(), BATCH, 0))
    gc.collect()
    for _ in range(20):
        images, labels = next(iterator)
    assert images.shape == (BATCH, 8, 8, 3)
    np.testing.assert_array_equal(images[:, 0, 0, 0], labels)


def test_a_strategy_sees_the_same_batches() -> None:
    data, split = settings(), split_of("in memory")
    plain = drawn(training_batches(split, data, BATCH, 0).take(9))
    batches = training_batches(split, data, BATCH, 0)
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    distributed = iter(strategy.experimental_distribute_dataset(batches))
    assert [int(i) for _ in range(9) for i in next(distributed)[1]] == plain
