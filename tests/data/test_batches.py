"""NumPy's batches have the same guarantees as TensorFlow's pipeline: see test_pipeline.py.

Pixel (row, column) of example i is (i, row, column), so a batch shows which crops it contains.
"""

from itertools import islice
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import Data, InputError
from artgan_tf.data.batches import HeldOut, in_memory, training_batches
from artgan_tf.data.decoding import decode_any
from artgan_tf.data.source import Indexed, short_side, streamed
from tests.data.streams import assert_same, indices
from tfrecords_tools.images import UnreadableImage

COUNT, BATCH = 23, 5
KINDS = ["in memory", "uncached"]
LABELS = np.arange(COUNT, dtype=np.int32) % 4


def settings(kind: str = "in memory", **changes: Any) -> Data:
    cache_mb = 8 if kind == "in memory" else 0
    return Data(**({"image_size": 8, "crop": 0.8, "cache_mb": cache_mb} | changes))


def picture(index: int, side: int = 10) -> np.ndarray:
    """Examples alternate between square, wide and tall."""
    height, width = [(side, side), (side, side + 6), (side + 3, side)][index % 3]
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    return np.stack([np.full_like(rows, index), rows, columns], axis=-1)


def split_of(data: Data, labels: np.ndarray = LABELS, broken: tuple[int, ...] = ()) -> Indexed:
    def load(index: int) -> np.ndarray:
        if index in broken:
            raise UnreadableImage("it fell into the river")
        return picture(index, short_side(data))

    return in_memory(Indexed(labels, load, "picture {}".format), data)


def stream(kind: str, steps: int, seed: int = 3, start: int = 0, **changes: Any) -> list[Any]:
    data = settings(kind, **changes)
    return list(islice(training_batches(split_of(data), data, BATCH, seed, start), steps))


# ---- order -----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_from_step_k_goes_on_where_one_from_0_would_be(kind: str) -> None:
    whole = stream(kind, 16)  # three epochs and a half
    for start in (1, 4, 5, 11):
        assert_same(stream(kind, 16 - start, start=start), whole[start:])


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_comes_once_an_epoch_in_ever_new_order(kind: str) -> None:
    orders = []
    for seed in (0, 1):
        batches = stream(kind, COUNT, seed)  # as many steps as examples: BATCH epochs
        found = indices(batches)
        epochs = [tuple(found[start : start + COUNT]) for start in range(0, len(found), COUNT)]
        assert all(sorted(epoch) == list(range(COUNT)) for epoch in epochs)
        orders += epochs
        for images, labels in batches:
            assert (images.dtype, labels.dtype) == (np.uint8, np.int32)
            np.testing.assert_array_equal(labels, LABELS[images[:, 0, 0, 0]])
    assert len(set(orders)) == 2 * BATCH


def test_cached_and_uncached_images_give_the_same_batches() -> None:
    assert_same(stream("in memory", 12), stream("uncached", 12))


@pytest.mark.parametrize("kind", KINDS)
def test_balanced_classes_come_equally_often_whatever_their_sizes(kind: str) -> None:
    labels = np.repeat(np.arange(3), (1, 11, 11)).astype(np.int32)
    data = settings(kind, balanced=True)

    def balanced(steps: int, start: int = 0) -> list[Any]:
        return list(islice(training_batches(split_of(data, labels), data, BATCH, 3, start), steps))

    whole = balanced(12)
    drawn = np.concatenate([part for _, part in whole]).reshape(-1, 3)
    assert [sorted(turn) for turn in drawn.tolist()] == [[0, 1, 2]] * 20
    assert len({tuple(turn) for turn in drawn.tolist()}) > 2
    found = indices(whole)
    orders = [[i - start for i in found if start <= i < start + 11] for start in (1, 12)]
    assert all(sorted(order[:11]) == list(range(11)) for order in orders)
    assert orders[0] != orders[1]
    assert_same(balanced(5, start=7), whole[7:])


# ---- cropping --------------------------------------------------------------------------------
def test_crops_are_windows_all_over_the_image() -> None:
    corners: list[set[tuple[int, int]]] = [set(), set(), set()]
    for images, _ in stream("in memory", 150, flip=False):
        for image in images:
            index, top, left = image[0, 0].tolist()
            whole = picture(index)
            np.testing.assert_array_equal(image, whole[top : top + 8, left : left + 8])
            corners[index % 3].add((top, left))
    rooms = [(3, 3), (3, 9), (6, 3)]
    for seen, (height, width) in zip(corners, rooms, strict=True):
        assert {top for top, _ in seen} == set(range(height))
        assert {left for _, left in seen} == set(range(width))


def test_half_of_the_images_are_flipped() -> None:
    flips = 0
    pairs = zip(stream("in memory", 80), stream("in memory", 80, flip=False), strict=True)
    for (images, _), (references, _) in pairs:
        for image, reference in zip(images, references, strict=True):
            flipped = bool(image[0, 0, 2] > image[0, 1, 2])
            np.testing.assert_array_equal(image[:, ::-1] if flipped else image, reference)
            flips += flipped
    assert flips == 200  # of 80 batches of 5


@pytest.mark.parametrize("kind", KINDS)
def test_held_out_examples_come_once_in_order_and_from_the_centre_each_time(kind: str) -> None:
    data = settings(kind)
    held_out = HeldOut(split_of(data), data, BATCH)
    batches = list(held_out)
    assert [len(labels) for _, labels in batches] == [5, 5, 5, 5, 3]
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in batches]), LABELS)
    for index, image in enumerate(np.concatenate([images for images, _ in batches])):
        height, width = picture(index).shape[:2]
        top, left = (height - 8) // 2, (width - 8) // 2
        np.testing.assert_array_equal(image, picture(index)[top : top + 8, left : left + 8])
    assert_same(list(held_out), batches)


# ---- unreadable images, memory ----------------------------------------------------------------
@pytest.mark.filterwarnings("ignore:.*skipped")
def test_unreadable_images_are_left_out_or_replaced_by_the_next() -> None:
    for kind, epoch in (("in memory", {0, 2, 5}), ("uncached", {0, 2, 5})):
        data = settings(kind)
        broken = tuple(i for i in range(COUNT) if i not in epoch)
        split = split_of(data, broken=broken)
        batches = list(islice(training_batches(split, data, BATCH, 0), 9))
        assert set(indices(batches)) == epoch
        assert indices(list(HeldOut(split, data, BATCH))) == sorted(epoch)


@pytest.mark.parametrize("kind", KINDS)
def test_a_split_without_a_readable_image_is_refused(kind: str) -> None:
    data = settings(kind)
    with pytest.raises(InputError, match=r"^None of the 23 images could be read[^\n]*\.$"):
        next(training_batches(split_of(data, broken=tuple(range(COUNT))), data, BATCH, 0))


def test_what_tensorflow_streams_is_held_in_memory_or_refused() -> None:
    png = tf.io.encode_png(np.full((10, 10, 3), 7, np.uint8))
    examples = tf.data.Dataset.from_tensors({"image": png, "label": np.int64(2)}).repeat(3)
    split = streamed(examples, decode_any("a stream", 10, 40))
    held = in_memory(split, settings())
    assert held.labels.tolist() == [2, 2, 2]
    np.testing.assert_array_equal(held.load(1), np.full((10, 10, 3), 7))
    with pytest.raises(InputError, match=r"^demo does not fit into data\.cache_mb = 0[^\n]*\.$"):
        in_memory(split, settings("uncached"))
