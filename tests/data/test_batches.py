"""Batches of both backends depend on (seed, step) alone: order, crops and flips, as pixels show."""

from collections import defaultdict
from itertools import islice
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError
from artgan_tf.data.batches import HeldOut, in_memory, training_batches
from artgan_tf.data.decoding import decode_any
from artgan_tf.data.source import short_side, streamed
from tests.data.streams import (
    BATCH,
    COUNT,
    KINDS,
    LABELS,
    assert_same,
    held_out,
    indices,
    picture,
    settings,
    split_of,
    stream,
)

OF_NUMPY = [kind for kind in KINDS if kind.startswith("NumPy")]
IN_MEMORY = pytest.mark.parametrize("kind", ["in memory", "NumPy, in memory"])


# ---- order -----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_from_step_k_goes_on_where_one_from_0_would_be(kind: str) -> None:
    whole = stream(kind, 16)  # three epochs and a half
    for start in (4, 11):
        tf.random.set_seed(start)  # which must not matter
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


@IN_MEMORY
def test_cached_and_uncached_images_give_the_same_batches(kind: str) -> None:
    uncached = "NumPy, uncached" if kind in OF_NUMPY else "uncached"
    assert_same(stream(kind, 12), stream(uncached, 12))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "streamed" not in kind])
def test_balanced_classes_come_equally_often_whatever_their_sizes(kind: str) -> None:
    labels = np.repeat(np.arange(3), (1, 11, 11)).astype(np.int32)
    whole = stream(kind, 12, labels=labels, balanced=True)
    drawn = np.concatenate([part for _, part in whole]).reshape(-1, 3)
    assert [sorted(turn) for turn in drawn.tolist()] == [[0, 1, 2]] * 20
    assert len({tuple(turn) for turn in drawn.tolist()}) > 2
    found = indices(whole)
    assert found.count(0) == 20
    orders = [[i - start for i in found if start <= i < start + 11] for start in (1, 12)]
    assert all(sorted(order[:11]) == list(range(11)) for order in orders)  # members take turns too
    assert orders[0] != orders[1]
    assert_same(stream(kind, 5, start=7, labels=labels, balanced=True), whole[7:])


# ---- cropping --------------------------------------------------------------------------------
@IN_MEMORY
@pytest.mark.parametrize(("size", "crop", "side"), [(8, 0.8, 10), (14, 0.875, 16), (8, 1.0, 8)])
def test_crops_are_windows_all_over_the_image(size: int, crop: float, side: int, kind: str) -> None:
    changes: dict[str, Any] = {"image_size": size, "crop": crop, "flip": False}
    data = settings(**changes)
    assert short_side(data) == side
    seen: dict[tuple[int, ...], set[tuple[int, int]]] = defaultdict(set)
    for images, _ in stream(kind, 120, **changes):
        for image in images:
            index, top, left = image[0, 0].tolist()
            whole = picture(index, data)
            np.testing.assert_array_equal(image, whole[top : top + size, left : left + size])
            seen[whole.shape].add((top, left))
    assert len(seen) == 3
    for (height, width, _), corners in seen.items():
        tops, lefts = zip(*corners, strict=True)
        assert set(tops) == set(range(height - size + 1))  # every position occurs
        assert set(lefts) == set(range(width - size + 1))
        assert len(corners) > len(set(tops)) * len(set(lefts)) / 2  # in both directions


@IN_MEMORY
def test_half_of_the_images_are_flipped_wherever_they_are_cut(kind: str) -> None:
    flips = []
    pairs = zip(stream(kind, 80), stream(kind, 80, flip=False), strict=True)
    for (images, _), (references, _) in pairs:
        for image, reference in zip(images, references, strict=True):
            flipped = bool(image[0, 0, 2] > image[0, 1, 2])
            np.testing.assert_array_equal(image[:, ::-1] if flipped else image, reference)
            flips.append((flipped, int(reference[0, 0, 1])))
    assert sum(flipped for flipped, _ in flips) == 200  # of 80 batches of 5
    assert {(flipped, top) for flipped in (True, False) for top in range(3)} <= set(flips)


@pytest.mark.parametrize("kind", KINDS)
def test_held_out_examples_come_once_in_order_and_from_the_centre(kind: str) -> None:
    data = settings(kind)
    batches = list(held_out(kind, split_of(kind, data)))
    assert [len(labels) for _, labels in batches] == [5, 5, 5, 5, 3]
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in batches]), LABELS)
    for index, image in enumerate(np.concatenate([images for images, _ in batches])):
        height, width = picture(index, data).shape[:2]
        top, left = (height - 8) // 2, (width - 8) // 2
        window = picture(index, data)[top : top + 8, left : left + 8]
        np.testing.assert_array_equal(image, window)


# ---- unreadable images, memory; test_cache.py has TensorFlow's --------------------------------
@pytest.mark.filterwarnings("ignore:.*skipped")
@pytest.mark.parametrize("kind", OF_NUMPY)
def test_unreadable_images_are_left_out_or_replaced_by_the_next(kind: str) -> None:
    data, epoch = settings(kind), {0, 2, 5}
    split: Any = split_of(kind, data, readable=epoch)
    batches = list(islice(training_batches(split, data, BATCH, 0), 9))
    assert set(indices(batches)) == epoch
    again = HeldOut(split, data, BATCH)
    assert indices(list(again)) == indices(list(again)) == sorted(epoch)


@pytest.mark.parametrize("kind", OF_NUMPY)
def test_a_split_without_a_readable_image_is_refused(kind: str) -> None:
    data = settings(kind)
    with pytest.raises(InputError, match=r"^None of the 23 images could be read[^\n]*\.$"):
        next(training_batches(split_of(kind, data, readable=()), data, BATCH, 0))  # type: ignore


def test_what_tensorflow_streams_is_held_in_memory_or_refused() -> None:
    png = tf.io.encode_png(np.full((10, 10, 3), 7, np.uint8))
    examples = tf.data.Dataset.from_tensors({"image": png, "label": np.int64(2)}).repeat(3)
    split = streamed(examples, decode_any("a stream", 10, 40))
    held = in_memory(split, settings())
    assert held.labels.tolist() == [2, 2, 2]
    np.testing.assert_array_equal(held.load(1), np.full((10, 10, 3), 7))
    with pytest.raises(InputError, match=r"^demo does not fit into data\.cache_mb = 0[^\n]*\.$"):
        in_memory(split, settings("uncached"))
